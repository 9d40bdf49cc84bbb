// What a task keeps of itself: position, stream time, the times its writers have told, its stores as
// logs of changes that become snapshots now and then, and where these stand in their changelogs.
import type { RestorePoints, TaskPosition, TopicPartitionOffset } from '../broker/ports.ts'
import type { StateEnvironment } from '../broker/state-environment.ts'
import type { TaskStore } from '../processors/processor.ts'
import type { SavedWriterTimes } from '../processors/saved-times.ts'
import {
  CHANGELOG_START,
  isBehind,
  isRoomy,
  slotAfterWhole,
  type EntryPlace,
  nextNumber,
  placeAfter,
  placeBeyond,
  takenOver,
  type ChangelogPlace,
  type ChangelogPlaces,
} from '../state/changelog.ts'
import type { ChangelogEntry } from '../state/changelog-record.ts'
import {
  CheckpointStore,
  type Checkpoint,
  type CheckpointUpdate,
  type StoreUpdate,
} from '../state/checkpoint-store.ts'
import { LOG_SIZES, type LogSizes } from '../state/log-sizes.ts'

/** What a task keeps beside its stores. */
export interface TaskMeta {
  readonly streamTimeMs: number
  /** Event times of the tasks that write its inputs, by topic. */
  readonly writers?: Readonly<Record<string, SavedWriterTimes>>
  /** Event times of the operators that keep one of their own, by node. */
  readonly times?: Readonly<Record<string, number>>
}

/** The meta as it is saved on this machine. */
interface SavedMeta extends TaskMeta {
  readonly changelogs?: ChangelogPlaces
}

/** The meta as a changelog has it: with where the task stood in its inputs. */
export interface LoggedMeta extends TaskMeta {
  readonly positions: readonly TaskPosition[]
}

/** An entry of a changelog with its meta read. */
export interface LoggedEntry extends Omit<ChangelogEntry, 'meta'> {
  readonly meta: LoggedMeta
}

/** Reads the meta of an entry. */
export function readMeta(entry: ChangelogEntry): LoggedEntry {
  return { ...entry, meta: JSON.parse(textOf(entry.meta)) as LoggedMeta }
}

/** Takes what a commit changed in a store, for those who have to restore it elsewhere. */
export type WriteChangelog = (store: string, entry: ChangelogEntry) => void

/** The checkpoints of one task, in the environment of its worker. */
export class TaskCheckpoints {
  readonly #saved: CheckpointStore
  readonly #write: WriteChangelog | undefined
  readonly #sizes: LogSizes
  readonly #snapshotBytes = new Map<string, number>()
  /** What was packed of a store since its last snapshot: it may be saved later. */
  readonly #grownBytes = new Map<string, number>()
  readonly #places = new Map<string, ChangelogPlace>()
  /** Those of stores that are not whole: who is killed meanwhile begins them anew. */
  readonly #parts = new Map<string, ChangelogPlace>()
  /**
   * Stores of which a snapshot, or the end of a round, is packed and not saved. A commit that fails leaves it in the
   * changelog, and so does the next one; compaction must not reach what the last one that went well is whole with.
   */
  readonly #unsavedWholes = new Set<string>()
  /** Stores whose next entry is the first of an heir, with the generation of the group. */
  readonly #heirs = new Map<string, number>()
  /** Told of the entries that `restore` has taken over. */
  onRestored: ((store: string, entries: readonly LoggedEntry[]) => void) | undefined
  /** Told when what was here of a store is forgotten. */
  onCleared: (() => void) | undefined
  /** Of the last checkpoint. */
  #positions: readonly TaskPosition[] = []
  #meta: TaskMeta | undefined

  /** @param write is left out where the broker itself keeps the state. */
  constructor(
    environment: StateEnvironment,
    taskId: string,
    write?: WriteChangelog,
    sizes: LogSizes = LOG_SIZES,
  ) {
    this.#saved = new CheckpointStore(environment, taskId)
    this.#write = write
    this.#sizes = sizes
  }

  /** The last checkpoint, or undefined for a task that never committed. */
  load(): (Omit<Checkpoint, 'meta'> & { readonly meta: TaskMeta | undefined }) | undefined {
    const saved = this.#saved.load()
    if (saved === undefined) return undefined
    return { ...saved, meta: this.#takeUp(saved) }
  }

  /** Takes up where all of it stands, and leaves the stores, which may be large, on the disk. */
  loadPlaces(): void {
    const saved = this.#saved.loadPlace()
    if (saved !== undefined) this.#takeUp(saved)
  }

  /** The event times of operators, as of the last checkpoint. */
  get times(): Readonly<Record<string, number>> {
    return this.#meta?.times ?? {}
  }

  /** What is saved of a store: to be read before anything else is saved. */
  entriesOf(store: string): Iterable<Uint8Array> {
    return this.#saved.entriesOf(store)
  }

  /** Bytes of what is saved of a store on this machine. */
  savedBytes(store: string): number {
    return this.#saved.savedBytes(store)
  }

  /** The stores have all that was saved: see `CheckpointStore.taken`. */
  taken(): void {
    for (const name of this.#saved.storeNames) {
      const logBytes = this.#saved.logBytes(name)
      const wholeBytes = this.#saved.savedBytes(name) - logBytes
      this.#grownBytes.set(name, logBytes)
      // More is no snapshot, but what a round has left.
      if (wholeBytes <= this.#sizes.roundBytesMin) this.#snapshotBytes.set(name, wholeBytes)
    }
    this.#saved.taken()
  }

  /** Where a store stands in its changelog; undefined when that has nothing of what is here. */
  placeOf(store: string): ChangelogPlace | undefined {
    return this.#parts.get(store) ?? this.#places.get(store)
  }

  /** From where its changelogs need be read by who has nothing of it: what is packed by now, and no more. */
  get restorePoints(): RestorePoints | undefined {
    if (this.#write === undefined) return undefined
    const points = [...this.#places].flatMap(([store, { whole }]) =>
      whole === undefined ? [] : [[store, whole] as const],
    )
    return points.length === 0 ? undefined : Object.fromEntries(points)
  }

  /**
   * Takes from the stores what changed since they were packed before, or all of it where that is due;
   * their changelogs get the same. The bytes of the stores are valid until the next call.
   */
  pack(
    starts: readonly TaskPosition[],
    meta: TaskMeta,
    stores: readonly TaskStore[],
  ): CheckpointUpdate {
    const updates = stores.flatMap((store) => this.#pack(store))
    for (const update of updates) if (isWhole(update)) this.#unsavedWholes.add(update.name)
    if (this.#write !== undefined) {
      const logged = encode({ positions: starts, ...meta } satisfies LoggedMeta)
      for (const update of updates) this.#log(update, logged)
    }
    this.#positions = starts
    this.#meta = meta
    return { positions: starts, meta: this.#metaBytes(), stores: updates }
  }

  /** Saves all of the updates, oldest first, or nothing; within a transaction it takes part in that one. */
  save(...updates: readonly CheckpointUpdate[]): void {
    this.#saved.save(...updates)
    for (const { stores } of updates) {
      for (const store of stores) if (isWhole(store)) this.#unsavedWholes.delete(store.name)
    }
  }

  /**
   * Takes entries of a changelog over, in their order, with where the task stood.
   * @param isPart whether there are others before them that the store has not.
   */
  restore(store: string, entries: readonly LoggedEntry[], isPart = false): void {
    let place = this.placeOf(store) ?? CHANGELOG_START
    for (const entry of entries) {
      place = placeAfter(place, entry)
      const { positions, ...meta } = entry.meta
      // Of several stores the one that changed last knows best.
      if (progressOf(positions) < progressOf(this.#positions)) continue
      this.#positions = positions
      this.#meta = meta
    }
    const [to, other] = isPart ? [this.#parts, this.#places] : [this.#places, this.#parts]
    to.set(store, place)
    other.delete(store)
    // What a snapshot replaces is not written first: lmdb would count pages that the file never gets.
    const last = entries.findLastIndex(({ isSnapshot }) => isSnapshot)
    const stores = entries.slice(Math.max(0, last)).map(({ bytes, isSnapshot, nextSlot }) => {
      const endsRound = !isSnapshot && nextSlot !== undefined
      return { name: store, bytes, snapshot: isSnapshot, endsRound, isOwn: true }
    })
    this.#saved.save({ positions: this.#positions, meta: this.#metaBytes(), stores })
    this.onRestored?.(store, entries)
  }

  /** Takes note of an entry that is not to be taken over: what comes next is counted behind it. */
  passOver(store: string, entry: EntryPlace): void {
    const places = this.#parts.has(store) ? this.#parts : this.#places
    places.set(store, placeBeyond(places.get(store) ?? CHANGELOG_START, entry))
  }

  /**
   * Goes on writing changelogs as the heir of who did so before; see `takenOver`. To be called when all is loaded.
   * @returns whether another one may be the heir already; see `isBehind`.
   */
  takeOver(stores: readonly string[], generation: number): boolean {
    for (const store of stores) this.#heirs.set(store, generation)
    return [...this.#places.values()].some((place) => isBehind(place, generation))
  }

  /** Remembers that all entries here lie before these offsets. What was packed must have been saved. */
  reached(offsets: Readonly<Record<string, number>>): void {
    for (const [store, offset] of Object.entries(offsets)) {
      const place = this.#places.get(store)
      if (place !== undefined) this.#places.set(store, { ...place, offset })
    }
    if (this.#metaBytes() === undefined) return
    this.#saved.save({ positions: this.#positions, meta: this.#metaBytes(), stores: [] })
  }

  /** Forgets what is here of a store: its changelog has other things. */
  clear(store: string): void {
    this.#saved.removeStore(store)
    this.#grownBytes.delete(store)
    this.#unsavedWholes.delete(store)
    this.#parts.delete(store)
    this.#places.delete(store)
    this.onCleared?.()
  }

  /** Forgets where a store stands in its changelog, which has nothing of it: it gets all of it. */
  detach(store: string): void {
    this.#places.delete(store)
  }

  #takeUp(saved: Omit<Checkpoint, 'stores'>): TaskMeta | undefined {
    this.#positions = saved.positions
    if (saved.meta === undefined) return undefined
    const { changelogs = {}, ...meta } = JSON.parse(textOf(saved.meta)) as SavedMeta
    this.#meta = meta
    for (const [store, place] of Object.entries(changelogs)) this.#places.set(store, place)
    return meta
  }

  #pack(store: TaskStore): StoreUpdate[] {
    const { name } = store
    const grownBytes = this.#grownBytes.get(name) ?? this.#saved.logBytes(name)
    const snapshotBytes = this.#snapshotBytes.get(name) ?? 0
    // What was here before there was a changelog is in none of its entries.
    const isNew = this.#write !== undefined && grownBytes > 0 && !this.#places.has(name)
    const isFull = !isRoomy(this.#placeOf(name))
    const isLarge = (store.contentBytes ?? -1) > this.#sizes.roundBytesMin
    const mayBeWhole = !this.#unsavedWholes.has(name)
    if (isLarge && !isNew && !isFull && mayBeWhole) return this.#packRound(store)
    const isGrown = grownBytes > Math.max(this.#sizes.snapshotBytesMin, 2 * snapshotBytes)
    const isDue = mayBeWhole && (isNew || isFull || (isGrown && !isLarge))
    const bytes = store.pack(isDue)
    if (bytes === undefined) return []
    if (isDue) this.#snapshotBytes.set(name, bytes.length)
    this.#grownBytes.set(name, isDue ? 0 : grownBytes + bytes.length)
    return [{ name, bytes, snapshot: isDue }]
  }

  /** Of a large store no entry has everything: it would be more than memory has room for. */
  #packRound(store: TaskStore): StoreUpdate[] {
    const { name } = store
    const round = store.packRound?.()
    if (round === undefined) return []
    const { bytes, isEnd } = round
    if (isEnd) this.#snapshotBytes.delete(name)
    this.#grownBytes.set(name, bytes.length + (this.#grownBytes.get(name) ?? 0))
    return [{ name, bytes, snapshot: false, endsRound: isEnd }]
  }

  #log(update: StoreUpdate, meta: Uint8Array): void {
    const { name, bytes, snapshot } = update
    const place = this.#placeOf(name)
    this.#heirs.delete(name)
    const entry: ChangelogEntry = {
      number: nextNumber(place),
      slot: snapshot ? place.nextSnapshot : place.nextSlot,
      nextSnapshot: snapshot ? undefined : place.nextSnapshot,
      isSnapshot: snapshot,
      nextSlot: isWhole(update) ? slotAfterWhole(place) : undefined,
      meta,
      bytes,
    }
    this.#write?.(name, entry)
    this.#places.set(name, placeAfter(place, entry))
  }

  /** Where the next entry of a store goes. */
  #placeOf(name: string): ChangelogPlace {
    const place = this.#places.get(name) ?? CHANGELOG_START
    const generation = this.#heirs.get(name)
    return generation === undefined ? place : takenOver(place, generation)
  }

  #metaBytes(): Uint8Array | undefined {
    if (this.#places.size === 0) return this.#meta === undefined ? undefined : encode(this.#meta)
    const changelogs = Object.fromEntries(this.#places)
    const saved: SavedMeta = { changelogs, ...(this.#meta ?? { streamTimeMs: -1 }) }
    return encode(saved)
  }
}

const isWhole = ({ snapshot, endsRound }: StoreUpdate): boolean => snapshot || endsRound === true
const encode = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const progressOf = (positions: readonly TopicPartitionOffset[]): number =>
  positions.reduce((sum, { offset }) => sum + offset, 0)
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
