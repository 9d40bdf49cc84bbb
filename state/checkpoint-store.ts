// What a task saves with each commit: where it stands in its inputs and a log of changes for each of
// its stores. Workers use it over the data port's environment, within `DataPort.commit` or alone.
import { openPositions, type PositionTable } from '../broker/lmdb.ts'
import type { TaskPosition } from '../broker/ports.ts'
import type { StateEnvironment, StateTable } from '../broker/state-environment.ts'
import { stateKey } from '../broker/state-keys.ts'
import { EntryLog } from './entry-log.ts'

/** What a task was when it last committed. */
export interface Checkpoint {
  readonly positions: readonly TaskPosition[]
  readonly meta: Uint8Array | undefined
  /**
   * Per store its packed entries in the order saved, to be read once, before anything else is saved; each is valid
   * until the next one is asked for.
   */
  readonly stores: ReadonlyMap<string, Iterable<Uint8Array>>
}

/** An entry of one store: its changes since the entry before, or all of it. */
export interface StoreUpdate {
  readonly name: string
  readonly bytes: Uint8Array
  /** Replaces all former entries of the store. */
  readonly snapshot: boolean
  /** Ends a round: with the entries since the one before, or since a snapshot, it replaces all former ones. */
  readonly endsRound?: boolean
  /** Whether the bytes are nobody else's, and stay as they are: in memory they need no copy. */
  readonly isOwn?: boolean
}

export interface CheckpointUpdate {
  readonly positions: readonly TaskPosition[]
  /** Left out, the former one stays. */
  readonly meta?: Uint8Array | undefined
  readonly stores: readonly StoreUpdate[]
}

/** The checkpoints of one task. Tasks may share an environment. */
export class CheckpointStore {
  readonly #environment: StateEnvironment
  readonly #taskId: string
  readonly #table: StateTable
  readonly #entries: EntryLog
  readonly #positions: PositionTable
  /** Whether entries are kept: not once a task has taken them in, where all of it ends with the task. */
  #keepsEntries = true

  /** Opens its tables: create it outside of transactions. */
  constructor(environment: StateEnvironment, taskId: string) {
    this.#environment = environment
    this.#taskId = taskId
    this.#table = environment.table('checkpoints')
    this.#entries = new EntryLog(environment.table('checkpoint-entries'), taskId)
    this.#positions = openPositions(environment)
  }

  /** Names of the stores that have entries, by name; the caller judges whether they are the right ones. */
  get storeNames(): string[] {
    return this.#entries.names
  }

  /**
   * Bytes saved for a store after its last snapshot, or since ever without one. An undone transaction
   * leaves them counted.
   */
  logBytes(storeName: string): number {
    return this.#entries.logBytes(storeName)
  }

  /** The packed entries of a store, as in `Checkpoint.stores`. */
  entriesOf(storeName: string): Iterable<Uint8Array> {
    return this.#entries.read(storeName)
  }

  /** Bytes saved of a store, snapshot and all; those of an undone transaction stay counted. */
  savedBytes(storeName: string): number {
    return this.#entries.bytesOf(storeName)
  }

  /** The last checkpoint, or undefined for a task that never committed. The bytes are the caller's. */
  load(): Checkpoint | undefined {
    const place = this.loadPlace()
    if (place === undefined) return undefined
    const stores = new Map(this.#entries.names.map((name) => [name, this.#entries.read(name)]))
    return { ...place, stores }
  }

  /** The same without the stores, which may be large. */
  loadPlace(): Omit<Checkpoint, 'stores'> | undefined {
    const positions = this.#table.get(this.#key('positions'))
    if (positions === undefined) return undefined
    return {
      positions: JSON.parse(positions.toString()) as TaskPosition[],
      meta: this.#table.get(this.#key('meta')),
    }
  }

  /** A task has taken all in: where nobody can read it again, it is given up, and nothing more is kept. */
  taken(): void {
    if (this.#environment.isVolatile !== true) return
    for (const name of this.#entries.names) this.removeStore(name)
    this.#keepsEntries = false
  }

  /** Saves all of the updates, oldest first, or nothing; within a transaction it takes part in that one. */
  save(...updates: readonly CheckpointUpdate[]): void {
    const positions = updates.at(-1)?.positions
    if (positions === undefined) return
    const meta = updates.findLast((update) => update.meta !== undefined)?.meta
    this.#environment.transaction(() => {
      this.#table.putSync(this.#key('positions'), Buffer.from(JSON.stringify(positions)))
      if (meta !== undefined) this.#table.putSync(this.#key('meta'), Buffer.from(meta))
      const entries = this.#keepsEntries ? fromSnapshotsOn(updates) : []
      for (const { name, bytes, snapshot, endsRound, isOwn } of entries) {
        if (endsRound === true) this.#entries.endRound(name, bytes, isOwn)
        else if (snapshot) this.#entries.replace(name, bytes, isOwn)
        else this.#entries.append(name, bytes, isOwn)
      }
      this.#positions.put(positions)
    })
  }

  /** Deletes the entries of a store that the task no longer has. */
  removeStore(storeName: string): void {
    this.#environment.transaction(() => this.#entries.remove(storeName))
  }

  #key(what: string): Buffer {
    return stateKey(this.#taskId, what)
  }
}

/** What is to be written of the stores: a snapshot replaces what comes before it. */
function fromSnapshotsOn(updates: readonly CheckpointUpdate[]): StoreUpdate[] {
  const all = updates.flatMap(({ stores }) => stores)
  const snapshots = new Map<string, number>()
  all.forEach(({ name, snapshot }, i) => snapshot && snapshots.set(name, i))
  return all.filter(({ name }, i) => i >= (snapshots.get(name) ?? 0))
}
