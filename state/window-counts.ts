// Counts per key and window in typed arrays: the store behind a windowed count. One task owns it.
// An entry is a number; entries of closed windows are used again.
import type { TimeWindow } from '../topology/windows.ts'
import { EntryList } from './entry-list.ts'
import type { KeyHolder, KeyTable } from './key-table.ts'
import { WindowIndex } from './window-index.ts'

const EMIT = 1
const SAVE = 2
const NONE = -1
const INITIAL_ENTRIES = 1_024

// An entry's fields lie side by side in one buffer, half a cache line: a row touches several windows,
// and columns would cost it a miss per field and window.
const ENTRY_BYTES = 32
const INTS = ENTRY_BYTES / 4
const DOUBLES = ENTRY_BYTES / 8
const KEY = 0
const WINDOW = 1
const FLAGS = 2
/** The next entry of the same window, or the next free one. */
const NEXT = 3
const COUNT = 2
/** Highest timestamp counted, epoch ms. */
const TIMESTAMP = 3

/** Counts per key and window, with what changed since the last emission and the last save. */
export class WindowCounts implements KeyHolder {
  readonly name: string
  readonly keys: KeyTable
  #capacity = INITIAL_ENTRIES
  #ints = new Int32Array(INITIAL_ENTRIES * INTS)
  #doubles = new Float64Array(this.#ints.buffer)
  /** Open addressing by key and window; at most half full. */
  #slots = new Int32Array(INITIAL_ENTRIES * 2).fill(NONE)
  #firstFree = NONE
  #end = 0
  #rows = 0
  readonly #toEmit = new EntryList()
  readonly #toSave = new EntryList()
  readonly #windows: WindowIndex

  constructor(name: string, keys: KeyTable, windows: { sizeMs: number; advanceMs: number }) {
    this.name = name
    this.keys = keys
    this.#windows = new WindowIndex(windows)
    keys.register(this)
  }

  /** Number of (key, window) pairs held. */
  get rows(): number {
    return this.#rows
  }

  /** Bytes that the table takes. */
  get sizeBytes(): number {
    return this.#capacity * (ENTRY_BYTES + 8) + this.#windows.size * 80
  }

  /** The window of an entry. */
  windowOf(entry: number): TimeWindow {
    return this.#windows.boundsOf(this.#ints[entry * INTS + WINDOW]!)
  }

  keyIdOf(entry: number): number {
    return this.#ints[entry * INTS + KEY]!
  }

  countOf(entry: number): number {
    return this.#doubles[entry * DOUBLES + COUNT]!
  }

  /** The highest timestamp counted, epoch ms. */
  timestampOf(entry: number): number {
    return this.#doubles[entry * DOUBLES + TIMESTAMP]!
  }

  /** Adds one to a key's count in the window that starts at `startMs`. */
  increment(startMs: number, keyId: number, timestampMs: number): void {
    const entry = this.#entryOf(this.#windows.open(startMs), keyId)
    const doubles = this.#doubles
    const at = entry * DOUBLES
    doubles[at + COUNT]! += 1
    if (timestampMs > doubles[at + TIMESTAMP]!) doubles[at + TIMESTAMP] = timestampMs
    const flags = this.#ints[entry * INTS + FLAGS]!
    if (flags === (EMIT | SAVE)) return
    if ((flags & EMIT) === 0) this.#toEmit.push(entry)
    if ((flags & SAVE) === 0) this.#toSave.push(entry)
    this.#ints[entry * INTS + FLAGS] = EMIT | SAVE
  }

  /** Puts a count in place, as it was saved; it is neither to be emitted nor to be saved. */
  restore(startMs: number, keyId: number, count: number, timestampMs: number): void {
    const entry = this.#entryOf(this.#windows.open(startMs), keyId)
    this.#doubles[entry * DOUBLES + COUNT] = count
    this.#doubles[entry * DOUBLES + TIMESTAMP] = timestampMs
  }

  /** Visits each entry changed since the last call, in the order of the first change. */
  drainUpdates(visit: (entry: number) => void): void {
    this.#drain(this.#toEmit, EMIT, visit)
  }

  /** Visits each entry changed since the last save and still held. */
  drainUnsaved(visit: (entry: number) => void): void {
    this.#drain(this.#toSave, SAVE, visit)
  }

  /** Visits everything held, the earliest window first. */
  forEach(visit: (entry: number) => void): void {
    for (const window of this.#windows.through(Infinity)) this.#forEachIn(window, visit)
  }

  /** Start of the earliest window held, Infinity when there is none. */
  get earliestStartMs(): number {
    return this.#windows.earliestStartMs
  }

  /**
   * Gives up the windows that start at or before `startMs`, the earliest first; what was to be emitted
   * must have been. `visit` gets the entries of each before they go.
   */
  dropThrough(startMs: number, visit?: (entries: number[]) => void): void {
    for (const window of this.#windows.through(startMs)) {
      if (visit !== undefined) {
        const entries: number[] = []
        this.#forEachIn(window, (entry) => entries.push(entry))
        visit(entries)
      }
      this.#freeAll(window)
      this.#windows.close(window)
    }
  }

  markKeys(used: Uint8Array): void {
    this.forEach((entry) => {
      used[this.keyIdOf(entry)] = 1
    })
  }

  replaceKeys(idOf: Int32Array): void {
    this.forEach((entry) => {
      this.#ints[entry * INTS + KEY] = idOf[this.keyIdOf(entry)]!
    })
    this.#reindex()
  }

  #drain(list: EntryList, flag: number, visit: (entry: number) => void): void {
    list.drain((entry) => {
      // An entry freed since has lost its flags; one used anew stands in the list again.
      const flags = this.#ints[entry * INTS + FLAGS]!
      if ((flags & flag) === 0) return
      this.#ints[entry * INTS + FLAGS] = flags & ~flag
      visit(entry)
    })
  }

  #forEachIn(window: number, visit: (entry: number) => void): void {
    let entry = this.#windows.firstEntries[window]!
    while (entry !== NONE) {
      visit(entry)
      entry = this.#ints[entry * INTS + NEXT]!
    }
  }

  /** The entry of a key in a window, made with a count of 0 when new. */
  #entryOf(window: number, keyId: number): number {
    const slots = this.#slots
    const ints = this.#ints
    const mask = slots.length - 1
    let slot = slotOf(keyId, window, mask)
    for (;;) {
      const entry = slots[slot]!
      if (entry === NONE) return this.#add(slot, window, keyId)
      if (ints[entry * INTS + KEY] === keyId && ints[entry * INTS + WINDOW] === window) return entry
      slot = (slot + 1) & mask
    }
  }

  #add(slot: number, window: number, keyId: number): number {
    let entry = this.#firstFree
    if (entry !== NONE) {
      this.#firstFree = this.#ints[entry * INTS + NEXT]!
    } else if (this.#end < this.#capacity) {
      entry = this.#end++
    } else {
      this.#grow()
      return this.#entryOf(window, keyId)
    }
    this.#slots[slot] = entry
    const ints = this.#ints
    const at = entry * INTS
    ints[at + KEY] = keyId
    ints[at + WINDOW] = window
    ints[at + FLAGS] = 0
    ints[at + NEXT] = this.#windows.firstEntries[window]!
    this.#doubles[entry * DOUBLES + COUNT] = 0
    this.#doubles[entry * DOUBLES + TIMESTAMP] = -1
    this.#windows.firstEntries[window] = entry
    this.#rows += 1
    return entry
  }

  #freeAll(window: number): void {
    const ints = this.#ints
    const mask = this.#slots.length - 1
    for (let entry = this.#windows.firstEntries[window]!; entry !== NONE;) {
      const at = entry * INTS
      const next = ints[at + NEXT]!
      let slot = slotOf(ints[at + KEY]!, window, mask)
      while (this.#slots[slot] !== entry) slot = (slot + 1) & mask
      this.#closeGap(slot, mask)
      ints[at + FLAGS] = 0
      ints[at + NEXT] = this.#firstFree
      this.#firstFree = entry
      this.#rows -= 1
      entry = next
    }
  }

  /** Moves entries behind a freed slot up, so that searches end at the first empty slot (Knuth 6.4 R). */
  #closeGap(freed: number, mask: number): void {
    const slots = this.#slots
    const ints = this.#ints
    let gap = freed
    for (let slot = (gap + 1) & mask; slots[slot] !== NONE; slot = (slot + 1) & mask) {
      const entry = slots[slot]!
      const home = slotOf(ints[entry * INTS + KEY]!, ints[entry * INTS + WINDOW]!, mask)
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue
      slots[gap] = entry
      gap = slot
    }
    slots[gap] = NONE
  }

  #grow(): void {
    this.#capacity *= 2
    const ints = new Int32Array(this.#capacity * INTS)
    ints.set(this.#ints)
    this.#ints = ints
    this.#doubles = new Float64Array(ints.buffer)
    this.#slots = new Int32Array(this.#capacity * 2)
    this.#reindex()
  }

  #reindex(): void {
    const slots = this.#slots.fill(NONE)
    const mask = slots.length - 1
    this.forEach((entry) => {
      let slot = slotOf(this.keyIdOf(entry), this.#ints[entry * INTS + WINDOW]!, mask)
      while (slots[slot] !== NONE) slot = (slot + 1) & mask
      slots[slot] = entry
    })
  }
}

function slotOf(keyId: number, windowId: number, mask: number): number {
  const mixed = Math.imul(keyId, 0x9e3779b1) ^ Math.imul(windowId, 0x85ebca6b)
  return (mixed ^ (mixed >>> 15)) & mask
}
