// How rows lie in a repartition topic on their way through it: what the two formats have in common. The
// repartition writer decides where a row goes, one of them how it is written.
import type { FrameTimes } from './frame.ts'

/** Rows packed in frames, or a record for each, which others can read, too: `repartition.format`. */
export type RepartitionFormat = 'frames' | 'records'

/** Instead of the id of a key, for a key that is null. */
export const NO_ID = -1

/** A flush ends the rows before there are so many bytes: a frame is one record, and brokers refuse a megabyte. */
export const CUT_BYTES_MAX = 524_288

/** How far back the time of a record without rows, or of a frame, may lie: brokers delete by it. */
const UNDER_WAY_MS_MAX = 3_600_000

/** Rows for the partitions of one repartition topic. */
export interface CutRows {
  /** An id stands for another key than before, or its key goes to another partition. */
  learn(id: number): void
  /** Whether the rows of a partition are to be ended before a row with this key is added. */
  isFull(partition: number, id: number): boolean
  /**
   * Adds a row with the record in work's headers. One that cannot be written, or is too large for a record, goes
   * the way of the node's policy.
   * @param id of the key, `NO_ID` for null.
   * @returns false where it has no room beside the rows before it: those are to be ended first.
   * @throws ProcessingError where the policy is to fail.
   */
  add(partition: number, id: number, timestampMs: number, value: unknown): boolean
  /** Whether rows were added since the last end. */
  hasRows(partition: number): boolean
  /** Hands the rows over, if there are any, and tells the times behind them. */
  end(partition: number, times: FrameTimes): void
  /** Tells a partition that all these writers have come to these times. */
  tellTogether(partition: number, writers: readonly number[], times: FrameTimes): void
}

/** What tells how long rows have been under way, and by what the broker takes their age; epoch ms. */
export function sentMs({ oldestMs, nowMs }: { readonly oldestMs: number; readonly nowMs: number }) {
  // Records of a source may bear their event time, which may be years ago: brokers would delete at once.
  return oldestMs === Infinity ? nowMs : Math.max(oldestMs, nowMs - UNDER_WAY_MS_MAX)
}

/** The same numbers with as much room again. */
export function doubled(from: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const to = new Int32Array(from.length * 2)
  to.set(from)
  return to
}
