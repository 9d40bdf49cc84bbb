// What the stores in memory share: serdes over a byte table, its orders and its log. A store of a kind
// says how its keys are written and in which order they are read.
import { ByteBuffer, toBytes, type Serde } from '../../topology/serdes/serde.ts'
import { compareBytes, type SpillFigures } from './byte-arena.ts'
import { ByteTable, type TimeOf } from './byte-table.ts'
import { EntryOrder } from './entry-order.ts'
import type { StateMemory } from './state-memory.ts'
import { TableLog, type PackedRound } from './table-log.ts'

/** What a store of keys and values is made of. */
export interface StoreSpec<K, V> {
  readonly name: string
  readonly key: Serde<K>
  readonly value: Serde<V>
}

/**
 * A store in memory; its task saves it at commits by `pack` and finds it again by `restore`. Entries
 * are numbers, valid until the store is changed.
 */
export abstract class MemoryStore<K, V> {
  readonly name: string
  protected readonly keySerde: Serde<K>
  protected readonly valueSerde: Serde<V>
  protected readonly table: ByteTable
  protected readonly log: TableLog
  protected readonly key = new ByteBuffer()
  protected readonly value = new ByteBuffer()
  readonly #suffixBytes: number
  #keyOrder: EntryOrder | undefined
  #timeOrder: EntryOrder | undefined

  /** @param suffixBytes how many bytes of times and numbers follow the key of the user. */
  protected constructor(spec: StoreSpec<K, V>, suffixBytes: number, timeOf?: TimeOf) {
    this.name = spec.name
    this.keySerde = spec.key
    this.valueSerde = spec.value
    this.#suffixBytes = suffixBytes
    this.table = new ByteTable(timeOf)
    this.log = new TableLog(spec.name, this.table)
  }

  /** How many entries have a value. */
  get rows(): number {
    return this.table.rows
  }

  /** Entries that were deleted or have expired since it was opened. */
  get removedRows(): number {
    return this.table.removedRows
  }

  /** Bytes that the store takes in memory. */
  get sizeBytes(): number {
    return this.table.sizeBytes + this.key.bytes.length + this.value.bytes.length
  }

  /** What of the store lies in a file, where memory is bounded. */
  get spill(): SpillFigures {
    return this.table.entries.spill
  }

  /** Lets keys and values lie in memory that is bounded, from now on. The store must be empty. */
  lieIn(memory: StateMemory): void {
    this.table.lieIn(memory)
  }

  /** Gives up what it holds, here and in files. It is of no use any more. */
  close(): void {
    this.table.close()
  }

  /** Changes since the last save, or all of it; undefined when nothing changed. Valid until the next call. */
  pack(isSnapshot: boolean): Uint8Array | undefined {
    return this.log.pack(isSnapshot)
  }

  /** Bytes of keys and values, wherever they lie. */
  get contentBytes(): number {
    const { entries } = this.table
    return entries.pageBytes + entries.spill.spilledBytes
  }

  /** See `TableLog`. */
  packRound(): PackedRound | undefined {
    return this.log.packRound()
  }

  /** Takes what changed for saved: of a store that nobody saves. */
  forgetChanges(): void {
    this.table.drainDirty(() => undefined)
  }

  /** How many entries had changed when it was packed last. */
  get changedRows(): number {
    return this.log.changedRows
  }

  /** Puts saved changes in place. @throws StoreFormatError when the bytes are no entry of a store. */
  restore(entry: Uint8Array, savedBytes?: number): void {
    this.log.restore(entry, savedBytes)
  }

  /** The value of an entry, read anew. */
  valueAt(entry: number): V {
    const { entries } = this.table
    const start = entries.keyEnd(entry)
    return this.valueSerde.deserialize(entries.pageOf(entry), start, entries.valueEnd(entry))
  }

  /** A value like this one that shares nothing with it. */
  copyOf(value: V): V {
    if (typeof value !== 'object' || value === null) return value
    const end = this.writeValue(value)
    return this.valueSerde.deserialize(this.value.bytes, 0, end)
  }

  /** The event time of an entry's value, epoch ms. */
  timestampAt(entry: number): number {
    return this.table.entries.timestampOf(entry)
  }

  /** The key of an entry, read anew. */
  keyAt(entry: number): K {
    const { entries } = this.table
    const end = entries.keyEnd(entry) - this.#suffixBytes
    return this.keySerde.deserialize(entries.pageOf(entry), entries.keyStart(entry), end)
  }

  /** Replaces the value of an entry; null deletes it. Saves the look-up of a `put`. */
  update(entry: number, value: V | null, timestampMs: number): void {
    if (value === null) {
      this.table.remove(entry)
      return
    }
    // Writing may give the buffer other bytes: they are taken after it.
    const valueEnd = this.writeValue(value)
    this.table.update(entry, this.value.bytes, valueEnd, timestampMs)
  }

  // Orders are made when they are first asked for: most stores are read by key only.

  protected get keyOrder(): EntryOrder {
    const spec = { index: 0, byTime: false, suffixBytes: this.#suffixBytes } as const
    return (this.#keyOrder ??= new EntryOrder(this.table, spec))
  }

  protected get timeOrder(): EntryOrder {
    const spec = { index: 1, byTime: true, suffixBytes: this.#suffixBytes } as const
    return (this.#timeOrder ??= new EntryOrder(this.table, spec))
  }

  /** Tells of entries whether their key is between two, both inclusive; undefined leaves a side open. */
  protected keysBetween(from: K | undefined, to: K | undefined): (entry: number) => boolean {
    const least = from === undefined ? undefined : toBytes(this.keySerde, from)
    const greatest = to === undefined ? undefined : toBytes(this.keySerde, to)
    return (entry) => {
      const { entries } = this.table
      const page = entries.pageOf(entry)
      const start = entries.keyStart(entry)
      const end = entries.keyEnd(entry) - this.#suffixBytes
      if (least !== undefined && compareBytes(page, start, end, least, 0, least.length) < 0) {
        return false
      }
      if (greatest === undefined) return true
      return compareBytes(page, start, end, greatest, 0, greatest.length) <= 0
    }
  }

  /** Writes the user's key into `key`. @returns where it ends. */
  protected writeKey(key: K): number {
    this.key.position = 0
    this.keySerde.serialize(key, this.key)
    return this.key.position
  }

  /** Writes a value into `value`. @returns where it ends. */
  protected writeValue(value: V): number {
    this.value.position = 0
    this.valueSerde.serialize(value, this.value)
    return this.value.position
  }
}
