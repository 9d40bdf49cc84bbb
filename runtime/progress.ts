// The progress report: one a commit, with the fields and the key order of Spark's
// StreamingQueryProgress. Its figures are differences of the metrics, so report and board agree.
import type { CommitResult } from './committer.ts'
import type { MetricSlab } from './metrics/slab.ts'
import { collectMetrics, type MetricFamily } from './metrics/snapshot.ts'
import type { Plan } from './plan.ts'
import { behindLatest, latestOffsetOf } from './source-progress.ts'
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

/** A store, over all its tasks. */
export interface StateOperatorProgress {
  readonly operatorName: string
  readonly numRowsTotal: number
  /** Saved by the commit. */
  readonly numRowsUpdated: number
  readonly memoryUsedBytes: number
  /** How many tasks have a part of the store, here or elsewhere. */
  readonly numShufflePartitions: number
  /** How many of them are open here. */
  readonly numStateStoreInstances: number
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
  readonly numInputRows: number
  readonly inputRowsPerSecond: number
  readonly processedRowsPerSecond: number
  readonly durationMs: Readonly<Record<string, number>>
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
  #batchId = 0
  readonly #updatedRows = new Map<string, number>()
  #inputRows = 0
  #outputRows = 0
  #offsets: SourceProgress['startOffset'] = null
  #lastMs = Date.now()
  #lastReportMs = 0

  constructor(options: ReporterOptions) {
    this.#options = options
  }

  /** Goes on with another plan, and with metrics that begin anew. */
  layOut(plan: Plan): void {
    this.#options = { ...this.#options, plan }
    this.#inputRows = 0
    this.#outputRows = 0
    this.#updatedRows.clear()
  }

  /** Takes the result of a commit. */
  committed(result: CommitResult, slabs: readonly MetricSlab[]): void {
    for (const [node, key, count] of result.unmatched) this.#unmatched.add(node, key, count)
    const nowMs = Date.now()
    const families = collectMetrics(slabs)
    const progress = this.#progress(result, families, nowMs)
    const isIdle = progress.numInputRows === 0 && progress.sink.numOutputRows === 0
    this.#lastMs = nowMs
    if (isIdle && nowMs - this.#lastReportMs < IDLE_REPORT_MS) return
    this.#record(progress, slabs[0]!)
    if (!isIdle) this.#batchId += 1
    this.#inputRows += progress.numInputRows
    this.#outputRows += progress.sink.numOutputRows
    for (const { operatorName, numRowsUpdated } of progress.stateOperators) {
      const before = this.#updatedRows.get(operatorName) ?? 0
      this.#updatedRows.set(operatorName, before + numRowsUpdated)
    }
    this.#offsets = progress.sources[0]?.endOffset ?? null
    this.#lastReportMs = nowMs
    this.recent.push(progress)
    if (this.recent.length > RECENT_MAX) this.recent.shift()
    this.#options.onProgress?.(progress)
  }

  #progress(result: CommitResult, families: readonly MetricFamily[], nowMs: number): QueryProgress {
    const { name, runId, plan } = this.#options
    const consumed = totalOf(families, 'kafka_stream_topic_records_consumed_total', ({ topic }) =>
      plan.sourceTopics.includes(topic ?? ''),
    )
    const produced = totalOf(
      families,
      'kafka_stream_topic_records_produced_total',
      ({ topic }) => !plan.repartitionTopics.includes(topic ?? ''),
    )
    const numInputRows = consumed - this.#inputRows
    const intervalMs = Math.max(nowMs - this.#lastMs, 1)
    const perSecond = (numInputRows * 1_000) / intervalMs
    // A commit tells only of partitions that moved.
    const endOffset = { ...this.#offsets, ...offsetsOf(result, plan, this.#offsets) }
    const watermarkMs = watermarkOf(families)
    const unmatched = this.#unmatched.list()
    return {
      id: plan.applicationId,
      runId,
      name,
      timestamp: new Date(nowMs - intervalMs).toISOString(),
      batchId: this.#batchId,
      batchDuration: Math.round(intervalMs),
      numInputRows,
      inputRowsPerSecond: round(perSecond),
      processedRowsPerSecond: round(perSecond),
      durationMs: durationsOf(result, Math.round(intervalMs)),
      ...(watermarkMs === undefined
        ? {}
        : { eventTime: { ...spanOf(result.eventTimes), watermark: isoOf(watermarkMs) } }),
      stateOperators: statesOf(families, this.#updatedRows, plan),
      sources: [
        {
          description: `Millrace[${plan.sourceTopics.join(', ')}]`,
          startOffset: this.#offsets,
          endOffset,
          latestOffset: latestOffsetOf(endOffset, families),
          numInputRows,
          inputRowsPerSecond: round(perSecond),
          processedRowsPerSecond: round(perSecond),
          metrics: behindLatest(endOffset, families),
        },
      ],
      sink: { description: name, numOutputRows: produced - this.#outputRows },
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
    for (const operation of ['addBatch', 'walCommit', 'commitOffsets']) {
      slab
        .counter('kafka_stream_query_operation_seconds_total', { operation })
        .add((progress.durationMs[operation] ?? 0) / 1_000)
    }
    if (progress.eventTime === undefined) return
    slab
      .gauge('kafka_stream_query_watermark_timestamp_seconds')
      .set(Date.parse(progress.eventTime.watermark) / 1_000)
  }
}

function spanOf(span: CommitResult['eventTimes']): { avg?: string; max?: string; min?: string } {
  if (span === undefined) return {}
  const { avgMs, maxMs, minMs } = span
  return { avg: isoOf(Math.round(avgMs)), max: isoOf(maxMs), min: isoOf(minMs) }
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString()
}

function totalOf(
  families: readonly MetricFamily[],
  name: string,
  isWanted: (labels: Readonly<Record<string, string>>) => boolean = () => true,
): number {
  const samples = families.find((family) => family.name === name)?.samples ?? []
  return samples.reduce((sum, { labels, value }) => (isWanted(labels) ? sum + value : sum), 0)
}

/** The lowest stream time of the tasks that have one, epoch ms. */
function watermarkOf(families: readonly MetricFamily[]): number | undefined {
  const times = families.find(({ name }) => name === 'kafka_stream_task_stream_time_seconds')
  const seconds = (times?.samples ?? []).map(({ value }) => value).filter((value) => value >= 0)
  return seconds.length === 0 ? undefined : Math.min(...seconds) * 1_000
}

function statesOf(
  families: readonly MetricFamily[],
  updatedBefore: ReadonlyMap<string, number>,
  plan: Plan,
): StateOperatorProgress[] {
  const keys = families.find(({ name }) => name === 'kafka_stream_state_keys')
  return (keys?.samples ?? []).map(({ labels, value }) => {
    const name = labels['store'] ?? ''
    const isOf = ({ store }: Readonly<Record<string, string>>): boolean => store === name
    const updated = totalOf(families, 'kafka_stream_state_rows_updated_total', isOf)
    const tasks = plan.tasks.filter(({ stores }) => stores.includes(name))
    const ids = new Set(tasks.map(({ taskId }) => taskId))
    const open = families.find((family) => family.name === 'kafka_stream_task_buffered_records')
    return {
      operatorName: name,
      numRowsTotal: value,
      numRowsUpdated: updated - (updatedBefore.get(name) ?? 0),
      memoryUsedBytes: totalOf(
        families,
        'kafka_stream_state_size_bytes',
        (labels) => isOf(labels) && labels['medium'] === 'memory',
      ),
      numShufflePartitions: tasks.length,
      numStateStoreInstances: (open?.samples ?? []).filter((sample) =>
        ids.has(sample.labels['task_id'] ?? ''),
      ).length,
    }
  })
}

/** The parts of a commit interval in whole ms; they never add up to more than the whole. */
function durationsOf(result: CommitResult, triggerExecution: number): Record<string, number> {
  const walCommit = Math.min(Math.floor(result.prepareMs + result.saveMs), triggerExecution)
  const commitOffsets = Math.min(Math.floor(result.commitMs), triggerExecution - walCommit)
  const addBatch = triggerExecution - walCommit - commitOffsets
  return { addBatch, commitOffsets, triggerExecution, walCommit }
}

function offsetsOf(
  { positions }: CommitResult,
  plan: Plan,
  before: SourceProgress['startOffset'],
): SourceProgress['endOffset'] {
  const offsets: Record<string, Record<string, number>> = { ...before }
  for (const { topic, partition, offset } of positions) {
    if (!plan.sourceTopics.includes(topic)) continue
    offsets[topic] = { ...offsets[topic], [String(partition)]: offset }
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

function round(value: number): number {
  return Math.round(value * 10) / 10
}
