// The metrics of one task, bound once when it opens.
import type { CacheCounts, DropReason, Forward, TaskStore } from '../processors/processor.ts'
import { dropReasons } from '../processors/processor.ts'
import { subtopologyOf } from '../topology/subtopology.ts'
import { storesOf } from '../topology/table-plan.ts'
import type { SpillFigures } from '../state/stores/byte-arena.ts'
import type { Topology } from '../topology/topology.ts'
import type { Counter, Gauge, Histogram, MetricSlab } from './metrics/slab.ts'
import type { TaskSpec } from './plan.ts'
import type { TaskInput } from './task-input.ts'
import type { OperationsObserver, StoreOperation } from './store-operations.ts'

interface InputMetrics {
  readonly records: Counter
  readonly bytes: Counter
  readonly lag: Gauge
}

export class TaskMetrics {
  readonly processed: Counter
  readonly streamTime: Gauge
  readonly #buffered: Gauge
  readonly #bufferedBytes: Gauge
  readonly #sourceLatency: Histogram | undefined
  readonly #lateness: Histogram
  readonly #updated: ReadonlyMap<string, Counter>
  readonly #sinkLatencies: readonly Histogram[]
  readonly #inputs: ReadonlyMap<string, InputMetrics>
  readonly #drops: ReadonlyMap<DropReason, Counter>
  readonly #late: Counter
  /** By operator and by store: what its windows were closed for. */
  readonly #lateOf: ReadonlyMap<string, Counter>
  readonly #runSeconds: readonly Counter[]
  readonly #slab: MetricSlab
  readonly #taskId: string

  constructor(
    slab: MetricSlab,
    topology: Topology,
    { taskId, inputs, partition, subtopology, stores }: TaskSpec,
  ) {
    this.#slab = slab
    this.#taskId = taskId
    const part = subtopologyOf(topology, subtopology)
    const latency = 'kafka_stream_processor_node_record_e2e_latency_seconds'
    const bySinks = part.nodes.filter(({ kind }) => kind === 'sink' || kind === 'dynamic-sink')
    const source = part.nodes.find(({ kind }) => kind === 'source')
    this.processed = slab.counter('kafka_stream_task_process_total', { task_id: taskId })
    this.streamTime = slab.gauge('kafka_stream_task_stream_time_seconds', { task_id: taskId })
    this.#buffered = slab.gauge('kafka_stream_task_buffered_records', { task_id: taskId })
    this.#bufferedBytes = slab.gauge('kafka_stream_task_input_buffer_bytes', { task_id: taskId })
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
    const late = (store: string): Counter =>
      slab.counter('kafka_stream_state_rows_dropped_by_watermark_total', { store })
    this.#lateOf = new Map([
      ...part.nodes.flatMap((node) => {
        const [store] = storesOf(node, topology.tables)
        return store === undefined ? [] : [[node.name, late(store)] as const]
      }),
      ...stores.map((store) => [store, late(store)] as const),
    ])
    this.#runSeconds = stores.map((store) =>
      slab.counter('kafka_stream_state_update_seconds_total', { store }),
    )
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

  /** Counts what is done to a store; what that takes only where it `isTimed`. */
  operationsOf(store: string, isTimed: boolean): OperationsObserver {
    const counter = (operation: StoreOperation): Counter =>
      this.#slab.counter('kafka_stream_state_operations_total', { store, operation })
    const saving = this.#slab.counter('kafka_stream_state_commit_seconds_total', { store })
    const saved = (seconds: number): void => saving.add(seconds)
    if (!isTimed) return { counter, saved }
    // Only those that occur have series.
    const bound = new Map<StoreOperation, Histogram>()
    const observe = (operation: StoreOperation, seconds: number): void => {
      let histogram = bound.get(operation)
      if (histogram === undefined) {
        const labels = { store, operation }
        histogram = this.#slab.histogram('kafka_stream_state_operation_latency_seconds', labels)
        bound.set(operation, histogram)
      }
      histogram.observe(seconds)
    }
    return { counter, saved, observe }
  }

  /** Takes over what a store has counted row by row; to be called now and then. */
  putsOf(store: TaskStore): () => void {
    const counter = this.operationsOf(store.name, false).counter('put')
    let told = 0
    return () => {
      const puts = store.puts ?? 0
      counter.add(puts - told)
      told = puts
    }
  }

  /** Takes over how many entries a store has given up since this call; to be called now and then. */
  removalsOf(store: TaskStore): () => void {
    const { name } = store
    const counter = this.#slab.counter('kafka_stream_state_rows_removed_total', { store: name })
    let told = store.removedRows
    return () => {
      const removed = store.removedRows
      counter.add(removed - told)
      told = removed
    }
  }

  /** Takes over what was counted of updates held back; to be called now and then. */
  cacheOf(store: string, counts: CacheCounts): () => void {
    const requests = this.#slab.counter('kafka_stream_record_cache_requests_total', { store })
    const hits = this.#slab.counter('kafka_stream_record_cache_hits_total', { store })
    const told = { requests: 0, hits: 0 }
    return () => {
      requests.add(counts.requests - told.requests)
      hits.add(counts.hits - told.hits)
      Object.assign(told, counts)
    }
  }

  /** Takes over how often pages of a store went to a file and came back; to be called now and then. */
  spillOf(store: string, figures: SpillFigures): () => void {
    const reads = this.#slab.counter('kafka_stream_state_page_reads_total', { store })
    const writes = this.#slab.counter('kafka_stream_state_page_writes_total', { store })
    const told = { pageReads: 0, pageWrites: 0 }
    return () => {
      reads.add(figures.pageReads - told.pageReads)
      writes.add(figures.pageWrites - told.pageWrites)
      Object.assign(told, figures)
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

  /** Running rows took so long: it counts to all of the task's stores, as Spark's time of updates does. */
  ran(seconds: number): void {
    for (const counter of this.#runSeconds) counter.add(seconds)
  }

  drop(node: string, reason: DropReason): void {
    this.#drops.get(reason)!.add(1)
    if (reason !== 'expired-window') return
    this.#late.add(1)
    this.#lateOf.get(node)?.add(1)
  }

  /** Time from the oldest input of an emission until it went out. */
  sinkLatency(seconds: number, records: number): void {
    for (const histogram of this.#sinkLatencies) histogram.observe(seconds, records)
  }

  /** Tells how far behind the inputs are, and what of them was read and is not run yet. */
  waiting(inputs: readonly Pick<TaskInput, 'topic' | 'lag' | 'head'>[]): void {
    let records = 0
    let bytes = 0
    for (const { topic, lag, head } of inputs) {
      // Not known (Infinity) before the end was heard of.
      this.#inputs.get(topic)!.lag.set(Number.isFinite(lag) ? Math.max(lag, 0) : NaN)
      records += head.waiting
      bytes += head.waitingBytes
    }
    this.#buffered.set(records)
    this.#bufferedBytes.set(bytes)
  }

  /** Takes away what was true only while the task was here. */
  clear(): void {
    this.streamTime.set(NaN)
    this.#buffered.set(NaN)
    this.#bufferedBytes.set(NaN)
    for (const { lag } of this.#inputs.values()) lag.set(NaN)
  }
}
