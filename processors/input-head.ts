// What a task's inputs have in common, whether they read a topic of records or one of frames: batches go
// in, rows are run in their order, no further in event time than is asked for.
import type { RecordBatch } from '../broker/record-batch.ts'

/** The head of one input of a task. */
export interface InputHead {
  /** Whether all rows of the last batch were run. */
  readonly isEmpty: boolean
  /** Records of the last batch that were not run yet. */
  readonly waiting: number
  /** Bytes of their keys, values and headers. */
  readonly waitingBytes: number
  /** Offset of the next record to run, undefined between batches. */
  readonly nextOffset: number | undefined
  /** Event time of the next row, undefined between batches. */
  readonly nextTimestampMs: number | undefined
  /** Takes a batch, its records from offset `stopAt` on left out; the one before must have been run. */
  begin(batch: RecordBatch, stopAt: number): void
  /**
   * Runs rows, at most `rowsMax`, until the batch ends or one lies after `limitMs` in event time.
   * @returns how many were run.
   * @throws ProcessingError naming topic, partition and offset.
   */
  run(limitMs: number, rowsMax?: number): number
}
