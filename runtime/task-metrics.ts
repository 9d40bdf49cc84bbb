// The metrics of one task, bound once when it opens.
import type { DropReason, Forward } from '../processors/processor.ts'
import { dropReasons } from '../processors/processor.ts'
import type { Topology } from '../topology/topology.ts'
import type { Counter, Gauge, Histogram, MetricSlab } from './metrics/slab.ts'
import type { TaskSpec } from './plan.ts'

interface InputMetrics {
  readonly records: Counter
  readonly bytes: Counter
  readonly lag: Gauge
}

export class TaskMetrics {
  readonly processed: Counter
  readonly streamTime: Gauge
  /** Records read and not yet run. */
  readonly buffered: Gauge
  readonly #sourceLatency: Histogram | undefined
  readonly #lateness: Histogram
  readonly #updated: ReadonlyMap<string, Counter>
  readonly #sinkLatencies: readonly Histogram[]
  readonly #inputs: ReadonlyMap<string, InputMetrics>
  readonly #drops: ReadonlyMap<DropReason, Counter>
  readonly #late: Counter
  readonly #slab: MetricSlab
  readonly #taskId: string

  constructor(
    slab: MetricSlab,
    topology: Topology,
    { taskId, inputs, partition, subtopology, stores }: TaskSpec,
  ) {
    this.#slab = slab
    this.#taskId = taskId
    const part = topology.subtopologies[subtopology]!
    const latency = 'kafka_stream_processor_node_record_e2e_latency_seconds'
    const bySinks = part.nodes.filter(({ kind }) => kind === 'sink' || kind === 'dynamic-sink')
    const source = part.nodes.find(({ kind }) => kind === 'source')
    this.processed = slab.counter('kafka_stream_task_process_total', { task_id: taskId })
    this.streamTime = slab.gauge('kafka_stream_task_stream_time_seconds', { task_id: taskId })
    this.buffered = slab.gauge('kafka_stream_task_buffered_records', { task_id: taskId })
    this.#inputs = new Map(
      inputs.map(({ topic }) => [
        topic,
        {
          records: slab.counter('kafka_stream_topic_records_consumed_total', { topic }),
          bytes: slab.counter('kafka_stream_topic_bytes_consumed_total', { topic }),
          lag: slab.gauge('kafka_consumer_records_lag', { topic, partition: String(partition) }),
        },
      ]),
    )
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
    this.#sourceLatency =
      source === undefined ? undefined : slab.histogram(latency, { processor_node_id: source.name })
    this.#lateness = slab.histogram('kafka_stream_task_record_lateness_seconds')
    this.#updated = new Map(
      stores.map((store) => [
        store,
        slab.counter('kafka_stream_state_rows_updated_total', { store }),
      ]),
    )
  }

  /** A forward that counts the records on their way to a node (`metrics.recording.level=DEBUG`). */
  readonly counted = (node: string, next: Forward): Forward => {
    const labels = { task_id: this.#taskId, processor_node_id: node }
    const counter = this.#slab.counter('kafka_stream_processor_node_process_total', labels)
    return (record) => {
      counter.add(1)
      next(record)
    }
  }

  /** Time from the timestamp of records until the source has them. */
  sourceLatency(seconds: number, records: number): void {
    this.#sourceLatency?.observe(seconds, records)
  }

  /** How far records were behind the stream time. */
  late(seconds: number, records: number): void {
    this.#lateness.observe(seconds, records)
  }

  /** A commit saves so many entries of a store. */
  updated(store: string, rows: number): void {
    this.#updated.get(store)?.add(rows)
  }

  consumed(topic: string, records: number, bytes: number): void {
    const input = this.#inputs.get(topic)!
    input.records.add(records)
    input.bytes.add(bytes)
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
  behind(topic: string, records: number): void {
    this.#inputs.get(topic)!.lag.set(Number.isFinite(records) ? Math.max(records, 0) : NaN)
  }

  /** Takes away what was true only while the task was here. */
  clear(): void {
    this.streamTime.set(NaN)
    this.buffered.set(NaN)
    for (const { lag } of this.#inputs.values()) lag.set(NaN)
  }
}
