// The progress report: one a commit, with the fields and the key order of Spark's
// StreamingQueryProgress. Its figures are differences of the metrics, so report and board agree.
import type { CommitResult } from './committer.ts'
import { MetricRises } from './metric-rises.ts'
import type { MetricSlab } from './metrics/slab.ts'
import { collectMetric } from './metrics/snapshot.ts'
import type { Plan } from './plan.ts'
import { DurationTeller, type ProgressDurations } from './progress-durations.ts'
import { behindLatest, latestOffsetOf } from './source-progress.ts'
import { statesOf, type StateOperatorProgress } from './state-progress.ts'
import { Unmatched } from './unmatched.ts'

/** Offsets by topic and partition; the next to be read. */
export type SourceOffsets = Readonly<Record<string, Readonly<Record<string, number>>>>

/** Rows of one source of a query. */
export interface SourceProgress {
  readonly description: string
  /** Null before the first commit. */
  readonly startOffset: SourceOffsets | null
  readonly endOffset: SourceOffsets
  /** Where the topics end, as far as it is known; null before that. */
  readonly latestOffset: SourceOffsets | null
  readonly numInputRows: number
  readonly inputRowsPerSecond: number
  readonly processedRowsPerSecond: number
  /** Whole numbers as text, as Spark writes them; empty where `latestOffset` is not known. */
  readonly metrics: Readonly<
    Partial<
      Record<'minOffsetsBehindLatest' | 'maxOffsetsBehindLatest' | 'avgOffsetsBehindLatest', string>
    >
  >
}

/** What one commit interval did. Rates are rows a second, durations milliseconds. */
export interface QueryProgress {
  /** Stays the same from run to run. */
  readonly id: string
  readonly runId: string
  readonly name: string
  readonly timestamp: string
  readonly batchId: number
  readonly batchDuration: number
  /** Those between the offsets of `sources`. */
  readonly numInputRows: number
  readonly inputRowsPerSecond: number
  /** By the time that was spent on them, waiting left out: with no more than comes in there is no reserve. */
  readonly processedRowsPerSecond: number
  readonly durationMs: ProgressDurations
  /**
   * Left out before the first record. `watermark` is the lowest stream time of all tasks; the others are of
   * the rows that the interval has run, and left out where it ran none.
   */
  readonly eventTime?: {
    readonly avg?: string
    readonly max?: string
    readonly min?: string
    readonly watermark: string
  }
  readonly stateOperators: readonly StateOperatorProgress[]
  readonly sources: readonly SourceProgress[]
  readonly sink: { readonly description: string; readonly numOutputRows: number }
  /** Joins that found no row since the start of the run, per join and key. */
  readonly observedMetrics?: Readonly<Record<string, Readonly<Record<string, number>>>>
}

export interface ReporterOptions {
  readonly name: string
  readonly runId: string
  readonly plan: Plan
  readonly onProgress: ((progress: QueryProgress) => void) | undefined
}

/** An idle application reports this often (Spark's noDataProgressEventInterval). */
const IDLE_REPORT_MS = 10_000
/** Reports that are kept (Spark's numRecentProgressUpdates). */
const RECENT_MAX = 100

export class ProgressReporter {
  /** The last reports, the oldest first. */
  readonly recent: QueryProgress[] = []
  #options: ReporterOptions
  readonly #unmatched = new Unmatched()
  readonly #rises = new MetricRises()
  readonly #durations = new DurationTeller()
  #batchId = 0
  #offsets: SourceProgress['startOffset'] = null
  #lastMs = Date.now()
  #lastReportMs = 0

  constructor(options: ReporterOptions) {
    this.#options = options
  }

  /** Goes on with another plan, and with metrics that begin anew. */
  layOut(plan: Plan): void {
    this.#options = { ...this.#options, plan }
    this.#rises.clear()
    this.#durations.clear()
  }

  /** Takes the result of a commit. */
  committed(result: CommitResult, slabs: readonly MetricSlab[]): void {
    for (const [node, key, count] of result.unmatched) this.#unmatched.add(node, key, count)
    const nowMs = Date.now()
    const progress = this.#progress(result, slabs, nowMs)
    const isIdle = progress.numInputRows === 0 && progress.sink.numOutputRows === 0
    this.#lastMs = nowMs
    if (isIdle && nowMs - this.#lastReportMs < IDLE_REPORT_MS) return
    this.#record(progress, slabs[0]!)
    if (!isIdle) this.#batchId += 1
    this.#rises.settle()
    this.#offsets = progress.sources[0]?.endOffset ?? null
    this.#lastReportMs = nowMs
    this.recent.push(progress)
    if (this.recent.length > RECENT_MAX) this.recent.shift()
    this.#options.onProgress?.(progress)
  }

  #progress(result: CommitResult, slabs: readonly MetricSlab[], nowMs: number): QueryProgress {
    const { name, runId, plan } = this.#options
    const isResult = (topic = ''): boolean => !plan.repartitionTopics.includes(topic)
    const produced = 'kafka_stream_topic_records_produced_total'
    const numOutputRows = this.#rises.of(slabs, produced, ({ topic }) => isResult(topic))
    const intervalMs = Math.max(nowMs - this.#lastMs, 1)
    const durationMs = this.#durations.of(result, slabs, Math.round(intervalMs))
    const rows = {
      numInputRows: result.rows,
      inputRowsPerSecond: perSecond(result.rows, intervalMs),
      processedRowsPerSecond: perSecond(result.rows, workMsOf(durationMs)),
    }
    const endOffset = offsetsOf(result, plan, this.#offsets)
    const lags = collectMetric(slabs, 'kafka_consumer_records_lag')
    const watermarkMs = watermarkOf(slabs)
    const unmatched = this.#unmatched.list()
    return {
      id: plan.applicationId,
      runId,
      name,
      timestamp: new Date(nowMs - intervalMs).toISOString(),
      batchId: this.#batchId,
      batchDuration: Math.round(intervalMs),
      ...rows,
      durationMs,
      ...(watermarkMs === undefined
        ? {}
        : { eventTime: eventTimeOf(result.eventTimes, watermarkMs) }),
      stateOperators: statesOf(slabs, this.#rises, plan),
      sources: [
        {
          description: `Millrace[${plan.sourceTopics.join(', ')}]`,
          startOffset: this.#offsets,
          endOffset,
          latestOffset: latestOffsetOf(endOffset, lags),
          ...rows,
          metrics: behindLatest(endOffset, lags),
        },
      ],
      sink: { description: name, numOutputRows },
      ...(unmatched.length === 0 ? {} : { observedMetrics: observedOf(unmatched) }),
    }
  }

  /** The same figures as metrics of the query. */
  #record(progress: QueryProgress, slab: MetricSlab): void {
    slab.gauge('kafka_stream_query_batch_id').set(progress.batchId)
    slab
      .histogram('kafka_stream_query_batch_duration_seconds')
      .observe(progress.batchDuration / 1_000)
    slab.counter('kafka_stream_query_input_rows_total').add(progress.numInputRows)
    slab.counter('kafka_stream_query_output_rows_total').add(progress.sink.numOutputRows)
    const updated = progress.stateOperators.reduce(
      (sum, { numRowsUpdated }) => sum + numRowsUpdated,
      0,
    )
    slab.counter('kafka_stream_query_state_rows_updated_total').add(updated)
    for (const operation of ['getBatch', 'addBatch', 'walCommit', 'commitOffsets'] as const) {
      slab
        .counter('kafka_stream_query_operation_seconds_total', { operation })
        .add(progress.durationMs[operation] / 1_000)
    }
    if (progress.eventTime === undefined) return
    slab
      .gauge('kafka_stream_query_watermark_timestamp_seconds')
      .set(Date.parse(progress.eventTime.watermark) / 1_000)
  }
}

function eventTimeOf(
  span: CommitResult['eventTimes'],
  watermarkMs: number,
): NonNullable<QueryProgress['eventTime']> {
  const watermark = isoOf(watermarkMs)
  if (span === undefined) return { watermark }
  const { avgMs, maxMs, minMs } = span
  return { avg: isoOf(Math.round(avgMs)), max: isoOf(maxMs), min: isoOf(minMs), watermark }
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString()
}

/** The lowest stream time of the tasks that have one, epoch ms. */
function watermarkOf(slabs: readonly MetricSlab[]): number | undefined {
  const times = collectMetric(slabs, 'kafka_stream_task_stream_time_seconds')
  const seconds = times.map(({ value }) => value).filter((value) => value >= 0)
  return seconds.length === 0 ? undefined : Math.min(...seconds) * 1_000
}

/** What was spent on the rows of an interval, ms. */
function workMsOf({ addBatch, commitOffsets, getBatch, walCommit }: ProgressDurations): number {
  return Math.max(addBatch + commitOffsets + getBatch + walCommit, 1)
}

function perSecond(rows: number, ms: number): number {
  return Math.round((rows * 10_000) / ms) / 10
}

/** Where the sources stand: a commit tells only of partitions that moved. */
function offsetsOf(
  { positions }: CommitResult,
  plan: Plan,
  before: SourceProgress['startOffset'],
): SourceProgress['endOffset'] {
  const offsets: Record<string, Record<string, number>> = {}
  for (const [topic, ofTopic] of Object.entries(before ?? {})) offsets[topic] = { ...ofTopic }
  for (const { topic, partition, offset } of positions) {
    if (!plan.sourceTopics.includes(topic)) continue
    const ofTopic = (offsets[topic] ??= {})
    ofTopic[partition] = offset
  }
  return offsets
}

function observedOf(
  unmatched: readonly (readonly [string, string, number])[],
): Record<string, Record<string, number>> {
  const observed: Record<string, Record<string, number>> = {}
  for (const [node, key, count] of unmatched) {
    observed[node] = { ...observed[node], [key]: count }
  }
  return observed
}
