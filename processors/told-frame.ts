// What the tasks of a thread tell of event time together, as a record of a repartition topic: which tasks, and the
// lowest time of all. It is read as a frame without rows.
import type { RecordBatchBuilder } from '../broker/record-batch-builder.ts'
import type { Frame, FrameTimes } from './frame.ts'

/** Goes on from the versions of frames with rows, see `frame.ts`. */
const VERSION = 4
const HEADER_BYTES = 32
const EMPTY = { ends: new Uint32Array(0), times: new Float64Array(0), bytes: new Uint8Array(0) }

/** Numbers as a bit each. */
export function bitsOf(numbers: readonly number[]): Uint8Array {
  const bits = new Uint8Array((Math.max(-1, ...numbers) >> 3) + 1)
  for (const number of numbers) bits[number >> 3]! |= 1 << (number & 7)
  return bits
}

/** The numbers whose bits are set, rising. */
export function numbersIn(bits: Uint8Array): number[] {
  const numbers: number[] = []
  for (let i = 0; i < bits.length; i++) {
    for (let bit = 0; bit < 8; bit++) if ((bits[i]! >> bit) & 1) numbers.push(i * 8 + bit)
  }
  return numbers
}

/** The bits read last, and their numbers: a thread tells all partitions of the same writers. */
let lastBits = new Uint8Array(0)
let lastNumbers: readonly number[] = []

/** As `numbersIn`; one list for those that are the same, of a thousand partitions. */
function sharedNumbersIn(bits: Uint8Array): readonly number[] {
  if (Buffer.compare(bits, lastBits) === 0) return lastNumbers
  lastBits = bits.slice()
  lastNumbers = numbersIn(bits)
  return lastNumbers
}

/** Writes the value of the row in work. */
export function writeToldFrame(
  rows: RecordBatchBuilder,
  writers: readonly number[],
  { streamTimeMs, vouchedMs, sentAtMs }: FrameTimes,
): void {
  const bits = bitsOf(writers)
  rows.reserve(HEADER_BYTES + bits.length)
  const { view, bytes, position } = rows
  bytes.fill(0, position, position + HEADER_BYTES)
  view.setUint8(position, VERSION)
  view.setFloat64(position + 8, streamTimeMs, true)
  view.setFloat64(position + 16, vouchedMs, true)
  view.setFloat64(position + 24, sentAtMs, true)
  bytes.set(bits, position + HEADER_BYTES)
  rows.position += HEADER_BYTES + bits.length
}

/** Whether the bytes are what tasks have told together. */
export function isToldFrame(bytes: Uint8Array, start: number): boolean {
  return bytes[start] === VERSION
}

/** Reads it. @throws Error when the bytes are cut short. */
export function readToldFrame(bytes: Uint8Array, start: number, end: number): Frame {
  const writers = sharedNumbersIn(bytes.subarray(start + HEADER_BYTES, end))
  if (writers.length === 0) throw new Error('the times in the repartition frame are cut short')
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, HEADER_BYTES)
  const times = {
    streamTimeMs: view.getFloat64(8, true),
    vouchedMs: view.getFloat64(16, true),
    sentAtMs: view.getFloat64(24, true),
  }
  return {
    writer: writers[0]!,
    ...times,
    rowCount: 0,
    keyEnds: EMPTY.ends,
    keysStart: 0,
    bytes: EMPTY.bytes,
    keyOf: EMPTY.ends,
    timestamps: EMPTY.times,
    valueEnds: undefined,
    valuesStart: 0,
    headerEnds: undefined,
    headersStart: 0,
    told: [],
    together: writers,
  }
}
