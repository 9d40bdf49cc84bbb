// Brings what is saved of a task on this machine up to its changelogs: to their ends before it is opened, or
// on and on where it is a copy of another instance's. The worker steps it between the tasks that run.
import type {
  DataPort,
  PartitionReader,
  RestorePoint,
  TopicPartitionOffset,
} from '../broker/ports.ts'
import { EntryAssembler } from '../state/changelog-record.ts'
import type { ChangelogBounds, TaskToOpen } from './messages.ts'
import { readMeta, type LoggedEntry, type TaskCheckpoints } from './task-checkpoints.ts'

/**
 * Of all stores that a thread restores, so that what a snapshot replaces is seldom written first; after a crash it is
 * read again.
 */
export const UNSAVED_BYTES_MAX = 67_108_864

/** Restores the stores of one task (Kafka Streams' StoreChangelogReader). */
export class TaskRestore {
  readonly #stores: StoreRestore[]
  readonly #changelogs: readonly ChangelogBounds[]
  readonly #around: StoreRestoreAround
  readonly #checkpoints: TaskCheckpoints
  readonly #isCopy: boolean

  /**
   * @param isCopy whether another instance runs the task: then it is never done.
   * @param unsavedBytesMax what its stores may hold together before it is written.
   */
  constructor(
    checkpoints: TaskCheckpoints,
    { spec, changelogs, inputs }: Pick<TaskToOpen, 'spec' | 'changelogs' | 'inputs'>,
    port: DataPort,
    isCopy = false,
    unsavedBytesMax = (): number => UNSAVED_BYTES_MAX,
  ) {
    this.#checkpoints = checkpoints
    this.#isCopy = isCopy
    checkpoints.loadPlaces()
    const committed = new Map(spec.inputs.map(({ topic }, i) => [topic, inputs[i]!.offset]))
    this.#changelogs = changelogs
    this.#around = {
      ...{ partition: spec.partition, committed, checkpoints, port, isCopy },
      unsavedBytesMax: () => unsavedBytesMax() / changelogs.length,
    }
    this.#stores = changelogs.map((of) => new StoreRestore(of, this.#around))
    this.#settle()
  }

  get isDone(): boolean {
    return this.#stores.every(({ isDone }) => isDone)
  }

  /** Records up to the ends, control records included; of a copy, to the ends as last heard of. */
  get remaining(): number {
    return this.#stores.reduce((sum, store) => sum + store.remaining, 0)
  }

  /** The group has committed its inputs up to there: a copy takes over what belongs to them. */
  inputsCommitted(positions: readonly TopicPartitionOffset[]): void {
    const committed = new Map(positions.map(({ topic, offset }) => [topic, offset]))
    for (const store of this.#stores) store.committed = committed
  }

  /** Takes what is at hand of each changelog. @returns how many records. */
  step(): number {
    let records = 0
    this.#stores.forEach((store, i) => {
      records += store.step()
      if (store.isLacking) this.#stores[i] = this.#anew(i)
    })
    this.#settle()
    return records
  }

  /** Reads a changelog from its start: what was known of it does not hold. */
  #anew(i: number): StoreRestore {
    const { from: _, ...bounds } = this.#changelogs[i]!
    this.#checkpoints.clear(bounds.store)
    return new StoreRestore(bounds, this.#around)
  }

  /** Saves what was read and waits for more: a write for it. */
  save(): void {
    for (const store of this.#stores) store.save()
  }

  close(): void {
    for (const store of this.#stores) store.close()
  }

  #settle(): void {
    const moved = this.#isCopy ? this.#stores.filter(({ hasMoved }) => hasMoved) : this.#stores
    if (moved.length === 0 || !(this.#isCopy || this.isDone)) return
    this.#checkpoints.reached(
      Object.fromEntries(moved.map((store) => [store.store, store.reach()])),
    )
  }
}

interface StoreRestoreAround {
  readonly partition: number
  /** What the group has committed, by topic. */
  readonly committed: ReadonlyMap<string, number>
  readonly checkpoints: TaskCheckpoints
  readonly port: DataPort
  readonly isCopy: boolean
  readonly unsavedBytesMax: () => number
}

/** Restores one store. */
class StoreRestore {
  readonly store: string
  committed: ReadonlyMap<string, number>
  /** The next offset to read. */
  #position: number
  readonly #end: number
  /** Where it began, until it has come to the entry with which the store is whole. */
  #from: RestorePoint | undefined
  readonly #isCopy: boolean
  readonly #checkpoints: TaskCheckpoints
  readonly #assembler = new EntryAssembler()
  /** Entries of a copy whose input is not committed yet: nothing more is read meanwhile. */
  #ahead: readonly LoggedEntry[] = []
  /** Entries of a restore that are not written yet: one write for many, each waits for the disk. */
  #unsaved: LoggedEntry[] = []
  #unsavedBytes = 0
  readonly #unsavedBytesMax: () => number
  /** Up to where all is taken over. */
  #whole: number
  /** Whether an entry was left out: who restores again reads it again, and may know better by then. */
  #isCut = false
  #reached: number
  #reader: PartitionReader | undefined

  constructor(
    { store, topic, start, end, from }: ChangelogBounds,
    { partition, committed, checkpoints, port, isCopy, unsavedBytesMax }: StoreRestoreAround,
  ) {
    this.store = store
    this.#end = end
    this.#isCopy = isCopy
    this.#unsavedBytesMax = unsavedBytesMax
    this.committed = committed
    this.#checkpoints = checkpoints
    const place = checkpoints.placeOf(store)
    this.#position = place?.offset ?? start
    if (this.#position < start || this.#position > end) {
      // Compaction has passed by, or the topic was made anew. One without anything gets all that is here;
      // for a copy it is the owner's to say.
      if (end > start || isCopy) checkpoints.clear(store)
      else checkpoints.detach(store)
      this.#position = start
    }
    const hasLess = (at: RestorePoint): boolean =>
      at.number > (checkpoints.placeOf(store)?.number ?? 0) && at.offset > this.#position
    if (from !== undefined && !isCopy && hasLess(from) && from.offset < end) {
      this.#from = from
      this.#position = from.offset
    }
    this.#whole = this.#reached = this.#position
    if (this.#position >= end && !isCopy) return
    this.#reader = port.openReader({ topic, partition, offset: this.#position })
  }

  get isDone(): boolean {
    return this.#reader === undefined
  }

  /** Whether it is over and has not come to that entry, as where it was deleted: all is to be read then. */
  get isLacking(): boolean {
    return this.isDone && this.#from !== undefined
  }

  get remaining(): number {
    const reader = this.#reader
    if (reader === undefined) return 0
    if (!this.#isCopy) return this.#end - this.#position
    return Math.max(0, (reader.end === Infinity ? this.#end : reader.end) - this.#whole)
  }

  /** Whether more was taken over than `reach` has told. */
  get hasMoved(): boolean {
    return this.#whole > this.#reached
  }

  /** Where the store stands now in its changelog. */
  reach(): number {
    this.#reached = this.#isCopy || this.#isCut ? this.#whole : this.#position
    return this.#reached
  }

  step(): number {
    const reader = this.#reader
    if (reader === undefined) return 0
    if (this.#ahead.length > 0) this.#takeCommitted(this.#ahead)
    if (this.#ahead.length > 0) return 0
    const batch = reader.poll()
    if (batch !== undefined) {
      const saved = this.#checkpoints.placeOf(this.store)?.number ?? 0
      let known = this.#unsaved.at(-1)?.number ?? saved
      const entries: LoggedEntry[] = []
      for (let row = 0; row < batch.count; row++) {
        const entry = this.#assembler.add(batch, row)
        // Numbers rise, but for those of one who had the store no more.
        if (entry === undefined || entry.number <= known) continue
        known = entry.number
        entries.push(readMeta(entry))
      }
      if (this.#isCopy) this.#takeCommitted(entries)
      else this.#take(entries)
    }
    this.#position = reader.position
    if (this.#ahead.length === 0 && !this.#isCut && this.#assembler.isEmpty) {
      this.#whole = this.#position
    }
    // Not at what a reader calls the end: what the former owner has committed may not be visible yet.
    if (this.#position >= this.#end && !this.#isCopy) {
      if (this.#from === undefined) this.save()
      this.close()
    }
    return batch?.count ?? 0
  }

  close(): void {
    this.#reader?.close()
    this.#reader = undefined
  }

  save(): void {
    const isPart = this.#from !== undefined
    if (this.#unsaved.length > 0) this.#checkpoints.restore(this.store, this.#unsaved, isPart)
    this.#unsaved = []
    this.#unsavedBytes = 0
  }

  /**
   * At least once, changes may be there whose input was not committed: it comes again, and so must they. What
   * comes behind them is of a later life of the task, and is judged by itself.
   */
  #take(entries: readonly LoggedEntry[]): void {
    for (const entry of entries) {
      if (this.#isAhead(entry)) {
        this.#isCut = true
        this.save()
        this.#checkpoints.passOver(this.store, entry)
        continue
      }
      if (entry.isSnapshot || entry.number === this.#from?.number) this.#from = undefined
      // What a snapshot replaces need not be kept.
      if (entry.isSnapshot) {
        this.#unsaved = []
        this.#unsavedBytes = 0
      }
      this.#unsaved.push(entry)
      this.#unsavedBytes += entry.bytes.length
    }
    if (this.#unsavedBytes > this.#unsavedBytesMax()) this.save()
  }

  /** The rest waits: its owner may be about to commit it. */
  #takeCommitted(entries: readonly LoggedEntry[]): void {
    const ahead = entries.findIndex((entry) => this.#isAhead(entry))
    const wanted = ahead < 0 ? entries : entries.slice(0, ahead)
    this.#ahead = entries.slice(wanted.length)
    if (wanted.length > 0) this.#checkpoints.restore(this.store, wanted)
  }

  /** Whether it is of input that was not committed. */
  #isAhead({ meta }: LoggedEntry): boolean {
    return meta.positions.some(({ topic, offset }) => offset > (this.committed.get(topic) ?? 0))
  }
}
