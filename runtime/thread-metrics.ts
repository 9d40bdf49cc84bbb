// The metrics of one worker: where its time goes, and the sizes of its stores over all its tasks.
import type { TaskStore } from '../processors/processor.ts'
import type { Counter, Gauge, Histogram, MetricSlab } from './metrics/slab.ts'

type Phase = 'process' | 'commit' | 'restore' | 'blocked' | 'idle'

interface StoreGauges {
  readonly keys: Gauge
  readonly size: Gauge
}

export class ThreadMetrics {
  readonly #phases: Readonly<Record<Phase, Counter>>
  readonly #latencies: Partial<Readonly<Record<Phase, Histogram>>>
  readonly #queued: Gauge
  readonly #stores: ReadonlyMap<string, StoreGauges>

  readonly #slab: MetricSlab

  /** `stores` are the names of all stores that its tasks may have. */
  constructor(slab: MetricSlab, stores: readonly string[]) {
    this.#slab = slab
    const phase = (name: Phase): Counter =>
      slab.counter('kafka_stream_thread_phase_seconds_total', { phase: name })
    this.#phases = {
      process: phase('process'),
      commit: phase('commit'),
      restore: phase('restore'),
      blocked: phase('blocked'),
      idle: phase('idle'),
    }
    const latency = (operation: Phase): Histogram =>
      slab.histogram('kafka_stream_thread_latency_seconds', { operation })
    this.#latencies = { process: latency('process'), commit: latency('commit') }
    this.#queued = slab.gauge('kafka_producer_queue_bytes')
    this.#stores = new Map(
      stores.map((store) => [
        store,
        {
          keys: slab.gauge('kafka_stream_state_keys', { store }),
          size: slab.gauge('kafka_stream_state_size_bytes', { store, medium: 'memory' }),
        },
      ]),
    )
  }

  /** Runs work and counts its time; work that answers 0 found nothing to do, and is no operation. */
  in<T>(phase: Phase, work: () => T): T {
    const start = performance.now()
    let result: T | undefined
    try {
      result = work()
      return result
    } finally {
      const seconds = (performance.now() - start) / 1_000
      this.#phases[phase].add(seconds)
      if (result !== 0) this.#latencies[phase]?.observe(seconds)
    }
  }

  /** Bytes that were written and the broker has not taken. */
  queued(bytes: number): void {
    this.#queued.set(bytes)
  }

  /** Tells how far the restore of a task is. */
  restored(taskId: string, records: number, remaining: number): void {
    const labels = { task_id: taskId }
    this.#slab.counter('kafka_stream_task_restored_records_total', labels).add(records)
    this.#slab.gauge('kafka_stream_task_restore_remaining_records', labels).set(remaining)
  }

  /** Tells the sizes of all stores of these tasks. */
  stores(tasks: Iterable<{ readonly stores: readonly TaskStore[] }>): void {
    const rows = new Map<string, number>()
    const bytes = new Map<string, number>()
    for (const { stores } of tasks) {
      for (const store of stores) {
        rows.set(store.name, (rows.get(store.name) ?? 0) + store.rows)
        bytes.set(store.name, (bytes.get(store.name) ?? 0) + store.sizeBytes)
      }
    }
    for (const [name, { keys, size }] of this.#stores) {
      keys.set(rows.get(name) ?? NaN)
      size.set(bytes.get(name) ?? NaN)
    }
  }
}
