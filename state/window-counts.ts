// Counts per key and window in typed arrays: the store behind a windowed count. One task owns it.
// An entry is a number; its fields lie in columns. Entries of closed windows are used again.
import type { TimeWindow } from '../topology/windows.ts'
import { EntryList } from './entry-list.ts'
import type { KeyHolder, KeyTable } from './key-table.ts'

const EMIT = 1
const SAVE = 2
const NONE = -1
const INITIAL_ENTRIES = 1_024
/** Windows found by their number without a Map, whose look-up would box the start. */
const NEAR = 64

/** An open window: its bounds, and its entries as a chain. */
interface OpenWindow {
  readonly id: number
  /** Apart from the rest, since user code sees it. */
  readonly bounds: TimeWindow
  firstEntry: number
}

/** Counts per key and window, with what changed since the last emission and the last save. */
export class WindowCounts implements KeyHolder {
  readonly name: string
  readonly keys: KeyTable
  keyIds = new Int32Array(INITIAL_ENTRIES)
  counts = new Float64Array(INITIAL_ENTRIES)
  /** Highest timestamp counted per entry, epoch ms. */
  timestamps = new Float64Array(INITIAL_ENTRIES)
  #windowIds = new Int32Array(INITIAL_ENTRIES)
  #flags = new Uint8Array(INITIAL_ENTRIES)
  /** The next entry of the same window, or the next free one. */
  #next = new Int32Array(INITIAL_ENTRIES)
  /** Open addressing by key and window; at most half full. */
  #slots = new Int32Array(INITIAL_ENTRIES * 2).fill(NONE)
  #firstFree = NONE
  #end = 0
  #rows = 0
  readonly #toEmit = new EntryList()
  readonly #toSave = new EntryList()
  readonly #byStart = new Map<number, OpenWindow>()
  readonly #byId: (OpenWindow | undefined)[] = []
  readonly #freeIds: number[] = []
  readonly #near: (OpenWindow | undefined)[] = new Array<undefined>(NEAR).fill(undefined)
  readonly #sizeMs: number
  readonly #advanceMs: number

  constructor(name: string, keys: KeyTable, windows: { sizeMs: number; advanceMs: number }) {
    this.name = name
    this.keys = keys
    this.#sizeMs = windows.sizeMs
    this.#advanceMs = windows.advanceMs
    keys.register(this)
  }

  /** Number of (key, window) pairs held. */
  get rows(): number {
    return this.#rows
  }

  /** Bytes that the columns take. */
  get sizeBytes(): number {
    return this.keyIds.length * 37 + this.#byStart.size * 150
  }

  /** The window of an entry. */
  windowOf(entry: number): TimeWindow {
    return this.#byId[this.#windowIds[entry]!]!.bounds
  }

  /** Adds one to a key's count in the window that starts at `startMs`. */
  increment(startMs: number, keyId: number, timestampMs: number): void {
    const entry = this.#entryOf(this.#windowAt(startMs), keyId)
    this.counts[entry]! += 1
    if (timestampMs > this.timestamps[entry]!) this.timestamps[entry] = timestampMs
    const flags = this.#flags[entry]!
    if (flags === (EMIT | SAVE)) return
    if ((flags & EMIT) === 0) this.#toEmit.push(entry)
    if ((flags & SAVE) === 0) this.#toSave.push(entry)
    this.#flags[entry] = EMIT | SAVE
  }

  /** Puts a count in place, as it was saved; it is neither to be emitted nor to be saved. */
  restore(startMs: number, keyId: number, count: number, timestampMs: number): void {
    const entry = this.#entryOf(this.#windowAt(startMs), keyId)
    this.counts[entry] = count
    this.timestamps[entry] = timestampMs
  }

  /** Visits each entry changed since the last call, in the order of the first change. */
  drainUpdates(visit: (entry: number) => void): void {
    this.#drain(this.#toEmit, EMIT, visit)
  }

  /** Visits each entry changed since the last save and still held. */
  drainUnsaved(visit: (entry: number) => void): void {
    this.#drain(this.#toSave, SAVE, visit)
  }

  /** Visits everything held, windows in the order in which they were opened. */
  forEach(visit: (entry: number) => void): void {
    for (const window of this.#byStart.values()) this.#forEachIn(window, visit)
  }

  /** Start of the earliest window held, Infinity when there is none. */
  get earliestStartMs(): number {
    let earliest = Infinity
    for (const startMs of this.#byStart.keys()) earliest = Math.min(earliest, startMs)
    return earliest
  }

  /**
   * Gives up the windows that start at or before `startMs`, the earliest first; what was to be emitted
   * must have been. `visit` gets the entries of each before they go.
   */
  dropThrough(startMs: number, visit?: (entries: number[]) => void): void {
    const closed = [...this.#byStart.values()].filter(({ bounds }) => bounds.startMs <= startMs)
    if (closed.length === 0) return
    closed.sort((one, other) => one.bounds.startMs - other.bounds.startMs)
    for (const window of closed) {
      const entries: number[] = []
      this.#forEachIn(window, (entry) => entries.push(entry))
      visit?.(entries)
      for (const entry of entries) this.#free(entry)
      this.#byStart.delete(window.bounds.startMs)
      this.#byId[window.id] = undefined
      this.#freeIds.push(window.id)
    }
    this.#near.fill(undefined)
  }

  markKeys(used: Uint8Array): void {
    this.forEach((entry) => {
      used[this.keyIds[entry]!] = 1
    })
  }

  replaceKeys(idOf: Int32Array): void {
    this.forEach((entry) => {
      this.keyIds[entry] = idOf[this.keyIds[entry]!]!
    })
    this.#reindex()
  }

  #drain(list: EntryList, flag: number, visit: (entry: number) => void): void {
    list.drain((entry) => {
      // An entry freed since has lost its flags; one used anew stands in the list again.
      const flags = this.#flags[entry]!
      if ((flags & flag) === 0) return
      this.#flags[entry] = flags & ~flag
      visit(entry)
    })
  }

  #forEachIn(window: OpenWindow, visit: (entry: number) => void): void {
    for (let entry = window.firstEntry; entry !== NONE; entry = this.#next[entry]!) visit(entry)
  }

  #windowAt(startMs: number): OpenWindow {
    const place = (startMs / this.#advanceMs) & (NEAR - 1)
    const near = this.#near[place]
    if (near !== undefined && near.bounds.startMs === startMs) return near
    let window = this.#byStart.get(startMs)
    if (window === undefined) {
      const id = this.#freeIds.pop() ?? this.#byId.length
      const bounds = { startMs, endMs: startMs + this.#sizeMs }
      window = { id, bounds, firstEntry: NONE }
      this.#byId[id] = window
      this.#byStart.set(startMs, window)
    }
    this.#near[place] = window
    return window
  }

  /** The entry of a key in a window, made with a count of 0 when new. */
  #entryOf(window: OpenWindow, keyId: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = slotOf(keyId, window.id, mask)
    for (;;) {
      const entry = slots[slot]!
      if (entry === NONE) return this.#add(slot, window, keyId)
      if (this.keyIds[entry] === keyId && this.#windowIds[entry] === window.id) return entry
      slot = (slot + 1) & mask
    }
  }

  #add(slot: number, window: OpenWindow, keyId: number): number {
    let entry = this.#firstFree
    if (entry !== NONE) {
      this.#firstFree = this.#next[entry]!
    } else if (this.#end < this.keyIds.length) {
      entry = this.#end++
    } else {
      this.#grow()
      return this.#entryOf(window, keyId)
    }
    this.#slots[slot] = entry
    this.keyIds[entry] = keyId
    this.#windowIds[entry] = window.id
    this.counts[entry] = 0
    this.timestamps[entry] = -1
    this.#flags[entry] = 0
    this.#next[entry] = window.firstEntry
    window.firstEntry = entry
    this.#rows += 1
    return entry
  }

  #free(entry: number): void {
    const mask = this.#slots.length - 1
    let slot = slotOf(this.keyIds[entry]!, this.#windowIds[entry]!, mask)
    while (this.#slots[slot] !== entry) slot = (slot + 1) & mask
    this.#closeGap(slot, mask)
    this.#flags[entry] = 0
    this.#next[entry] = this.#firstFree
    this.#firstFree = entry
    this.#rows -= 1
  }

  /** Moves entries behind a freed slot up, so that searches end at the first empty slot (Knuth 6.4 R). */
  #closeGap(freed: number, mask: number): void {
    const slots = this.#slots
    let gap = freed
    for (let slot = (gap + 1) & mask; slots[slot] !== NONE; slot = (slot + 1) & mask) {
      const entry = slots[slot]!
      const home = slotOf(this.keyIds[entry]!, this.#windowIds[entry]!, mask)
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue
      slots[gap] = entry
      gap = slot
    }
    slots[gap] = NONE
  }

  #grow(): void {
    const capacity = this.keyIds.length * 2
    this.keyIds = grown(this.keyIds, new Int32Array(capacity))
    this.counts = grown(this.counts, new Float64Array(capacity))
    this.timestamps = grown(this.timestamps, new Float64Array(capacity))
    this.#windowIds = grown(this.#windowIds, new Int32Array(capacity))
    this.#flags = grown(this.#flags, new Uint8Array(capacity))
    this.#next = grown(this.#next, new Int32Array(capacity))
    this.#slots = new Int32Array(capacity * 2)
    this.#reindex()
  }

  #reindex(): void {
    const slots = this.#slots.fill(NONE)
    const mask = slots.length - 1
    this.forEach((entry) => {
      let slot = slotOf(this.keyIds[entry]!, this.#windowIds[entry]!, mask)
      while (slots[slot] !== NONE) slot = (slot + 1) & mask
      slots[slot] = entry
    })
  }
}

function slotOf(keyId: number, windowId: number, mask: number): number {
  const mixed = Math.imul(keyId, 0x9e3779b1) ^ Math.imul(windowId, 0x85ebca6b)
  return (mixed ^ (mixed >>> 15)) & mask
}

function grown<T extends Int32Array | Float64Array | Uint8Array>(from: T, to: T): T {
  to.set(from)
  return to
}
