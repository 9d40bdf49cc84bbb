// What a task saves at a commit and finds again when it is opened: its event time, and its stores as
// logs of changes that become snapshots now and then.
import type { TopicPartitionOffset } from '../broker/ports.ts'
import type { StateEnvironment } from '../broker/state-environment.ts'
import type { TaskStore } from '../processors/processor.ts'
import {
  CheckpointStore,
  type Checkpoint,
  type CheckpointUpdate,
  type StoreUpdate,
} from '../state/checkpoint-store.ts'

/** What a task keeps beside its stores. */
export interface TaskMeta {
  readonly streamTimeMs: number
  /** Event times of the tasks that write its input. */
  readonly writers?: readonly number[]
}

/** A store's log is written anew as a snapshot when it has grown to this, and to twice the snapshot. */
const SNAPSHOT_BYTES_MIN = 1_048_576

/** The checkpoints of one task, in the environment of its worker. */
export class TaskCheckpoints {
  readonly #saved: CheckpointStore
  readonly #snapshotBytes = new Map<string, number>()

  constructor(environment: StateEnvironment, taskId: string) {
    this.#saved = new CheckpointStore(environment, taskId)
  }

  /** The last checkpoint, or undefined for a task that never committed. */
  load(): (Omit<Checkpoint, 'meta'> & { readonly meta: TaskMeta | undefined }) | undefined {
    const saved = this.#saved.load()
    if (saved === undefined) return undefined
    const { meta } = saved
    if (meta === undefined) return { ...saved, meta }
    return { ...saved, meta: JSON.parse(new TextDecoder().decode(meta)) as TaskMeta }
  }

  /**
   * Takes from the stores what changed since they were packed before, or all of it where that is due.
   * The bytes of the stores are valid until the next call.
   */
  pack(
    start: TopicPartitionOffset,
    meta: TaskMeta,
    stores: readonly TaskStore[],
  ): CheckpointUpdate {
    return {
      positions: [start],
      meta: new TextEncoder().encode(JSON.stringify(meta)),
      stores: stores.flatMap((store) => this.#pack(store)),
    }
  }

  /** Saves all of the update or nothing; within a transaction it takes part in that one. */
  save(update: CheckpointUpdate): void {
    this.#saved.save(update)
  }

  #pack(store: TaskStore): StoreUpdate[] {
    const { name } = store
    const grownBytes = this.#saved.logBytes(name)
    const snapshotBytes = this.#snapshotBytes.get(name) ?? 0
    const isDue = grownBytes > Math.max(SNAPSHOT_BYTES_MIN, 2 * snapshotBytes)
    const bytes = store.pack(isDue)
    if (bytes === undefined) return []
    if (isDue) this.#snapshotBytes.set(name, bytes.length)
    return [{ name, bytes, snapshot: isDue }]
  }
}
