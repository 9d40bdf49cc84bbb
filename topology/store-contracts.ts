// What state stores are to those who use them: user code in processors, queries and our own operators.
// The stores themselves are in state/stores; keys and values lie there as the bytes of their serdes.

/** A value and the event time it stems from (Kafka's `ValueAndTimestamp`). */
export interface Timestamped<V> {
  readonly value: V
  /** Epoch ms, -1 where none was given. */
  readonly timestampMs: number
}

/** A key with its value (Kafka's `KeyValue`). */
export interface StoreEntry<K, V> extends Timestamped<V> {
  readonly key: K
}

/** Reading a key-value store. Scans go in the unsigned byte order of the serialized keys, as Kafka's. */
export interface ReadOnlyKeyValueStore<K, V> {
  readonly name: string
  /** The value of a key; undefined where it has none. */
  get(key: K): V | undefined
  /** The value with its timestamp. */
  getWithTimestamp(key: K): Timestamped<V> | undefined
  /** Entries from key to key, both inclusive; undefined leaves a side open. */
  range(from?: K, to?: K): IterableIterator<StoreEntry<K, V>>
  /** As `range`, from the last to the first. */
  reverseRange(from?: K, to?: K): IterableIterator<StoreEntry<K, V>>
  /** Entries whose key's bytes begin with those of `prefix`. */
  prefixScan(prefix: Uint8Array): IterableIterator<StoreEntry<K, V>>
  all(): IterableIterator<StoreEntry<K, V>>
  reverseAll(): IterableIterator<StoreEntry<K, V>>
  /** How many keys have a value; here it is exact. */
  approximateNumEntries(): number
}

/** A map of keys to values that survives restarts (Kafka's `KeyValueStore`). */
export interface KeyValueStore<K, V> extends ReadOnlyKeyValueStore<K, V> {
  /** Sets the value of a key; null deletes it. `timestampMs` is the value's event time, epoch ms. */
  put(key: K, value: V | null, timestampMs?: number): void
  /** Sets the value of a key that has none. @returns the value that it has, else undefined. */
  putIfAbsent(key: K, value: V, timestampMs?: number): V | undefined
  /** Deletes a key. @returns the value that it had. */
  delete(key: K): V | undefined
}
