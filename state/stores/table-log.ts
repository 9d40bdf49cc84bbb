// A byte table as bytes: what a commit saves of it, and how it is read back. Only what changed since the
// last save is touched; a deletion is a key without a value.
import { ByteBuffer } from '../../topology/serdes/serde.ts'
import { copyBytes } from '../../topology/serdes/copy-bytes.ts'
import type { ByteTable } from './byte-table.ts'
import { LOGGED_ROWS_MAX, loggedRows } from './logged-rows.ts'

const VERSION = 1
const HEADER_BYTES = 32
const ROW_HEADER_BYTES = 16
const DELETED = -1

/** What is read of an entry before it is put in place; what is in it is of no use later. */
const rows = loggedRows()

/** A saved entry of a store is not one that this version wrote. */
export class StoreFormatError extends Error {
  override readonly name = 'StoreFormatError'
  readonly code = 'MILLRACE_STORE_FORMAT'
}

/** A part of a store's log by which, round after round, all of the store is in the log anew. */
export interface PackedRound {
  readonly bytes: Uint8Array
  /** Whether the round ends with it: what came before the round is not needed any more. */
  readonly isEnd: boolean
}

/** Packs and restores one table. What it packs is valid until it packs again. */
export class TableLog {
  readonly #storeName: string
  readonly #table: ByteTable
  readonly #packed = new ByteBuffer()
  #count = 0
  #packedTimeMs = -1
  #packedMark = -1
  /** How many entries had changed when it packed last. */
  changedRows = 0
  /** A time of the store's own, saved with its changes and given back by `restore`; epoch ms. */
  timeMs = -1
  /** Numbers of the store's own, as `timeMs`. */
  sequence = 0
  mark = -1

  constructor(storeName: string, table: ByteTable) {
    this.#storeName = storeName
    this.#table = table
  }

  /** What changed since the last call, or with `isSnapshot` everything; undefined when nothing changed. */
  pack(isSnapshot: boolean): Uint8Array | undefined {
    this.#begin()
    if (isSnapshot) {
      this.changedRows = 0
      this.#table.drainDirty(() => (this.changedRows += 1))
      this.#table.drainAll(this.#add)
    } else {
      this.#table.drainDirty(this.#add)
      this.changedRows = this.#count
    }
    return this.#count === 0 && !isSnapshot && this.#isAsPacked ? undefined : this.#end()
  }

  /**
   * What changed since the last call, and as many bytes again of what was not packed since the round began; undefined
   * when nothing changed. `isEnd`: since the round before ended, or this log was made, everything was packed at least
   * once.
   */
  packRound(): PackedRound | undefined {
    this.#begin()
    const packed = this.#packed
    this.#table.drainDirty(this.#add)
    this.changedRows = this.#count
    if (this.#count === 0 && this.#isAsPacked) return undefined
    const until = 2 * packed.position - HEADER_BYTES
    const isEnd = this.#table.drainRound(this.#add, () => packed.position >= until)
    return { bytes: this.#end(), isEnd }
  }

  get #isAsPacked(): boolean {
    return this.timeMs === this.#packedTimeMs && this.mark === this.#packedMark
  }

  #begin(): void {
    const packed = this.#packed
    packed.clear()
    packed.reserve(HEADER_BYTES)
    packed.position = HEADER_BYTES
    this.#count = 0
  }

  #end(): Uint8Array {
    const packed = this.#packed
    this.#packedTimeMs = this.timeMs
    this.#packedMark = this.mark
    packed.view.setUint32(0, VERSION, true)
    packed.view.setUint32(4, this.#count, true)
    packed.view.setFloat64(8, this.timeMs, true)
    packed.view.setFloat64(16, this.sequence, true)
    packed.view.setFloat64(24, this.mark, true)
    return packed.bytes.subarray(0, packed.position)
  }

  /**
   * Puts an entry's rows in place, later entries over earlier ones.
   * @param savedBytes of all entries that are restored: before the first of them room is made for as many keys.
   * @throws StoreFormatError when the bytes are no such entry.
   */
  restore(entry: Uint8Array, savedBytes = entry.length): void {
    const view = new DataView(entry.buffer, entry.byteOffset, entry.byteLength)
    if (entry.length < HEADER_BYTES || view.getUint32(0, true) !== VERSION) {
      throw this.#broken('is not of a version that this one reads')
    }
    const count = view.getUint32(4, true)
    let at = HEADER_BYTES
    // What is broken may tell of more than it can hold.
    const rowsAtMost = Math.min(count, entry.length / ROW_HEADER_BYTES)
    this.#table.reserve(Math.ceil((rowsAtMost * savedBytes) / entry.length))
    rows.size = 0
    for (let i = 0; i < count; i++) {
      if (at + ROW_HEADER_BYTES > entry.length) throw this.#broken('ends too early')
      const keyStart = at + ROW_HEADER_BYTES
      const keyEnd = keyStart + view.getUint32(at, true)
      const valueLength = view.getInt32(at + 4, true)
      const valueEnd = keyEnd + Math.max(0, valueLength)
      if (valueEnd > entry.length) throw this.#broken('ends too early')
      if (valueLength === DELETED) {
        this.#restoreRows(entry)
        this.#delete(entry, keyStart, keyEnd)
      } else {
        const row = rows.size++
        rows.keyStarts[row] = keyStart
        rows.keyEnds[row] = keyEnd
        rows.valueEnds[row] = valueEnd
        rows.timestamps[row] = view.getFloat64(at + 8, true)
        if (rows.size === LOGGED_ROWS_MAX) this.#restoreRows(entry)
      }
      at = valueEnd
    }
    this.#restoreRows(entry)
    this.timeMs = this.#packedTimeMs = view.getFloat64(8, true)
    this.sequence = view.getFloat64(16, true)
    this.mark = this.#packedMark = view.getFloat64(24, true)
  }

  #restoreRows(entry: Uint8Array): void {
    this.#table.restore(entry, rows)
    rows.size = 0
  }

  #delete(bytes: Uint8Array, start: number, end: number): void {
    const held = this.#table.find(bytes, start, end)
    if (held >= 0) this.#table.forget(held)
  }

  readonly #add = (entry: number): void => {
    const { entries } = this.#table
    const packed = this.#packed
    const start = entries.keyStart(entry)
    const keyEnd = entries.keyEnd(entry)
    const isLive = this.#table.isLive(entry)
    const length = (isLive ? entries.valueEnd(entry) : keyEnd) - start
    packed.reserve(ROW_HEADER_BYTES + length)
    const at = packed.position
    packed.view.setUint32(at, keyEnd - start, true)
    packed.view.setInt32(at + 4, isLive ? start + length - keyEnd : DELETED, true)
    packed.view.setFloat64(at + 8, entries.timestampOf(entry), true)
    copyBytes(entries.pageOf(entry), start, length, packed.bytes, at + ROW_HEADER_BYTES)
    packed.position = at + ROW_HEADER_BYTES + length
    this.#count += 1
  }

  #broken(why: string): StoreFormatError {
    return new StoreFormatError(
      `store ${this.#storeName}: a saved entry ${why}; remove the task's state directory to build it anew`,
    )
  }
}
