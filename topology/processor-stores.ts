// The stores that processors declare: what they are made of, by kind (Kafka's `Stores` factories). The stores
// themselves are opened task by task in processors/.
import type { DurationMs } from './duration.ts'
import { TopologyError } from './errors.ts'
import type { TopologyNode } from './node.ts'
import type { Serde } from './serdes/serde.ts'
import type { GlobalStore } from './global-store.ts'
import type { GlobalTable } from './global-table.ts'
import type { Table } from './table.ts'
import { checkLength } from './validate-lengths.ts'
import type { Windowed } from './windows.ts'
import type {
  KeyValueStore,
  ReadOnlyKeyValueStore,
  ReadOnlySessionStore,
  ReadOnlyVersionedStore,
  ReadOnlyWindowStore,
  SessionStore,
  VersionedKeyValueStore,
  WindowStore,
} from './store-contracts.ts'

/** What every declared store has; `kind` says what else. */
export interface DeclaredStore<Kind extends string, K, V> {
  readonly kind: Kind
  readonly name: string
  readonly key: Serde<K>
  readonly value: Serde<V>
}

/** A declared key-value store. */
export type KeyValueStoreSpec<K, V> = DeclaredStore<'key-value', K, V>

/** A declared window store. Times in ms. */
export interface WindowStoreSpec<K, V> extends DeclaredStore<'window', K, V> {
  readonly sizeMs: number
  readonly retentionMs: number
  readonly retainDuplicates: boolean
}

/** A declared session store. */
export interface SessionStoreSpec<K, V> extends DeclaredStore<'session', K, V> {
  readonly retentionMs: number
}

/** A declared store of values with their history. */
export interface VersionedStoreSpec<K, V> extends DeclaredStore<'versioned', K, V> {
  readonly historyMs: number
}

/** A store that processors declare and share by passing the same spec. */
export type StoreSpec<K, V> =
  | KeyValueStoreSpec<K, V>
  | WindowStoreSpec<K, V>
  | SessionStoreSpec<K, V>
  | VersionedStoreSpec<K, V>

/** How a store's keys and values are written. */
export interface StoreSerdes<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
}

/**
 * Gives a task's part of a store that the processor declares. Global tables and stores are there for every
 * processor, to be read, and are not declared with it. Tables are named in its `tables`; `kind` says what those
 * hold that are no plain ones: windows, sessions, or former versions.
 */
export interface StoreGetter {
  <K, V>(global: GlobalStore<KeyValueStoreSpec<K, V>>): ReadOnlyKeyValueStore<K, V>
  <K, V>(global: GlobalStore<WindowStoreSpec<K, V>>): ReadOnlyWindowStore<K, V>
  <K, V>(global: GlobalStore<SessionStoreSpec<K, V>>): ReadOnlySessionStore<K, V>
  <K, V>(global: GlobalStore<VersionedStoreSpec<K, V>>): ReadOnlyVersionedStore<K, V>
  <K, V>(spec: KeyValueStoreSpec<K, V>): KeyValueStore<K, V>
  <K, V>(spec: WindowStoreSpec<K, V>): WindowStore<K, V>
  <K, V>(spec: SessionStoreSpec<K, V>): SessionStore<K, V>
  <K, V>(spec: VersionedStoreSpec<K, V>): VersionedKeyValueStore<K, V>
  <K, V>(table: Table<K, V>): ReadOnlyKeyValueStore<K, V>
  <K, V>(table: Table<Windowed<K>, V>, kind: 'window'): ReadOnlyWindowStore<K, V>
  <K, V>(table: Table<Windowed<K>, V>, kind: 'session'): ReadOnlySessionStore<K, V>
  <K, V>(table: Table<K, V>, kind: 'versioned'): ReadOnlyVersionedStore<K, V>
  // Last: a declared store has all that a global table has.
  <K, V>(global: GlobalTable<K, V>): ReadOnlyKeyValueStore<K, V>
}

/**
 * Declares a key-value store for processors (Kafka's `Stores.keyValueStoreBuilder`, and
 * `timestampedKeyValueStoreBuilder`: each value may be put with its event time).
 */
export function keyValueStore<K, V>(
  name: string,
  { key, value }: StoreSerdes<K, V>,
): KeyValueStoreSpec<K, V> {
  return Object.freeze({ kind: 'key-value', name, key, value })
}

/**
 * Declares a window store for processors (Kafka's `Stores.windowStoreBuilder`): values by key and start of a
 * window of this size, until the window's start is `retention` behind the latest one put. With
 * `retainDuplicates` values of one key and start stay beside each other.
 * @throws TopologyError when windows have no size or are kept for less than it.
 */
export function windowStore<K, V>(
  name: string,
  spec: StoreSerdes<K, V> & {
    readonly size: DurationMs
    readonly retention: DurationMs
    readonly retainDuplicates?: boolean
  },
): WindowStoreSpec<K, V> {
  const { key, value, size: sizeMs, retention: retentionMs, retainDuplicates = false } = spec
  if (!(sizeMs > 0))
    throw new TopologyError(name, `windows of ${sizeMs} ms hold nothing; make size larger`)
  if (!(retentionMs >= sizeMs)) {
    const why = `windows of ${sizeMs} ms cannot be kept for ${retentionMs} ms: make retention at least that`
    throw new TopologyError(name, why)
  }
  return Object.freeze({ kind: 'window', name, key, value, sizeMs, retentionMs, retainDuplicates })
}

/**
 * Declares a session store for processors (Kafka's `Stores.sessionStoreBuilder`): values by key and session,
 * until the session's end is `retention` behind the latest one put.
 * @throws TopologyError when sessions are kept for no time.
 */
export function sessionStore<K, V>(
  name: string,
  { key, value, retention }: StoreSerdes<K, V> & { readonly retention: DurationMs },
): SessionStoreSpec<K, V> {
  if (!(retention > 0)) {
    throw new TopologyError(
      name,
      `sessions cannot be kept for ${retention} ms; make retention larger`,
    )
  }
  return Object.freeze({ kind: 'session', name, key, value, retentionMs: retention })
}

/**
 * Declares a store for processors that keeps former versions of its values for `history` behind the latest
 * time put (Kafka's `Stores.versionedKeyValueStoreBuilder`, KIP-889).
 * @throws TopologyError when the history is below 0.
 */
export function versionedStore<K, V>(
  name: string,
  { key, value, history }: StoreSerdes<K, V> & { readonly history: DurationMs },
): VersionedStoreSpec<K, V> {
  checkLength(name, 'history', history)
  return Object.freeze({ kind: 'versioned', name, key, value, historyMs: history })
}

/** The stores that a node's user code declares. */
export function declaredStoresOf(node: TopologyNode): readonly StoreSpec<unknown, unknown>[] {
  return 'stores' in node ? node.stores : []
}

/** Names of the tables that a node's user code reads. */
export function tablesReadBy(node: TopologyNode): readonly string[] {
  return node.kind === 'process' ? node.tables : []
}
