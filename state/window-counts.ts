// Counts per key and window in typed arrays: the store behind a windowed count. One task owns it. An
// entry is a number; those of a closed window serve again.
import type { TimeWindow } from '../topology/windows.ts'
import { EntryList } from './entry-list.ts'
import { GrowingMemory } from '../topology/serdes/growing-memory.ts'
import { HashSlots } from '../topology/serdes/hash-slots.ts'
import type { KeyTable } from './key-table.ts'
import { SAVED_COUNTS_MAX, type SavedCounts } from './saved-counts.ts'
import { WindowIndex } from './window-index.ts'

const EMIT = 1
const SAVE = 2
const NONE = -1
const INITIAL_ENTRIES = 32

// An entry's fields lie side by side in one buffer, half a cache line: a row touches several windows,
// and columns would cost it a miss per field and window.
const ENTRY_BYTES = 32
const INTS = ENTRY_BYTES / 4
const DOUBLES = ENTRY_BYTES / 8
const KEY = 0
/** -1 for an entry that is free. */
const WINDOW = 1
const FLAGS = 2
/** The entry before it in the same window; of a free one the next free one. */
const NEXT = 3
const COUNT = 2
/** Highest timestamp counted, epoch ms. */
const TIMESTAMP = 3

/** Of counts that are restored together; what is in them is of no use later. */
const windows = new Int32Array(SAVED_COUNTS_MAX)
const hashes = new Int32Array(SAVED_COUNTS_MAX)

/** Counts per key and window, with what changed since the last emission and the last save. */
export class WindowCounts {
  readonly name: string
  readonly keys: KeyTable
  readonly #memory = new GrowingMemory(INITIAL_ENTRIES * ENTRY_BYTES)
  #ints = new Int32Array(this.#memory.buffer)
  #doubles = new Float64Array(this.#memory.buffer)
  /** By key and window. */
  readonly #slots = new HashSlots(
    (entry, hash) => this.#ints[entry * INTS + WINDOW] !== NONE && this.#hashOf(entry) === hash,
  )
  #end = 0
  #free = NONE
  #rows = 0
  #removedRows = 0
  readonly #toEmit = new EntryList()
  readonly #toSave = new EntryList()
  readonly #windows: WindowIndex

  constructor(name: string, keys: KeyTable, windows: { sizeMs: number; advanceMs: number }) {
    this.name = name
    this.keys = keys
    this.#windows = new WindowIndex(windows)
  }

  /** Number of (key, window) pairs held. */
  get rows(): number {
    return this.#rows
  }

  /** Pairs of windows that were closed since it was made. */
  get removedRows(): number {
    return this.#removedRows
  }

  /** Bytes that the table takes. */
  get sizeBytes(): number {
    return this.#end * ENTRY_BYTES + this.#slots.sizeBytes + this.#windows.size * 80
  }

  /** Entries that changed since the last emission. */
  get updatesHeld(): number {
    return this.#toEmit.size
  }

  /** Bytes that the list of these takes. */
  get updatesHeldBytes(): number {
    return this.#toEmit.entries.byteLength
  }

  /** The window of an entry. */
  windowOf(entry: number): TimeWindow {
    return this.#windows.boundsOf(this.#ints[entry * INTS + WINDOW]!)
  }

  /** Start of an entry's window, epoch ms. */
  windowStartOf(entry: number): number {
    return this.#windows.startOf(this.#ints[entry * INTS + WINDOW]!)
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
    const window = this.#windows.open(startMs)
    const entry = this.#entryOf(hashOf(keyId, this.#windows.numberOf(window)), window, keyId)
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

  /**
   * Puts counts in place as they were saved; they are neither to be emitted nor to be saved. Their places in memory
   * are asked for together: see `HashSlots.touch`.
   */
  restore({ starts, keyIds, counts, timestamps, size }: SavedCounts): void {
    let startMs = NaN
    let window = NONE
    let number = 0
    for (let i = 0; i < size; i++) {
      if (starts[i] !== startMs) {
        startMs = starts[i]!
        window = this.#windows.open(startMs)
        number = this.#windows.numberOf(window)
      }
      windows[i] = window
      hashes[i] = hashOf(keyIds[i]!, number)
    }
    this.#slots.settle()
    this.#slots.touch(hashes, size)
    for (let i = 0; i < size; i++) {
      const entry = this.#entryOf(hashes[i]!, windows[i]!, keyIds[i]!)
      this.#doubles[entry * DOUBLES + COUNT] = counts[i]!
      this.#doubles[entry * DOUBLES + TIMESTAMP] = timestamps[i]!
    }
  }

  /** Makes room for so many counts, where there is none yet. */
  reserve(rows: number): void {
    this.#slots.reserve(rows)
  }

  // The two below are not one method: a loop that calls one kind of visitor has it compiled in.

  /** Visits each entry changed since the last call, in the order of the first change. */
  drainUpdates(visit: (entry: number) => void): void {
    const { entries, size } = this.#toEmit
    this.#toEmit.size = 0
    for (let i = 0; i < size; i++) if (this.#clear(entries[i]!, EMIT)) visit(entries[i]!)
  }

  /** Takes all updates for put out. */
  forgetUpdates(): void {
    const { entries, size } = this.#toEmit
    this.#toEmit.size = 0
    for (let i = 0; i < size; i++) this.#clear(entries[i]!, EMIT)
  }

  /** Visits each entry changed since the last save and still held. */
  drainUnsaved(visit: (entry: number) => void): void {
    const { entries, size } = this.#toSave
    this.#toSave.size = 0
    for (let i = 0; i < size; i++) if (this.#clear(entries[i]!, SAVE)) visit(entries[i]!)
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
      const freed = this.#freeAll(window)
      this.#windows.close(window)
      this.#slots.died(freed)
      this.#rows -= freed
      this.#removedRows += freed
    }
  }

  /** Takes a flag from an entry; false where it has none. */
  #clear(entry: number, flag: number): boolean {
    const at = entry * INTS
    const flags = this.#ints[at + FLAGS]!
    this.#ints[at + FLAGS] = flags & ~flag
    return (flags & flag) !== 0
  }

  #forEachIn(window: number, visit: (entry: number) => void): void {
    let entry = this.#windows.firstEntries[window]!
    while (entry !== NONE) {
      visit(entry)
      entry = this.#ints[entry * INTS + NEXT]!
    }
  }

  /** The entry of a key in a window, made with a count of 0 when new. */
  #entryOf(hash: number, window: number, keyId: number): number {
    const { slots, old } = this.#slots
    let entry = this.#find(slots, hash, window, keyId)
    if (entry < 0 && old !== undefined) entry = this.#find(old, hash, window, keyId)
    return entry < 0 ? this.#add(hash, window, keyId) : entry
  }

  /** The entry in one table of slots, or -1. */
  #find(slots: Int32Array, hash: number, window: number, keyId: number): number {
    const ints = this.#ints
    const mask = slots.length - 2
    let at = (hash << 1) & mask
    for (;;) {
      const entry = slots[at + 1]! - 1
      if (entry < 0) return entry
      if (slots[at] === hash) {
        const fields = entry * INTS
        if (ints[fields + KEY] === keyId && ints[fields + WINDOW] === window) return entry
      }
      at = (at + 2) & mask
    }
  }

  #add(hash: number, window: number, keyId: number): number {
    const entry = this.#takeNumber()
    const ints = this.#ints
    const at = entry * INTS
    ints[at + KEY] = keyId
    ints[at + WINDOW] = window
    ints[at + FLAGS] = 0
    ints[at + NEXT] = this.#windows.firstEntries[window]!
    this.#doubles[entry * DOUBLES + COUNT] = 0
    this.#doubles[entry * DOUBLES + TIMESTAMP] = -1
    this.#windows.firstEntries[window] = entry
    this.keys.hold(keyId)
    this.#rows += 1
    this.#slots.put(hash, entry)
    return entry
  }

  #takeNumber(): number {
    const free = this.#free
    if (free !== NONE) {
      this.#free = this.#ints[free * INTS + NEXT]!
      return free
    }
    if ((this.#end + 1) * INTS > this.#ints.length) {
      this.#memory.grow()
      this.#ints = new Int32Array(this.#memory.buffer)
      this.#doubles = new Float64Array(this.#memory.buffer)
    }
    return this.#end++
  }

  /** Lets the entries of a window serve again: their chain goes before that of the free ones. */
  #freeAll(window: number): number {
    const ints = this.#ints
    const first = this.#windows.firstEntries[window]!
    let count = 0
    let last = NONE
    for (let entry = first; entry !== NONE; entry = ints[entry * INTS + NEXT]!) {
      ints[entry * INTS + WINDOW] = NONE
      ints[entry * INTS + FLAGS] = 0
      this.keys.letGo(ints[entry * INTS + KEY]!)
      last = entry
      count += 1
    }
    if (last === NONE) return 0
    ints[last * INTS + NEXT] = this.#free
    this.#free = first
    return count
  }

  #hashOf(entry: number): number {
    const at = entry * INTS
    return hashOf(this.#ints[at + KEY]!, this.#windows.numberOf(this.#ints[at + WINDOW]!))
  }
}

/** Windows of a key that follow each other in time lie side by side, eight to a block: a row counts in several. */
function hashOf(keyId: number, windowNumber: number): number {
  const mixed = Math.imul(keyId, 0x9e3779b1) ^ Math.imul(windowNumber >> 3, 0x85ebca6b)
  const block = mixed ^ (mixed >>> 15)
  // Where in its block a window lies differs between keys: all of them may have the same one.
  return (block << 3) | ((windowNumber ^ (block >>> 29)) & 7)
}
