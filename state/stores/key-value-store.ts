// The key-value store: values with their timestamps by key (Kafka's KeyValueStore and
// TimestampedKeyValueStore in one). Aggregates, tables and user code in processors keep their state here.
import { toBytes } from '../../topology/serdes/serde.ts'
import type { KeyValueStore, StoreEntry, Timestamped } from '../../topology/store-contracts.ts'
import type { OrderBound } from './entry-order.ts'
import { MemoryStore, type StoreSpec } from './memory-store.ts'
import { afterKey, afterPrefix, Scan } from './scan.ts'

/** A key-value store in memory. */
export class MemoryKeyValueStore<K, V> extends MemoryStore<K, V> implements KeyValueStore<K, V> {
  constructor(spec: StoreSpec<K, V>) {
    super(spec, 0)
  }

  /** Where a key's value is, for `valueAt`, `timestampAt` and `update`; -1 where it has none. */
  find(key: K): number {
    const end = this.writeKey(key)
    return this.table.find(this.key.bytes, 0, end)
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
      if (entry >= 0) this.table.remove(entry)
      return
    }
    const keyEnd = this.writeKey(key)
    const valueEnd = this.writeValue(value)
    this.table.set(this.key.bytes, 0, keyEnd, this.value.bytes, valueEnd, timestampMs)
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
    this.table.remove(entry)
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
    return this.table.rows
  }

  #scan(
    from: Uint8Array | undefined,
    until: Uint8Array | undefined,
    isBackward: boolean,
  ): IterableIterator<StoreEntry<K, V>> {
    const order = this.keyOrder
    const spec = { order, from: bound(from), until: bound(until), isBackward, read: this.#read }
    return new Scan(this.table, spec)
  }

  readonly #read = (entry: number): StoreEntry<K, V> => ({
    key: this.keyAt(entry),
    value: this.valueAt(entry),
    timestampMs: this.timestampAt(entry),
  })

  #fromKey(key: K | undefined): Uint8Array | undefined {
    return key === undefined ? undefined : toBytes(this.keySerde, key)
  }

  #afterKey(key: K | undefined): Uint8Array | undefined {
    return key === undefined ? undefined : afterKey(toBytes(this.keySerde, key))
  }
}

function bound(bytes: Uint8Array | undefined): OrderBound | undefined {
  return bytes === undefined ? undefined : { timeMs: 0, bytes, length: bytes.length }
}
