// Counts per key and window in typed arrays: the store behind a windowed count. One task owns it.
import type { TimeWindow } from '../topology/windows.ts'
import type { KeyHolder, KeyTable } from './key-table.ts'

const EMIT = 1
const SAVE = 2
const INITIAL_ENTRIES = 16
/** Closed windows kept for reuse: allocating typed arrays costs more than filling them. */
const SPARE_MAX = 256
/** Windows found by their number without a Map, whose look-up would box the start. */
const NEAR = 64

/** The counts of one window: an open-addressing index over dense entries, which never move. */
export class WindowOfCounts {
  startMs = 0
  /** Made once a window, so that results of one window share it. */
  bounds: TimeWindow = { startMs: 0, endMs: 0 }
  size = 0
  keyIds = new Int32Array(INITIAL_ENTRIES)
  counts = new Float64Array(INITIAL_ENTRIES)
  /** Highest timestamp counted per entry, epoch ms. */
  timestamps = new Float64Array(INITIAL_ENTRIES)
  flags = new Uint8Array(INITIAL_ENTRIES)
  #slots = new Int32Array(INITIAL_ENTRIES * 2).fill(-1)

  /** Begins as an empty window; one that was closed keeps its room for the next. */
  begin(startMs: number, sizeMs: number): void {
    this.startMs = startMs
    this.bounds = { startMs, endMs: startMs + sizeMs }
    this.size = 0
    this.#slots.fill(-1)
  }

  /** The entry of a key, made with a count of 0 when new. */
  entryOf(keyId: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = (Math.imul(keyId, 0x9e3779b1) >>> 15) & mask
    for (;;) {
      const entry = slots[slot]!
      if (entry < 0) return this.#add(slot, keyId)
      if (this.keyIds[entry] === keyId) return entry
      slot = (slot + 1) & mask
    }
  }

  /** Builds the index anew after `keyIds` were changed. */
  reindex(): void {
    const slots = this.#slots.fill(-1)
    const mask = slots.length - 1
    for (let entry = 0; entry < this.size; entry++) {
      let slot = (Math.imul(this.keyIds[entry]!, 0x9e3779b1) >>> 15) & mask
      while (slots[slot]! >= 0) slot = (slot + 1) & mask
      slots[slot] = entry
    }
  }

  #add(slot: number, keyId: number): number {
    const entry = this.size
    if (entry === this.keyIds.length) {
      this.#grow()
      return this.entryOf(keyId)
    }
    this.#slots[slot] = entry
    this.keyIds[entry] = keyId
    this.counts[entry] = 0
    this.timestamps[entry] = -1
    this.flags[entry] = 0
    this.size += 1
    return entry
  }

  #grow(): void {
    const capacity = this.keyIds.length * 2
    const grown = <T extends Int32Array | Float64Array | Uint8Array>(from: T, to: T): T => {
      to.set(from)
      return to
    }
    this.keyIds = grown(this.keyIds, new Int32Array(capacity))
    this.counts = grown(this.counts, new Float64Array(capacity))
    this.timestamps = grown(this.timestamps, new Float64Array(capacity))
    this.flags = grown(this.flags, new Uint8Array(capacity))
    this.#slots = new Int32Array(capacity * 2)
    this.reindex()
  }
}

/** Entries to be visited once: those changed since they were last emitted, or saved. */
class DirtyList {
  size = 0
  #windows: (WindowOfCounts | undefined)[] = []
  #entries = new Int32Array(256)

  push(window: WindowOfCounts, entry: number): void {
    if (this.size === this.#entries.length) {
      const grown = new Int32Array(this.size * 2)
      grown.set(this.#entries)
      this.#entries = grown
    }
    this.#windows[this.size] = window
    this.#entries[this.size] = entry
    this.size += 1
  }

  /** Visits all and forgets them. */
  drain(visit: (window: WindowOfCounts, entry: number) => void): void {
    const { size } = this
    for (let i = 0; i < size; i++) {
      const window = this.#windows[i]!
      this.#windows[i] = undefined
      visit(window, this.#entries[i]!)
    }
    this.size = 0
  }
}

/** Counts per key and window, with what changed since the last emission and the last save. */
export class WindowCounts implements KeyHolder {
  readonly name: string
  readonly keys: KeyTable
  readonly #windows = new Map<number, WindowOfCounts>()
  readonly #toEmit = new DirtyList()
  readonly #toSave = new DirtyList()
  readonly #near: (WindowOfCounts | undefined)[] = new Array<undefined>(NEAR).fill(undefined)
  readonly #spare: WindowOfCounts[] = []
  /** Closed windows that the list of unsaved entries may still name. */
  readonly #closed: WindowOfCounts[] = []
  readonly #sizeMs: number
  readonly #advanceMs: number
  #rows = 0

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

  /** Bytes held, roughly. */
  get sizeBytes(): number {
    return this.#rows * 29 + this.#windows.size * 200
  }

  /** Changes not yet taken by `drainUpdates`. */
  get updates(): number {
    return this.#toEmit.size
  }

  /** Adds one to a key's count in the window that starts at `startMs`. */
  increment(startMs: number, keyId: number, timestampMs: number): void {
    const window = this.#windowAt(startMs)
    const before = window.size
    const entry = window.entryOf(keyId)
    this.#rows += window.size - before
    window.counts[entry]! += 1
    if (timestampMs > window.timestamps[entry]!) window.timestamps[entry] = timestampMs
    const flags = window.flags[entry]!
    if (flags !== (EMIT | SAVE)) {
      if ((flags & EMIT) === 0) this.#toEmit.push(window, entry)
      if ((flags & SAVE) === 0) this.#toSave.push(window, entry)
      window.flags[entry] = EMIT | SAVE
    }
  }

  /** Puts a count in place, as it was saved; it is neither to be emitted nor to be saved. */
  restore(startMs: number, keyId: number, count: number, timestampMs: number): void {
    const window = this.#windowAt(startMs)
    const before = window.size
    const entry = window.entryOf(keyId)
    this.#rows += window.size - before
    window.counts[entry] = count
    window.timestamps[entry] = timestampMs
  }

  /** Visits each (window, entry) changed since the last call, in the order of the first change. */
  drainUpdates(visit: (window: WindowOfCounts, entry: number) => void): void {
    this.#toEmit.drain((window, entry) => {
      window.flags[entry]! &= ~EMIT
      visit(window, entry)
    })
  }

  /** Visits each (window, entry) changed since the last save and still held. */
  drainUnsaved(visit: (window: WindowOfCounts, entry: number) => void): void {
    this.#toSave.drain((window, entry) => {
      window.flags[entry]! &= ~SAVE
      if (this.#windows.get(window.startMs) === window) visit(window, entry)
    })
    for (const window of this.#closed) {
      if (this.#spare.length < SPARE_MAX) this.#spare.push(window)
    }
    this.#closed.length = 0
  }

  /** Visits everything held, windows in the order in which they were opened. */
  forEach(visit: (window: WindowOfCounts, entry: number) => void): void {
    for (const window of this.#windows.values()) {
      for (let entry = 0; entry < window.size; entry++) visit(window, entry)
    }
  }

  /** Start of the earliest window held, Infinity when there is none. */
  get earliestStartMs(): number {
    let earliest = Infinity
    for (const startMs of this.#windows.keys()) earliest = Math.min(earliest, startMs)
    return earliest
  }

  /** Gives up the windows that start at or before `startMs`; what was to be emitted must have been. */
  dropThrough(startMs: number, visit?: (window: WindowOfCounts) => void): void {
    const closed = [...this.#windows.values()].filter((window) => window.startMs <= startMs)
    closed.sort((one, other) => one.startMs - other.startMs)
    for (const window of closed) {
      visit?.(window)
      this.#windows.delete(window.startMs)
      this.#rows -= window.size
      this.#closed.push(window)
    }
    if (closed.length > 0) this.#near.fill(undefined)
  }

  markKeys(used: Uint8Array): void {
    for (const window of this.#held()) {
      for (let entry = 0; entry < window.size; entry++) used[window.keyIds[entry]!] = 1
    }
  }

  replaceKeys(idOf: Int32Array): void {
    for (const window of this.#held()) {
      for (let entry = 0; entry < window.size; entry++) {
        window.keyIds[entry] = idOf[window.keyIds[entry]!]!
      }
      window.reindex()
    }
  }

  #held(): Iterable<WindowOfCounts> {
    return this.#windows.values()
  }

  #windowAt(startMs: number): WindowOfCounts {
    const place = (startMs / this.#advanceMs) & (NEAR - 1)
    const near = this.#near[place]
    if (near !== undefined && near.startMs === startMs) return near
    let window = this.#windows.get(startMs)
    if (window === undefined) {
      window = this.#spare.pop() ?? new WindowOfCounts()
      window.begin(startMs, this.#sizeMs)
      this.#windows.set(startMs, window)
    }
    this.#near[place] = window
    return window
  }
}
