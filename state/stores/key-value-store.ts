// The key-value store: values with their timestamps by key (Kafka's KeyValueStore and
// TimestampedKeyValueStore in one). Aggregates, tables and user code in processors keep their state here.
import { ByteBuffer, toBytes, type Serde } from '../../topology/serdes/serde.ts'
import type { KeyValueStore, StoreEntry, Timestamped } from '../../topology/store-contracts.ts'
import { ByteTable } from './byte-table.ts'
import { EntryOrder } from './entry-order.ts'
import { afterKey, afterPrefix, Scan, type Bound } from './scan.ts'
import { TableLog } from './table-log.ts'

/** What a store of keys and values is made of. */
export interface StoreSpec<K, V> {
  readonly name: string
  readonly key: Serde<K>
  readonly value: Serde<V>
}

/** A key-value store in memory; a task saves it at commits by `pack` and finds it again by `restore`. */
export class MemoryKeyValueStore<K, V> implements KeyValueStore<K, V> {
  readonly name: string
  readonly #keySerde: Serde<K>
  readonly #valueSerde: Serde<V>
  readonly #table = new ByteTable()
  readonly #log: TableLog
  #order: EntryOrder | undefined
  readonly #key = new ByteBuffer()
  readonly #value = new ByteBuffer()

  constructor({ name, key, value }: StoreSpec<K, V>) {
    this.name = name
    this.#keySerde = key
    this.#valueSerde = value
    this.#log = new TableLog(name, this.#table)
  }

  get rows(): number {
    return this.#table.rows
  }

  /** Bytes that the store takes. */
  get sizeBytes(): number {
    return this.#table.sizeBytes + this.#key.bytes.length + this.#value.bytes.length
  }

  pack(isSnapshot: boolean): Uint8Array | undefined {
    return this.#log.pack(isSnapshot)
  }

  /** @throws StoreFormatError when the bytes are no entry of a store. */
  restore(entry: Uint8Array): void {
    this.#log.restore(entry)
  }

  /** Where a key's value is, for `valueAt`, `timestampAt` and `update`; -1 where it has none. Valid until the next change. */
  find(key: K): number {
    return this.#table.find(this.#key.bytes, 0, this.#serializeKey(key))
  }

  valueAt(entry: number): V {
    const { entries } = this.#table
    const start = entries.keyEnd(entry)
    return this.#valueSerde.deserialize(entries.pageOf(entry), start, entries.valueEnd(entry))
  }

  /** The event time of the value, epoch ms. */
  timestampAt(entry: number): number {
    return this.#table.entries.timestampOf(entry)
  }

  /** Replaces the value that `find` found; null deletes it. Saves the look-up of a `put`. */
  update(entry: number, value: V | null, timestampMs: number): void {
    if (value === null) this.#table.remove(entry)
    else this.#table.update(entry, this.#value.bytes, this.#serializeValue(value), timestampMs)
  }

  get(key: K): V | undefined {
    const entry = this.find(key)
    return entry < 0 ? undefined : this.valueAt(entry)
  }

  getWithTimestamp(key: K): Timestamped<V> | undefined {
    const entry = this.find(key)
    if (entry < 0) return undefined
    return { value: this.valueAt(entry), timestampMs: this.timestampAt(entry) }
  }

  put(key: K, value: V | null, timestampMs = -1): void {
    if (value === null) {
      const entry = this.find(key)
      if (entry >= 0) this.#table.remove(entry)
      return
    }
    const keyEnd = this.#serializeKey(key)
    const valueEnd = this.#serializeValue(value)
    this.#table.set(this.#key.bytes, 0, keyEnd, this.#value.bytes, valueEnd, timestampMs)
  }

  putIfAbsent(key: K, value: V, timestampMs = -1): V | undefined {
    const held = this.get(key)
    if (held === undefined) this.put(key, value, timestampMs)
    return held
  }

  delete(key: K): V | undefined {
    const entry = this.find(key)
    if (entry < 0) return undefined
    const held = this.valueAt(entry)
    this.#table.remove(entry)
    return held
  }

  range(from?: K, to?: K): IterableIterator<StoreEntry<K, V>> {
    return this.#scan(this.#fromKey(from), this.#afterKey(to), false)
  }

  reverseRange(from?: K, to?: K): IterableIterator<StoreEntry<K, V>> {
    return this.#scan(this.#fromKey(from), this.#afterKey(to), true)
  }

  prefixScan(prefix: Uint8Array): IterableIterator<StoreEntry<K, V>> {
    return this.#scan(new Uint8Array(prefix), afterPrefix(prefix), false)
  }

  all(): IterableIterator<StoreEntry<K, V>> {
    return this.#scan(undefined, undefined, false)
  }

  reverseAll(): IterableIterator<StoreEntry<K, V>> {
    return this.#scan(undefined, undefined, true)
  }

  approximateNumEntries(): number {
    return this.#table.rows
  }

  #scan(
    from: Uint8Array | undefined,
    until: Uint8Array | undefined,
    isBackward: boolean,
  ): IterableIterator<StoreEntry<K, V>> {
    // Made when it is first asked for: most stores are read by key only.
    const order = (this.#order ??= new EntryOrder(this.#table, 0, false))
    const spec = { order, from: bound(from), until: bound(until), isBackward, read: this.#read }
    return new Scan(this.#table, spec)
  }

  readonly #read = (entry: number): StoreEntry<K, V> => {
    const { entries } = this.#table
    const start = entries.keyStart(entry)
    const key = this.#keySerde.deserialize(entries.pageOf(entry), start, entries.keyEnd(entry))
    return { key, value: this.valueAt(entry), timestampMs: this.timestampAt(entry) }
  }

  #fromKey(key: K | undefined): Uint8Array | undefined {
    return key === undefined ? undefined : toBytes(this.#keySerde, key)
  }

  #afterKey(key: K | undefined): Uint8Array | undefined {
    return key === undefined ? undefined : afterKey(toBytes(this.#keySerde, key))
  }

  /** Writes a key into `#key`. @returns where it ends. */
  #serializeKey(key: K): number {
    this.#key.position = 0
    this.#keySerde.serialize(key, this.#key)
    return this.#key.position
  }

  #serializeValue(value: V): number {
    this.#value.position = 0
    this.#valueSerde.serialize(value, this.#value)
    return this.#value.position
  }
}

function bound(bytes: Uint8Array | undefined): Bound | undefined {
  return bytes === undefined ? undefined : { timeMs: 0, bytes }
}
