// A packed batch of records: the one shape in which records lie in a log, cross threads and wait to
// be produced. Keys, values and headers are bytes back to back; everything else is a column.
import { packHeaders, unpackHeaders, type RecordHeader } from './record-headers.ts'

/** Bit of `nulls` that says a row has no key. */
export const NULL_KEY = 1
/** Bit of `nulls` that says a row has no value (a tombstone). */
export const NULL_VALUE = 2

const VERSION = 1
const HEADER_BYTES = 32
const ENDS_PER_ROW = 3
/** Room that a builder begins with: there is one for each partition that is written to. */
const ROWS_MIN = 16

/**
 * Records of one partition as columns. Row `i` has its key in `bytes` from `start(i)` to `ends[3i]`,
 * its value up to `ends[3i + 1]` and its packed headers up to `ends[3i + 2]`.
 */
export interface RecordBatch {
  readonly count: number
  readonly bytes: Uint8Array
  readonly ends: Uint32Array
  /** Per row, `NULL_KEY` and `NULL_VALUE`: a null is not an empty span. */
  readonly nulls: Uint8Array
  /** Epoch milliseconds. */
  readonly timestamps: Float64Array
  /** Ascending, with gaps where a broker keeps control records. */
  readonly offsets: Float64Array
}

/** Where row `row` starts in `batch.bytes`: its key begins there. */
export function rowStart(batch: Pick<RecordBatch, 'ends'>, row: number): number {
  return row === 0 ? 0 : (batch.ends[row * ENDS_PER_ROW - 1] ?? 0)
}

/** Bytes of the keys, values and headers of the rows from one to another, that one left out. */
export function bytesBetween(batch: Pick<RecordBatch, 'ends'>, row: number, until: number): number {
  return rowStart(batch, until) - rowStart(batch, row)
}

/** The key's bytes of a row, or null. The result is a view that lives as long as the batch. */
export function keyOf(batch: RecordBatch, row: number): Uint8Array | null {
  if ((batch.nulls[row] ?? 0) & NULL_KEY) return null
  return batch.bytes.subarray(rowStart(batch, row), batch.ends[row * ENDS_PER_ROW])
}

/** The value's bytes of a row, or null for a tombstone. The result is a view. */
export function valueOf(batch: RecordBatch, row: number): Uint8Array | null {
  if ((batch.nulls[row] ?? 0) & NULL_VALUE) return null
  return batch.bytes.subarray(batch.ends[row * ENDS_PER_ROW], batch.ends[row * ENDS_PER_ROW + 1])
}

/** The headers of a row, in order. */
export function headersOf(batch: RecordBatch, row: number): RecordHeader[] {
  const from = batch.ends[row * ENDS_PER_ROW + 1] ?? 0
  return unpackHeaders(batch.bytes.subarray(from, batch.ends[row * ENDS_PER_ROW + 2]))
}

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
    return layoutOf(this.count, this.position, false).length
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
    const { count } = this
    const layout = layoutOf(count, this.position, false)
    writeHeader(room, count, this.position, 0, false)
    new Float64Array(room, layout.timestamps, count).set(this.#timestamps.subarray(0, count))
    new Uint32Array(room, layout.ends, count * ENDS_PER_ROW).set(
      this.#ends.subarray(0, count * ENDS_PER_ROW),
    )
    new Uint8Array(room, layout.nulls, count).set(this.#nulls.subarray(0, count))
    new Uint8Array(room, layout.bytes, this.position).set(this.bytes.subarray(0, this.position))
    this.clear()
    return new Uint8Array(room, 0, layout.length)
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

interface Layout {
  readonly timestamps: number
  readonly offsets: number
  readonly ends: number
  readonly nulls: number
  readonly bytes: number
  readonly length: number
}

function layoutOf(count: number, bytesLength: number, sparseOffsets: boolean): Layout {
  const timestamps = HEADER_BYTES
  const offsets = timestamps + 8 * count
  const ends = offsets + (sparseOffsets ? 8 * count : 0)
  const nulls = ends + 4 * ENDS_PER_ROW * count
  const bytes = nulls + count
  return { timestamps, offsets, ends, nulls, bytes, length: bytes + bytesLength }
}

function writeHeader(
  buffer: ArrayBuffer,
  count: number,
  bytesLength: number,
  baseOffset: number,
  sparse: boolean,
): void {
  const header = new DataView(buffer)
  header.setUint32(0, VERSION, true)
  header.setUint32(4, count, true)
  header.setUint32(8, bytesLength, true)
  header.setUint32(12, sparse ? 1 : 0, true)
  header.setFloat64(16, baseOffset, true)
}

/** Writes the offset of a packed batch's first row into it; the others follow without gaps. */
export function setBaseOffset(packed: ArrayBuffer | Uint8Array, baseOffset: number): void {
  viewOf(packed).setFloat64(16, baseOffset, true)
}

/** How many rows a packed batch holds, without unpacking it. */
export function countOf(packed: ArrayBuffer | Uint8Array): number {
  return viewOf(packed).getUint32(4, true)
}

function viewOf(packed: ArrayBuffer | Uint8Array): DataView {
  return packed instanceof ArrayBuffer
    ? new DataView(packed)
    : new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
}

/**
 * Packs columns read from a broker, with their offsets, so that they can be moved to another thread.
 * `offsets` ascend; where they have no gaps only the first is kept.
 */
export function packWithOffsets(rows: RecordBatchBuilder, offsets: ArrayLike<number>): ArrayBuffer {
  const count = rows.count
  const first = offsets[0] ?? 0
  const dense = (offsets[count - 1] ?? first) - first === count - 1
  const packed = rows.pack()
  if (dense) {
    setBaseOffset(packed, first)
    return packed
  }
  const plain = layoutOf(count, 0, false)
  const sparse = layoutOf(count, packed.byteLength - plain.bytes, true)
  const buffer = new ArrayBuffer(sparse.length)
  const target = new Uint8Array(buffer)
  target.set(new Uint8Array(packed, 0, plain.offsets))
  target.set(new Uint8Array(packed, plain.ends), sparse.ends)
  writeHeader(buffer, count, packed.byteLength - plain.bytes, first, true)
  const column = new Float64Array(buffer, sparse.offsets, count)
  for (let i = 0; i < count; i++) column[i] = offsets[i] ?? 0
  return buffer
}

/**
 * Reads a packed batch. The columns are views where alignment allows, so the batch lives as long as
 * `packed` is left alone, and `offsetsRoom` where the offsets find room in it.
 * @throws Error when the bytes are not a packed batch of a known version.
 */
export function unpack(
  packed: ArrayBuffer | Uint8Array,
  offsetsRoom?: Float64Array<ArrayBuffer>,
): RecordBatch {
  const view = viewOf(packed)
  if (view.byteLength < HEADER_BYTES || view.getUint32(0, true) !== VERSION) {
    throw new Error('not a packed record batch of a known version')
  }
  const count = view.getUint32(4, true)
  const bytesLength = view.getUint32(8, true)
  const sparse = view.getUint32(12, true) === 1
  const baseOffset = view.getFloat64(16, true)
  const layout = layoutOf(count, bytesLength, sparse)
  if (layout.length !== view.byteLength) throw new Error('a packed record batch is cut short')
  const aligned = view.byteOffset % 8 === 0
  const buffer = aligned
    ? view.buffer
    : view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength)
  const at = aligned ? view.byteOffset : 0
  let offsets: Float64Array
  if (sparse) {
    offsets = new Float64Array(buffer, at + layout.offsets, count)
  } else {
    const hasRoom = offsetsRoom !== undefined && offsetsRoom.length >= count
    offsets = hasRoom ? offsetsRoom.subarray(0, count) : new Float64Array(count)
    for (let i = 0; i < count; i++) offsets[i] = baseOffset + i
  }
  return {
    count,
    bytes: new Uint8Array(buffer, at + layout.bytes, bytesLength),
    ends: new Uint32Array(buffer, at + layout.ends, count * ENDS_PER_ROW),
    nulls: new Uint8Array(buffer, at + layout.nulls, count),
    timestamps: new Float64Array(buffer, at + layout.timestamps, count),
    offsets,
  }
}

/** A batch without rows. */
export const NO_ROWS: RecordBatch = unpack(new RecordBatchBuilder().pack())
