// What tables are kept in: a plain store, or one with history. Changes that history alone takes, and those
// too old for it, are told apart here.
import { MemoryKeyValueStore } from '../state/stores/key-value-store.ts'
import { MemoryVersionedStore } from '../state/stores/versioned-store.ts'
import type { Serde } from '../topology/serdes/serde.ts'
import type { StreamRecord, TaskContext } from './processor.ts'

/** The store of a table. */
export type TableStore =
  MemoryKeyValueStore<unknown, unknown> | MemoryVersionedStore<unknown, unknown>

/** What the store of a table is made of. */
export interface TableStoreSpec {
  readonly key: Serde<never>
  readonly value: Serde<never>
  /** How long former versions are kept, ms; without it there are none. */
  readonly historyMs?: number | undefined
}

/** Makes the store of a node, among those of the task. */
export function addTableStore(
  name: string,
  { key, value, historyMs }: TableStoreSpec,
  context: TaskContext,
): TableStore {
  const spec = { name, key, value }
  const store: TableStore =
    historyMs === undefined
      ? new MemoryKeyValueStore<unknown, unknown>(spec)
      : new MemoryVersionedStore<unknown, unknown>({ ...spec, historyRetentionMs: historyMs })
  context.addStore(store)
  return store
}

/** Puts a value of a record's key; false where it is too old for the store's history and counted as dropped. */
export function putInTable(
  store: TableStore,
  record: StreamRecord,
  value: unknown,
  timestampMs: number,
  context: TaskContext,
): boolean {
  const put = store.put(record.key, value ?? null, timestampMs)
  if (put === 'expired') {
    context.drop(store.name, 'expired-window')
    return false
  }
  record.isLatest = put !== 'history'
  return true
}

/** The value that a store has for a key, null for none. */
export function valueIn(store: TableStore, key: unknown): unknown {
  const entry = store.find(key)
  return entry < 0 ? null : store.valueAt(entry)
}
