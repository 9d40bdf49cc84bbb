// Brings what is saved of a task on this machine up to the end of its changelogs, before it is opened. The
// worker steps it between the tasks that run (Kafka Streams' StoreChangelogReader).
import type { DataPort, PartitionReader } from '../broker/ports.ts'
import { EntryAssembler, type ChangelogEntry } from '../state/changelog-record.ts'
import type { ChangelogBounds } from './messages.ts'
import type { TaskCheckpoints } from './task-checkpoints.ts'

/** Restores the stores of one task. */
export class TaskRestore {
  readonly #stores: StoreRestore[]
  readonly #checkpoints: TaskCheckpoints

  constructor(
    checkpoints: TaskCheckpoints,
    changelogs: readonly ChangelogBounds[],
    partition: number,
    port: DataPort,
  ) {
    this.#checkpoints = checkpoints
    checkpoints.load()
    this.#stores = changelogs.map((of) => new StoreRestore(of, partition, checkpoints, port))
    this.#settle()
  }

  get isDone(): boolean {
    return this.#stores.every(({ isDone }) => isDone)
  }

  /** Records up to the ends, control records included. */
  get remaining(): number {
    return this.#stores.reduce((sum, store) => sum + store.remaining, 0)
  }

  /** Takes what is at hand of each changelog. @returns how many records. */
  step(): number {
    const records = this.#stores.reduce((sum, store) => sum + store.step(), 0)
    this.#settle()
    return records
  }

  close(): void {
    for (const store of this.#stores) store.close()
  }

  #settle(): void {
    if (!this.isDone) return
    this.#checkpoints.reached(
      Object.fromEntries(this.#stores.map(({ store, position }) => [store, position])),
    )
  }
}

/** Restores one store. */
class StoreRestore {
  readonly store: string
  /** The next offset to read. */
  position: number
  readonly #end: number
  readonly #checkpoints: TaskCheckpoints
  readonly #assembler = new EntryAssembler()
  #reader: PartitionReader | undefined

  constructor(
    { store, topic, start, end }: ChangelogBounds,
    partition: number,
    checkpoints: TaskCheckpoints,
    port: DataPort,
  ) {
    this.store = store
    this.#end = end
    this.#checkpoints = checkpoints
    const place = checkpoints.placeOf(store)
    this.position = place?.offset ?? start
    if (this.position < start || this.position > end) {
      // Compaction has passed by, or the topic was made anew. One without anything gets all that is here.
      if (end > start) checkpoints.clear(store)
      else checkpoints.detach(store)
      this.position = start
    }
    if (this.position >= end) return
    this.#reader = port.openReader({ topic, partition, offset: this.position })
  }

  get isDone(): boolean {
    return this.#reader === undefined
  }

  get remaining(): number {
    return this.isDone ? 0 : this.#end - this.position
  }

  step(): number {
    const reader = this.#reader
    if (reader === undefined) return 0
    const batch = reader.poll()
    if (batch !== undefined) {
      const entries: ChangelogEntry[] = []
      const known = this.#checkpoints.placeOf(this.store)?.number ?? 0
      for (let row = 0; row < batch.count; row++) {
        const entry = this.#assembler.add(batch, row)
        if (entry !== undefined && entry.number > known) entries.push(entry)
      }
      if (entries.length > 0) this.#checkpoints.restore(this.store, entries)
    }
    this.position = reader.position
    // Not at what a reader calls the end: what the former owner has committed may not be visible yet.
    if (this.position >= this.#end) this.close()
    return batch?.count ?? 0
  }

  close(): void {
    this.#reader?.close()
    this.#reader = undefined
  }
}
