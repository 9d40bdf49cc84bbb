// The stores of a task's processors, opened by what their nodes declare. Those that share a store get the same.
import { MemoryKeyValueStore } from '../state/stores/key-value-store.ts'
import { MemorySessionStore } from '../state/stores/session-store.ts'
import { MemoryVersionedStore } from '../state/stores/versioned-store.ts'
import { MemoryWindowStore } from '../state/stores/window-store.ts'
import { assertNever } from '../topology/node.ts'
import type { StoreSpec } from '../topology/processor-stores.ts'
import type { TaskContext } from './processor.ts'
import type { QueryableStore } from './queryable.ts'

/** A store that a processor declared. */
export type ProcessStore =
  | MemoryKeyValueStore<unknown, unknown>
  | MemoryWindowStore<unknown, unknown>
  | MemorySessionStore<unknown, unknown>
  | MemoryVersionedStore<unknown, unknown>

/** The stores of a task's processors, by name. */
export type ProcessStores = Map<string, ProcessStore>

/** Opens the stores that are declared and not open yet. */
export function openProcessStores(
  declared: readonly StoreSpec<unknown, unknown>[],
  stores: ProcessStores,
  context: Pick<TaskContext, 'addStore'>,
): void {
  for (const spec of declared) {
    if (stores.has(spec.name)) continue
    const store = openProcessStore(spec)
    context.addStore(store)
    stores.set(spec.name, store)
  }
}

/** A store that belongs to nobody yet. */
export function openProcessStore(spec: StoreSpec<unknown, unknown>): ProcessStore {
  switch (spec.kind) {
    case 'key-value':
      return new MemoryKeyValueStore(spec)
    case 'window':
      return new MemoryWindowStore(spec)
    case 'session':
      return new MemorySessionStore(spec)
    case 'versioned':
      return new MemoryVersionedStore({ ...spec, historyRetentionMs: spec.historyMs })
    default:
      return assertNever(spec)
  }
}

/** A processor's store as it can be asked from outside. */
export function queryableStore(store: ProcessStore): QueryableStore {
  if (store instanceof MemoryWindowStore) return { kind: 'window', store }
  if (store instanceof MemorySessionStore) return { kind: 'session', store }
  if (store instanceof MemoryVersionedStore) return { kind: 'versioned', store }
  return { kind: 'key-value', store }
}
