// Batches of records packed into one buffer: how they lie in a log and cross threads.
import { ENDS_PER_ROW, type RecordBatch } from './record-batch.ts'

const VERSION = 1
const HEADER_BYTES = 32

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

/** Bytes that so many rows take, of which keys, values and headers are so many. */
export function packedLength(count: number, bytesLength: number): number {
  return layoutOf(count, bytesLength, false).length
}

/**
 * Packs columns into a buffer that has room for them.
 * @param bytesLength how many bytes of keys, values and headers the rows have.
 * @returns the part of the buffer that they take.
 */
export function packColumns(
  { count, timestamps, ends, nulls, bytes }: Omit<RecordBatch, 'offsets'>,
  bytesLength: number,
  room: ArrayBuffer,
): Uint8Array<ArrayBuffer> {
  const layout = layoutOf(count, bytesLength, false)
  writeHeader(room, count, bytesLength, 0, false)
  new Float64Array(room, layout.timestamps, count).set(timestamps.subarray(0, count))
  const rowEnds = count * ENDS_PER_ROW
  new Uint32Array(room, layout.ends, rowEnds).set(ends.subarray(0, rowEnds))
  new Uint8Array(room, layout.nulls, count).set(nulls.subarray(0, count))
  new Uint8Array(room, layout.bytes, bytesLength).set(bytes.subarray(0, bytesLength))
  return new Uint8Array(room, 0, layout.length)
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
 * Gives packed rows the offsets that a broker keeps them at: `offsets` ascend, and where they have no gaps only the
 * first is kept.
 * @returns the rows, in another buffer where there are gaps.
 */
export function withOffsets(packed: ArrayBuffer, offsets: ArrayLike<number>): ArrayBuffer {
  const count = countOf(packed)
  const first = offsets[0] ?? 0
  const dense = (offsets[count - 1] ?? first) - first === count - 1
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
