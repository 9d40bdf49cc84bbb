// What state stores are to those who use them: user code in processors, queries and our own operators.
// The stores themselves are in state/stores; keys and values lie there as the bytes of their serdes.import type { Windowed } from './windows.ts'
import type { Windowed } from './windows.ts'

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
  /** All entries, by the bytes of their keys. */
  all(): IterableIterator<StoreEntry<K, V>>
  /** As `all`, backward. */
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

/** An entry of a window store or session store: the key with its window. */
export type WindowEntry<K, V> = StoreEntry<Windowed<K>, V>

/**
 * Reading a window store. Times are starts of windows, epoch ms, both ends inclusive. Scans of one key go
 * by start, all others by (start, key) as Kafka's in memory. What has expired is not there.
 */
export interface ReadOnlyWindowStore<K, V> {
  readonly name: string
  /** The value of a key in the window that starts at `startMs`. */
  fetch(key: K, startMs: number): V | undefined
  /** The windows of a key that start from `fromMs` to `toMs`. */
  fetchRange(key: K, fromMs: number, toMs: number): IterableIterator<WindowEntry<K, V>>
  /** As `fetchRange`, the latest first. */
  backwardFetchRange(key: K, fromMs: number, toMs: number): IterableIterator<WindowEntry<K, V>>
  /** As `fetchRange`, of all keys from one to another; undefined leaves a side open. */
  fetchKeys(
    keyFrom: K | undefined,
    keyTo: K | undefined,
    fromMs: number,
    toMs: number,
  ): IterableIterator<WindowEntry<K, V>>
  /** As `fetchKeys`, backward. */
  backwardFetchKeys(
    keyFrom: K | undefined,
    keyTo: K | undefined,
    fromMs: number,
    toMs: number,
  ): IterableIterator<WindowEntry<K, V>>
  /** The windows of all keys that start from `fromMs` to `toMs`. */
  fetchAll(fromMs: number, toMs: number): IterableIterator<WindowEntry<K, V>>
  /** As `fetchAll`, backward. */
  backwardFetchAll(fromMs: number, toMs: number): IterableIterator<WindowEntry<K, V>>
  /** All windows that have not expired, by key and start. */
  all(): IterableIterator<WindowEntry<K, V>>
  /** As `all`, backward. */
  backwardAll(): IterableIterator<WindowEntry<K, V>>
}

/** Values by key and start of a window, kept for a retention of the store's own time (Kafka's `WindowStore`). */
export interface WindowStore<K, V> extends ReadOnlyWindowStore<K, V> {
  /**
   * Sets the value of a key in the window that starts at `startMs`; null deletes it, where the store keeps
   * no duplicates. @returns false when that window has expired and nothing was put.
   */
  put(key: K, value: V | null, startMs: number, timestampMs?: number): boolean
}

/** Reading a session store. Sessions of one key come by (end, start), those of several by (end, key, start). */
export interface ReadOnlySessionStore<K, V> {
  readonly name: string
  /** The value of exactly one session. */
  fetchSession(key: K, startMs: number, endMs: number): V | undefined
  /** The sessions of a key that end at or after one time and start at or before another. */
  findSessions(
    key: K,
    earliestEndMs: number,
    latestStartMs: number,
  ): IterableIterator<WindowEntry<K, V>>
  /** As `findSessions`, backward. */
  backwardFindSessions(
    key: K,
    earliestEndMs: number,
    latestStartMs: number,
  ): IterableIterator<WindowEntry<K, V>>
  /** All sessions of a key. */
  fetchSessions(key: K): IterableIterator<WindowEntry<K, V>>
  /** As `fetchSessions`, backward. */
  backwardFetchSessions(key: K): IterableIterator<WindowEntry<K, V>>
  /** The sessions of all keys from one to another, both inclusive; undefined leaves a side open. */
  fetchKeys(keyFrom?: K, keyTo?: K): IterableIterator<WindowEntry<K, V>>
  /** As `fetchKeys`, backward. */
  backwardFetchKeys(keyFrom?: K, keyTo?: K): IterableIterator<WindowEntry<K, V>>
}

/** Values by key and session, kept for a retention of the store's own time (Kafka's `SessionStore`). */
export interface SessionStore<K, V> extends ReadOnlySessionStore<K, V> {
  /** Sets the value of a session; null deletes it. @returns false when it has expired and nothing was put. */
  put(key: Windowed<K>, value: V | null): boolean
  /** Deletes a session. */
  remove(key: Windowed<K>): void
}

/** A version of a value (Kafka's `VersionedRecord`): valid from `timestampMs` on. */
export interface VersionedRecord<V> extends Timestamped<V> {
  /** When the next version took over, epoch ms; undefined while this is the latest. */
  readonly validToMs: number | undefined
}

/** Reading a versioned store. The latest version of a key is always there, former ones for the history. */
export interface ReadOnlyVersionedStore<K, V> {
  readonly name: string
  /** The latest version; undefined where the key has none or is deleted. */
  get(key: K): VersionedRecord<V> | undefined
  /** The version that was valid at a time; undefined where there was none or history is over. */
  getAsOf(key: K, asOfMs: number): VersionedRecord<V> | undefined
  /** The versions valid at some time from one time to another, both inclusive, the latest first. */
  versions(key: K, fromMs: number, toMs: number): VersionedRecord<V>[]
}

/** What became of a put: the latest version, one of history, or too old for it. */
export type VersionedPut = 'latest' | 'history' | 'expired'

/** Values by key with their history (Kafka's `VersionedKeyValueStore`, KIP-889). */
export interface VersionedKeyValueStore<K, V> extends ReadOnlyVersionedStore<K, V> {
  /** Sets the value of a key from a time on; null deletes it from then on. */
  put(key: K, value: V | null, timestampMs: number): VersionedPut
  /** Deletes a key from a time on. @returns the version that was valid then. */
  deleteAsOf(key: K, timestampMs: number): VersionedRecord<V> | undefined
}
