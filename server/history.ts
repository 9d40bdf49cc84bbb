// The last minutes of an application, a point a second: what progress reports add up to, and differences of
// the metrics. It is bounded, so that a page that is opened late still has something to draw.
import type { MetricFamily } from '../runtime/metrics/snapshot.ts'
import type { QueryProgress } from '../runtime/progress.ts'
import { markersOf } from './markers.ts'
import { quantilesOf } from './quantiles.ts'
import { sumOf, sumsBy } from './families.ts'
import type { HistoryPoint } from './wire.ts'

const OPERATOR_RECORDS = 'kafka_stream_processor_node_process_total'

/** A quarter of an hour. */
export const POINTS_MAX = 900

/** The fields of a progress report that are added up. */
export type ReportOfHistory = Pick<
  QueryProgress,
  'batchDuration' | 'numInputRows' | 'durationMs' | 'eventTime' | 'sink'
>

interface Sums {
  batches: number
  inputRows: number
  outputRows: number
  batchMs: number
  operationMs: Record<string, number>
}

export class History {
  /** The oldest first. */
  readonly points: HistoryPoint[] = []
  readonly #watchers = new Set<(point: HistoryPoint) => void>()
  #sums = nothing()
  #watermarkMs: number | null = null
  #before: readonly MetricFamily[] = []
  readonly #sinksOf: () => ReadonlySet<string>
  #sinks: ReadonlySet<string> | undefined
  #lastMs: number
  #seq = 0

  /** `sinksOf` answers the names of the sinks, whose latency is told; it is called once, when needed. */
  constructor(sinksOf: () => ReadonlySet<string>, nowMs: number) {
    this.#sinksOf = sinksOf
    this.#lastMs = nowMs
  }

  /** Takes a progress report. */
  add({ batchDuration, numInputRows, durationMs, eventTime, sink }: ReportOfHistory): void {
    const sums = this.#sums
    sums.batches += 1
    sums.inputRows += numInputRows
    sums.outputRows += sink.numOutputRows
    sums.batchMs += batchDuration
    const operations: Readonly<Record<string, number>> = { ...durationMs }
    for (const [operation, ms] of Object.entries(operations)) {
      if (operation === 'triggerExecution') continue
      sums.operationMs[operation] = (sums.operationMs[operation] ?? 0) + ms
    }
    if (eventTime !== undefined) this.#watermarkMs = Date.parse(eventTime.watermark)
  }

  /** Ends a second: makes a point of what came since the last one, and tells who watches. */
  tick(families: readonly MetricFamily[], nowMs: number): HistoryPoint {
    const before = this.#before
    this.#sinks ??= this.#sinksOf()
    const point: HistoryPoint = {
      seq: this.#seq,
      timeMs: nowMs,
      spanMs: Math.max(nowMs - this.#lastMs, 1),
      ...this.#sums,
      watermarkMs: this.#watermarkMs,
      processedRows: total(moved(before, families, 'kafka_stream_task_process_total', 'task_id')),
      lag: sumOf(families, 'kafka_consumer_records_lag') ?? null,
      drops: moved(before, families, 'kafka_stream_task_dropped_records_total', 'reason'),
      latencySeconds: quantilesOf(before, families, this.#sinks),
      consumed: moved(before, families, 'kafka_stream_topic_records_consumed_total', 'topic'),
      produced: moved(before, families, 'kafka_stream_topic_records_produced_total', 'topic'),
      operators: moved(before, families, OPERATOR_RECORDS, 'processor_node_id'),
      markers: markersOf(before, families, this.#seq === 0),
    }
    this.#seq += 1
    this.#sums = nothing()
    this.#before = families
    this.#lastMs = nowMs
    this.points.push(point)
    if (this.points.length > POINTS_MAX) this.points.shift()
    for (const watch of this.#watchers) watch(point)
    return point
  }

  /** Has a function called with each point from now on. @returns what ends that. */
  watch(watch: (point: HistoryPoint) => void): () => void {
    this.#watchers.add(watch)
    return () => this.#watchers.delete(watch)
  }
}

function nothing(): Sums {
  return { batches: 0, inputRows: 0, outputRows: 0, batchMs: 0, operationMs: {} }
}

/** By how much a counter rose, by a label; only what did. */
function moved(
  before: readonly MetricFamily[],
  now: readonly MetricFamily[],
  name: Parameters<typeof sumsBy>[1],
  label: string,
): Record<string, number> {
  const then = sumsBy(before, name, label)
  const rises = [...sumsBy(now, name, label)].map(
    ([key, value]) => [key, value - (then.get(key) ?? 0)] as const,
  )
  return Object.fromEntries(rises.filter(([, rise]) => rise > 0))
}

function total(byKey: Readonly<Record<string, number>>): number {
  return Object.values(byKey).reduce((sum, value) => sum + value, 0)
}
