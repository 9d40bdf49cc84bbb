// The metrics of one worker: its tasks, what they restore, and the sizes of its stores over all of them.
import type { Gauge, MetricSlab } from './metrics/slab.ts'
import type { TaskStores } from './task-stores.ts'
import { ThreadPhases } from './thread-phases.ts'

type Kind = 'active' | 'restoring' | 'standby'

/** What is told of the stores of a name over all tasks of the thread. */
const FIGURES = ['keys', 'memory', 'spilled', 'disk', 'cache', 'iterators'] as const
type Figure = (typeof FIGURES)[number]
const NOTHING = { keys: 0, memory: 0, spilled: 0, disk: 0, cache: NaN, iterators: 0 }

export class ThreadMetrics {
  /** Where its time goes. */
  readonly phases: ThreadPhases
  readonly #kinds: Readonly<Record<Kind, Gauge>>
  readonly #queued: Gauge
  readonly #stores: ReadonlyMap<string, Readonly<Record<Figure, Gauge>>>

  readonly #slab: MetricSlab

  /** `stores` are the names of all stores that its tasks may have. */
  constructor(slab: MetricSlab, stores: readonly string[]) {
    this.#slab = slab
    this.phases = new ThreadPhases(slab)
    const kind = (name: Kind): Gauge => slab.gauge('kafka_stream_tasks', { kind: name })
    this.#kinds = {
      active: kind('active'),
      restoring: kind('restoring'),
      standby: kind('standby'),
    }
    this.#queued = slab.gauge('kafka_producer_queue_bytes')
    const size = (store: string, medium: string): Gauge =>
      slab.gauge('kafka_stream_state_size_bytes', { store, medium })
    this.#stores = new Map(
      stores.map((store) => [
        store,
        {
          keys: slab.gauge('kafka_stream_state_keys', { store }),
          memory: size(store, 'memory'),
          spilled: size(store, 'spilled'),
          disk: size(store, 'disk'),
          cache: size(store, 'cache'),
          iterators: slab.gauge('kafka_stream_state_open_iterators', { store }),
        },
      ]),
    )
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

  /** Tells of a task whose state on the disk was damaged. */
  discarded(taskId: string): void {
    this.#slab.counter('kafka_stream_task_discarded_states_total', { task_id: taskId }).add(1)
  }

  /** Tells how far the copy of a task's state is; NaN for one that is given up. */
  copied(taskId: string, records: number, lag: number): void {
    const labels = { task_id: taskId }
    this.#slab.counter('kafka_stream_task_standby_updated_records_total', labels).add(records)
    this.#slab.gauge('kafka_stream_task_standby_lag_records', labels).set(lag)
  }

  /** Tells how many tasks there are of each kind. */
  tasks(active: number, restoring: number, standby: number): void {
    this.#kinds.active.set(active)
    this.#kinds.restoring.set(restoring)
    this.#kinds.standby.set(standby)
  }

  /** Tells the sizes of all stores of these tasks. */
  stores(tasks: Iterable<{ readonly stores: TaskStores }>): void {
    const sums = new Map<string, Record<Figure, number>>()
    for (const { stores } of tasks) {
      for (const store of stores.all) {
        const { name } = store
        const sum = sums.get(name) ?? { ...NOTHING }
        sums.set(name, sum)
        sum.keys += store.rows
        sum.memory += store.sizeBytes
        sum.spilled += store.spill?.spilledBytes ?? 0
        sum.disk += stores.savedBytesOf(name)
        sum.iterators += stores.openIteratorsOf(name)
        // Where updates are held as objects, or not at all, there is nothing to tell.
        if ((store.cacheBytes ?? 0) > 0) sum.cache = (sum.cache || 0) + (store.cacheBytes ?? 0)
      }
    }
    for (const [name, gauges] of this.#stores) {
      const sum = sums.get(name)
      for (const figure of FIGURES) gauges[figure].set(sum?.[figure] ?? NaN)
    }
  }
}
