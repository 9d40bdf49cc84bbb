// A part of a batch, for a reader that begins in the middle of one.
import { rowStart, type RecordBatch } from '../record-batch.ts'

/** The rows of a batch from `row` on; bytes and most columns are views. */
export function fromRow(batch: RecordBatch, row: number): RecordBatch {
  if (row === 0) return batch
  const from = rowStart(batch, row)
  return {
    count: batch.count - row,
    bytes: batch.bytes.subarray(from),
    ends: batch.ends.subarray(3 * row).map((end) => end - from),
    nulls: batch.nulls.subarray(row),
    timestamps: batch.timestamps.subarray(row),
    offsets: batch.offsets.subarray(row),
  }
}
