// Where the entries of a byte table lie: their fields side by side in one buffer, their bytes in pages.
// An entry is a small number; one that was freed serves again.
import { GrowingMemory } from '../../topology/serdes/growing-memory.ts'
import { copyBytes } from '../../topology/serdes/copy-bytes.ts'
import { ByteArena, type SpillFigures } from './byte-arena.ts'
import type { StateMemory } from './state-memory.ts'

const NONE = -1
const INITIAL_ENTRIES = 64
/** Garbage below this is not worth moving anything. */
const GARBAGE_BYTES_MIN = 65_536
/** Entries looked at with each one that is added or moved, while all move into new pages. */
const ENTRIES_MOVED_A_STEP = 16

const ENTRY_BYTES = 48
const INTS = ENTRY_BYTES / 4
const DOUBLES = ENTRY_BYTES / 8
// 32-bit fields of an entry.
const HASH = 0
const PAGE = 1
/** Where the key begins; the value follows it. */
const AT = 2
const KEY_LENGTH = 3
const VALUE_LENGTH = 4
/** Bytes that the value may grow to where it lies. */
const CAPACITY = 5
const FLAGS = 6
const NEXT_FREE = 7
// 64-bit fields of an entry.
const TIMESTAMP = 4
const TIME = 5

/** Entries with the bytes of a key and a value, a timestamp, a time to order by and flags; 0 is free. */
export class ByteEntries {
  readonly #memory = new GrowingMemory(INITIAL_ENTRIES * ENTRY_BYTES)
  #ints = new Int32Array(this.#memory.buffer)
  #doubles = new Float64Array(this.#memory.buffer)
  #stateMemory: StateMemory | undefined
  /** What became of its pages where memory is bounded. */
  readonly spill: SpillFigures = { spilledBytes: 0, pageReads: 0, pageWrites: 0 }
  #arena = new ByteArena(undefined, this.spill)
  /** The pages of the arena: each look-up reads one. */
  #pages = this.#arena.pages
  #writable = this.#arena.writable
  #usedBytes = 0
  #garbageBytes = 0
  /** While entries leave pages, a few at a time: the next to look at, and the one to end before. */
  #next = 0
  #last = 0
  #count = 0
  #free = NONE
  /** Entries have numbers below this. */
  end = 0

  /** Bytes that entries and pages take in memory. */
  get sizeBytes(): number {
    return this.end * ENTRY_BYTES + this.#arena.sizeBytes
  }

  /** Of these the bytes of pages. */
  get pageBytes(): number {
    return this.#arena.sizeBytes
  }

  /** Lets pages lie in memory that is bounded, from now on. There must be no entries. */
  lieIn(memory: StateMemory): void {
    this.#stateMemory = memory
    this.#renewArena()
  }

  /** Gives all pages up; no entry is of use any more. */
  close(): void {
    this.#arena.close()
  }

  /**
   * The page that key and value of an entry lie in, to be read. Pages may change with every change of an entry.
   * @throws BrokerError where it is in a file that cannot be read.
   */
  pageOf(entry: number): Uint8Array {
    const page = this.#ints[entry * INTS + PAGE]!
    const bytes = this.#pages[page]
    return bytes === undefined ? this.#arena.load(page) : bytes
  }

  /** The number of that page: entries of one page are read together where pages lie in a file. */
  pageNumberOf(entry: number): number {
    return this.#ints[entry * INTS + PAGE]!
  }

  keyStart(entry: number): number {
    return this.#ints[entry * INTS + AT]!
  }

  /** Where the key ends and the value begins. */
  keyEnd(entry: number): number {
    const at = entry * INTS
    return this.#ints[at + AT]! + this.#ints[at + KEY_LENGTH]!
  }

  valueEnd(entry: number): number {
    const at = entry * INTS
    return this.#ints[at + AT]! + this.#ints[at + KEY_LENGTH]! + this.#ints[at + VALUE_LENGTH]!
  }

  hashOf(entry: number): number {
    return this.#ints[entry * INTS + HASH]!
  }

  timestampOf(entry: number): number {
    return this.#doubles[entry * DOUBLES + TIMESTAMP]!
  }

  timeOf(entry: number): number {
    return this.#doubles[entry * DOUBLES + TIME]!
  }

  /** Gives an entry that is in no order another time to order by. */
  setTime(entry: number, timeMs: number): void {
    this.#doubles[entry * DOUBLES + TIME] = timeMs
  }

  flagsOf(entry: number): number {
    return this.#ints[entry * INTS + FLAGS]!
  }

  setFlags(entry: number, flags: number): void {
    this.#ints[entry * INTS + FLAGS] = flags
  }

  matches(entry: number, key: Uint8Array, start: number, end: number): boolean {
    const at = entry * INTS
    const length = this.#ints[at + KEY_LENGTH]!
    if (length !== end - start) return false
    const page = this.pageOf(entry)
    const from = this.#ints[at + AT]!
    for (let i = 0; i < length; i++) if (page[from + i] !== key[start + i]) return false
    return true
  }

  /** Makes an entry with an empty value and room for one of `valueLength` bytes. */
  add(
    key: Uint8Array,
    start: number,
    end: number,
    valueLength: number,
    hash: number,
    timeMs: number,
    flags: number,
  ): number {
    this.#compact()
    const entry = this.#takeNumber()
    this.#count += 1
    const keyLength = end - start
    const at = entry * INTS
    this.#ints[at + HASH] = hash
    this.#ints[at + KEY_LENGTH] = keyLength
    this.#ints[at + FLAGS] = flags
    this.#doubles[entry * DOUBLES + TIMESTAMP] = -1
    this.#doubles[entry * DOUBLES + TIME] = timeMs
    this.#place(entry, valueLength)
    copyBytes(key, start, keyLength, this.#pageToWrite(entry), this.keyStart(entry))
    return entry
  }

  /** Replaces the value of an entry by the bytes from `start` to `end`, which lie outside of these pages. */
  setValue(
    entry: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    timestampMs: number,
  ): void {
    const length = end - start
    if (length > this.#ints[entry * INTS + CAPACITY]!) this.#move(entry, length)
    copyBytes(bytes, start, length, this.#pageToWrite(entry), this.keyEnd(entry))
    this.#ints[entry * INTS + VALUE_LENGTH] = length
    this.#doubles[entry * DOUBLES + TIMESTAMP] = timestampMs
  }

  free(entry: number): void {
    const at = entry * INTS
    this.#leaveSpan(entry)
    this.#ints[at + FLAGS] = 0
    this.#ints[at + NEXT_FREE] = this.#free
    this.#free = entry
    this.#count -= 1
    if (this.#count > 0) return
    // An empty store gives its memory back; a filled one when it needs room.
    this.#arena.close()
    this.#renewArena()
    this.#usedBytes = 0
    this.#garbageBytes = 0
  }

  #pageToWrite(entry: number): Uint8Array {
    const page = this.#ints[entry * INTS + PAGE]!
    const bytes = this.#writable[page]
    return bytes === undefined ? this.#arena.loadToWrite(page) : bytes
  }

  #renewArena(): void {
    this.#arena = new ByteArena(this.#stateMemory, this.spill)
    this.#pages = this.#arena.pages
    this.#writable = this.#arena.writable
  }

  #takeNumber(): number {
    const free = this.#free
    if (free !== NONE) {
      this.#free = this.#ints[free * INTS + NEXT_FREE]!
      return free
    }
    if ((this.end + 1) * INTS > this.#ints.length) {
      this.#memory.grow()
      this.#ints = new Int32Array(this.#memory.buffer)
      this.#doubles = new Float64Array(this.#memory.buffer)
    }
    return this.end++
  }

  /** Gives an entry a new span, with room for its key and so long a value. */
  #place(entry: number, valueLength: number): void {
    const capacity = (valueLength + 7) & ~7
    const at = entry * INTS
    const length = this.#ints[at + KEY_LENGTH]! + capacity
    this.#arena.allocate(length)
    this.#usedBytes += length
    this.#ints[at + PAGE] = this.#arena.page
    this.#ints[at + AT] = this.#arena.at
    this.#ints[at + VALUE_LENGTH] = 0
    this.#ints[at + CAPACITY] = capacity
  }

  /** What lies in pages that are being left goes with them. */
  #leaveSpan(entry: number): void {
    const at = entry * INTS
    const page = this.#ints[at + PAGE]!
    if (this.#arena.isLeft(page)) return
    const length = this.#ints[at + KEY_LENGTH]! + this.#ints[at + CAPACITY]!
    const droppedBytes = this.#arena.release(page, length)
    this.#garbageBytes += length - droppedBytes
    this.#usedBytes -= droppedBytes
  }

  /** Moves an entry to where its value has room; the old value is not taken along. */
  #move(entry: number, valueLength: number): void {
    const page = this.pageOf(entry)
    const from = this.keyStart(entry)
    this.#leaveSpan(entry)
    this.#place(entry, valueLength)
    const keyLength = this.#ints[entry * INTS + KEY_LENGTH]!
    copyBytes(page, from, keyLength, this.#pageToWrite(entry), this.keyStart(entry))
    this.#compact()
  }

  /** Begins to move all entries into new pages when too much of these is garbage, and goes on with it. */
  #compact(): void {
    if (this.#arena.isBeingLeft) this.#moveSome(ENTRIES_MOVED_A_STEP)
    if (this.#garbageBytes < GARBAGE_BYTES_MIN) return
    if (this.#garbageBytes * 2 <= this.#usedBytes) return
    if (this.#arena.isBeingLeft) this.#moveSome(Infinity)
    this.#arena.leave()
    this.#next = 0
    this.#last = this.end
    this.#usedBytes = 0
    this.#garbageBytes = 0
  }

  /** What was added or grew meanwhile lies in the new pages already. */
  #moveSome(count: number): void {
    const end = Math.min(this.#last, this.#next + count)
    for (let entry = this.#next; entry < end; entry++) {
      const at = entry * INTS
      if (this.#ints[at + FLAGS] === 0 || !this.#arena.isLeft(this.#ints[at + PAGE]!)) continue
      const page = this.pageOf(entry)
      const start = this.#ints[at + AT]!
      const valueLength = this.#ints[at + VALUE_LENGTH]!
      // What is moved just now has room for a value that is still to come.
      this.#place(entry, Math.max(valueLength, this.#ints[at + CAPACITY]!))
      const length = this.#ints[at + KEY_LENGTH]! + valueLength
      copyBytes(page, start, length, this.#pageToWrite(entry), this.keyStart(entry))
      this.#ints[at + VALUE_LENGTH] = valueLength
    }
    this.#next = end
    if (end === this.#last) this.#arena.dropLeft()
  }
}
