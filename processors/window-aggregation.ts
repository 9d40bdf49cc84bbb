// What aggregates over sliding windows and sessions share: the user's functions, where results go, and
// why records end here.
import type { EmitStrategy } from '../topology/node.ts'
import type { TablePlan } from '../topology/table-plan.ts'
import type { DropReason, StreamRecord } from './processor.ts'

/** The user's functions of a windowed aggregate, erased; null stands for no aggregate. */
export interface WindowAggregation {
  /** The aggregate of nothing. */
  readonly initialize: () => unknown
  /** Adds a record; null deletes the aggregate. */
  readonly add: (aggregate: unknown, record: StreamRecord) => unknown
}

/** Takes the changes of a windowed aggregate; null as the new value deletes, null as the old one says there was none. */
export type WindowedForward = (
  key: unknown,
  startMs: number,
  endMs: number,
  value: unknown,
  oldValue: unknown,
  timestampMs: number,
) => void

/** The stream time of an operator, epoch ms, -1 before the first record. It is saved with the task. */
export interface ObservedTime {
  readonly nowMs: number
  /** Takes a record into account. @returns the time with it. */
  advance(timestampMs: number): number
}

/** What a windowed aggregate stands in. */
export interface WindowedSurroundings {
  readonly time: ObservedTime
  /** Whether somebody behind it needs to know what was there before a change. */
  readonly sendsOldValues: boolean
  /** See `finalStaysMs`. */
  readonly finalStaysMs: number
  readonly aggregation: WindowAggregation
  readonly emit: EmitStrategy
  readonly forward: WindowedForward
  readonly drop: (reason: DropReason) => void
}

/** What a segment of Kafka's stores on disk holds at least, ms: nothing is given up before. */
const SEGMENT_MS = 60_000

/**
 * How much longer than their retention windows stay whose final results are looked up, ms. The answers of a join
 * by a foreign key come when stream time has gone on, and other tables change after a window has closed. Kafka
 * Streams finds what lies in segments of its stores that it has not given up.
 */
export function finalStaysMs(
  emit: EmitStrategy,
  { isLookedUp }: Pick<TablePlan, 'isLookedUp'>,
  retentionMs: number,
): number {
  const isFinal = emit === 'on-window-close' && isLookedUp
  return isFinal ? Math.max(retentionMs / 2, SEGMENT_MS) : 0
}

/** Functions of a reduce: the first value is taken as it is. */
export function reducing(
  reduce: (aggregate: unknown, record: StreamRecord) => unknown,
): WindowAggregation {
  return {
    initialize: () => null,
    add: (aggregate, record) => (aggregate === null ? record.value : reduce(aggregate, record)),
  }
}
