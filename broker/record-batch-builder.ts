// Collects records into the columns of a batch.
import { packColumns, packedLength } from './packed-batch.ts'
import { ENDS_PER_ROW, NULL_KEY, NULL_VALUE, type RecordBatch } from './record-batch.ts'
import { packHeaders, type RecordHeader } from './record-headers.ts'

/** Room that a builder begins with: there is one for each partition that is written to. */
const ROWS_MIN = 16
const ROOM_BYTES_MIN = 1_024
/** One large record must not be paid for ever: of many targets each would keep the room of its largest. */
const ROOM_BYTES_KEPT = 4_194_304

/** The rows of several builders together. */
export interface RowTally {
  rows: number
  bytes: number
}

/**
 * Collects records into growing columns; `pack` gives them as one buffer. It is also where a serde
 * writes to: call `reserve`, write at `position`, move `position`, then `endKey`, `endValue`, `endRecord`.
 */
export class RecordBatchBuilder {
  /** Where the rows of several builders are counted together. */
  readonly #tally: RowTally | undefined
  bytes = new Uint8Array(ROOM_BYTES_MIN)
  view = new DataView(this.bytes.buffer)
  position = 0
  count = 0
  #ends = new Uint32Array(ROWS_MIN * ENDS_PER_ROW)
  #nulls = new Uint8Array(ROWS_MIN)
  #timestamps = new Float64Array(ROWS_MIN)

  /** @param tally counts the rows that are in it, beside those of others. */
  constructor(tally?: RowTally) {
    this.#tally = tally
  }

  /** Makes room for `length` more bytes at `position`; `bytes` and `view` may be others afterwards. */
  reserve(length: number): void {
    if (this.position + length > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.position + length))
      grown.set(this.bytes)
      this.bytes = grown
      this.view = new DataView(grown.buffer)
    }
  }

  /** Ends the key of the row in work. */
  endKey(isNull = false): void {
    if (this.count === this.#nulls.length) this.#growRows()
    this.#nulls[this.count] = isNull ? NULL_KEY : 0
    this.#ends[this.count * ENDS_PER_ROW] = this.position
  }

  /** Ends the value of the row in work. */
  endValue(isNull = false): void {
    if (isNull) this.#nulls[this.count]! |= NULL_VALUE
    this.#ends[this.count * ENDS_PER_ROW + 1] = this.position
  }

  /** Ends the row: what was written since `endValue` are its packed headers. */
  endRecord(timestampMs: number): void {
    this.#ends[this.count * ENDS_PER_ROW + 2] = this.position
    this.#timestamps[this.count] = timestampMs
    if (this.#tally !== undefined) {
      this.#tally.rows += 1
      this.#tally.bytes += this.rowBytes
    }
    this.count += 1
  }

  /** Bytes of the last row's value, which has no headers. */
  get lastValueBytes(): number {
    const row = this.count - 1
    return this.position - (this.#ends[row * ENDS_PER_ROW] ?? 0)
  }

  /** What was written at `position` since the last row ended becomes the end of its value: it has no headers. */
  lengthenValue(): void {
    if (this.#tally !== undefined) this.#tally.bytes += this.rowBytes
    const row = this.count - 1
    this.#ends[row * ENDS_PER_ROW + 1] = this.position
    this.#ends[row * ENDS_PER_ROW + 2] = this.position
  }

  /** Bytes written since the last row ended. */
  get rowBytes(): number {
    return this.position - (this.count === 0 ? 0 : this.#ends[this.count * ENDS_PER_ROW - 1]!)
  }

  /** Takes back what was written since the last row ended: what could not be written to its end. */
  forgetRow(): void {
    this.position = this.count === 0 ? 0 : this.#ends[this.count * ENDS_PER_ROW - 1]!
  }

  /** Copies a whole record in. */
  append(
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs: number,
    headers?: readonly RecordHeader[],
  ): void {
    this.#write(key)
    this.endKey(key === null)
    this.#write(value)
    this.endValue(value === null)
    if (headers !== undefined && headers.length > 0) this.#write(packHeaders(headers))
    this.endRecord(timestampMs)
  }

  /** Forgets all rows and keeps the room, unless that is much. */
  clear(): void {
    if (this.#tally !== undefined) {
      this.#tally.rows -= this.count
      this.#tally.bytes -= this.position - this.rowBytes
    }
    this.position = 0
    this.count = 0
    if (this.bytes.length <= ROOM_BYTES_KEPT) return
    this.bytes = new Uint8Array(ROOM_BYTES_MIN)
    this.view = new DataView(this.bytes.buffer)
  }

  /** The rows as columns that are longer than they are; valid until the builder changes. */
  get columns(): Omit<RecordBatch, 'offsets'> {
    const { count, bytes } = this
    return {
      count,
      bytes,
      ends: this.#ends,
      nulls: this.#nulls,
      timestamps: this.#timestamps,
    }
  }

  /** Bytes that the rows take when they are packed. */
  get packedBytes(): number {
    return packedLength(this.count, this.position)
  }

  /** The rows as one buffer of their own, ready to be stored or transferred; the builder is cleared. */
  pack(): ArrayBuffer {
    const room = new ArrayBuffer(this.packedBytes)
    this.packInto(room)
    return room
  }

  /**
   * Packs the rows into a buffer that has room for `packedBytes`; the builder is cleared.
   * @returns the part of it that they take.
   */
  packInto(room: ArrayBuffer): Uint8Array<ArrayBuffer> {
    const packed = packColumns(this.columns, this.position, room)
    this.clear()
    return packed
  }

  #write(bytes: Uint8Array | null): void {
    if (bytes === null) return
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.position)
    this.position += bytes.length
  }

  #growRows(): void {
    const grow = <T extends Uint8Array | Uint32Array | Float64Array>(from: T, to: T): T => {
      to.set(from)
      return to
    }
    this.#ends = grow(this.#ends, new Uint32Array(this.#ends.length * 2))
    this.#nulls = grow(this.#nulls, new Uint8Array(this.#nulls.length * 2))
    this.#timestamps = grow(this.#timestamps, new Float64Array(this.#timestamps.length * 2))
  }
}
