// Records as columns: the one shape in which they lie in a log, cross threads and wait to be produced. Keys, values
// and headers are bytes back to back; everything else is a column.
import { unpackHeaders, type RecordHeader } from './record-headers.ts'

/** Bit of `nulls` that says a row has no key. */
export const NULL_KEY = 1
/** Bit of `nulls` that says a row has no value (a tombstone). */
export const NULL_VALUE = 2
/** Of key, value and headers. */
export const ENDS_PER_ROW = 3

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

/** A batch without rows. */
export const NO_ROWS: RecordBatch = {
  count: 0,
  bytes: new Uint8Array(0),
  ends: new Uint32Array(0),
  nulls: new Uint8Array(0),
  timestamps: new Float64Array(0),
  offsets: new Float64Array(0),
}
