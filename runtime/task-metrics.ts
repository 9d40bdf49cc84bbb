// The metrics of one task, bound once when it opens.
import type { DropReason } from '../processors/processor.ts'
import { dropReasons } from '../processors/processor.ts'
import type { Topology } from '../topology/topology.ts'
import type { Counter, Gauge, Histogram, MetricSlab } from './metrics/slab.ts'
import type { TaskSpec } from './plan.ts'

export class TaskMetrics {
  readonly processed: Counter
  readonly streamTime: Gauge
  readonly sourceLatency: Histogram
  readonly #sinkLatencies: readonly Histogram[]
  readonly #records: Counter
  readonly #bytes: Counter
  readonly #drops: ReadonlyMap<DropReason, Counter>
  readonly #late: Counter
  readonly #lag: Gauge

  constructor(
    slab: MetricSlab,
    topology: Topology,
    { taskId, topic, partition, subtopology }: TaskSpec,
  ) {
    const part = topology.subtopologies[subtopology]!
    const latency = 'kafka_stream_processor_node_record_e2e_latency_seconds'
    const nodes = part.nodes.filter(({ kind }) => kind === 'source' || kind === 'sink')
    const bySinks = nodes.filter(({ kind }) => kind === 'sink')
    const source = nodes.find(({ kind }) => kind === 'source')
    this.processed = slab.counter('kafka_stream_task_process_total', { task_id: taskId })
    this.streamTime = slab.gauge('kafka_stream_task_stream_time_seconds', { task_id: taskId })
    this.#records = slab.counter('kafka_stream_topic_records_consumed_total', { topic })
    this.#bytes = slab.counter('kafka_stream_topic_bytes_consumed_total', { topic })
    this.#lag = slab.gauge('kafka_consumer_records_lag', { topic, partition: String(partition) })
    this.#late = slab.counter('kafka_stream_query_rows_dropped_by_watermark_total')
    this.#drops = new Map(
      dropReasons.map((reason) => [
        reason,
        slab.counter('kafka_stream_task_dropped_records_total', { task_id: taskId, reason }),
      ]),
    )
    this.#sinkLatencies = bySinks.map(({ name }) =>
      slab.histogram(latency, { processor_node_id: name }),
    )
    this.sourceLatency =
      source === undefined
        ? slab.histogram('kafka_stream_thread_latency_seconds', { operation: 'poll' })
        : slab.histogram(latency, { processor_node_id: source.name })
  }

  consumed(records: number, bytes: number): void {
    this.#records.add(records)
    this.#bytes.add(bytes)
  }

  drop(_node: string, reason: DropReason): void {
    this.#drops.get(reason)!.add(1)
    if (reason === 'expired-window') this.#late.add(1)
  }

  /** Time from the oldest input of an emission until it went out. */
  sinkLatency(seconds: number, records: number): void {
    for (const histogram of this.#sinkLatencies) histogram.observe(seconds, records)
  }

  /** Records of the input that are not run yet; not known (Infinity) before the end was heard of. */
  behind(records: number): void {
    this.#lag.set(Number.isFinite(records) ? Math.max(records, 0) : NaN)
  }

  /** Takes away what was true only while the task was here. */
  clear(): void {
    this.streamTime.set(NaN)
    this.#lag.set(NaN)
  }
}
