// Brings what is saved of a task on this machine up to the end of its changelogs, before it is opened. The
// worker steps it between the tasks that run (Kafka Streams' StoreChangelogReader).
import type { DataPort, PartitionReader } from '../broker/ports.ts'
import { EntryAssembler } from '../state/changelog-record.ts'
import type { ChangelogBounds, TaskToOpen } from './messages.ts'
import { readMeta, type LoggedEntry, type TaskCheckpoints } from './task-checkpoints.ts'

/** Restores the stores of one task. */
export class TaskRestore {
  readonly #stores: StoreRestore[]
  readonly #checkpoints: TaskCheckpoints

  constructor(
    checkpoints: TaskCheckpoints,
    { spec, changelogs, inputs }: Pick<TaskToOpen, 'spec' | 'changelogs' | 'inputs'>,
    port: DataPort,
  ) {
    this.#checkpoints = checkpoints
    checkpoints.load()
    const committed = new Map(spec.inputs.map(({ topic }, i) => [topic, inputs[i]!.offset]))
    const around = { partition: spec.partition, committed, checkpoints, port }
    this.#stores = changelogs.map((of) => new StoreRestore(of, around))
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

interface StoreRestoreAround {
  readonly partition: number
  /** What the group has committed, by topic. */
  readonly committed: ReadonlyMap<string, number>
  readonly checkpoints: TaskCheckpoints
  readonly port: DataPort
}

/** Restores one store. */
class StoreRestore {
  readonly store: string
  /** The next offset to read. */
  position: number
  readonly #end: number
  readonly #committed: ReadonlyMap<string, number>
  readonly #checkpoints: TaskCheckpoints
  readonly #assembler = new EntryAssembler()
  #reader: PartitionReader | undefined

  constructor(
    { store, topic, start, end }: ChangelogBounds,
    { partition, committed, checkpoints, port }: StoreRestoreAround,
  ) {
    this.store = store
    this.#end = end
    this.#committed = committed
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
      const known = this.#checkpoints.placeOf(this.store)?.number ?? 0
      const entries: LoggedEntry[] = []
      for (let row = 0; row < batch.count; row++) {
        const entry = this.#assembler.add(batch, row)
        if (entry !== undefined && entry.number > known) entries.push(readMeta(entry))
      }
      this.#take(entries)
    }
    this.position = reader.position
    // Not at what a reader calls the end: what the former owner has committed may not be visible yet.
    if (this.position >= this.#end) this.close()
    return batch?.count ?? 0
  }

  /**
   * At least once, changes may be there whose input was not committed: it comes again, and so must they.
   */
  #take(entries: readonly LoggedEntry[]): void {
    const isCommitted = ({ meta }: LoggedEntry): boolean =>
      meta.positions.every(({ topic, offset }) => offset <= (this.#committed.get(topic) ?? 0))
    const ahead = entries.findIndex((entry) => !isCommitted(entry))
    const wanted = ahead < 0 ? entries : entries.slice(0, ahead)
    if (wanted.length > 0) this.#checkpoints.restore(this.store, wanted)
    for (const entry of entries.slice(wanted.length)) this.#checkpoints.passOver(this.store, entry)
  }

  close(): void {
    this.#reader?.close()
    this.#reader = undefined
  }
}
