// The stores of a task that can be asked from outside, by name. Used by queries.
import type {
  ReadOnlyKeyValueStore,
  ReadOnlySessionStore,
  ReadOnlyVersionedStore,
  ReadOnlyWindowStore,
} from '../topology/store-contracts.ts'

/** A store by its kind; what it holds is for its serdes to know. */
export type QueryableStore =
  | { readonly kind: 'key-value'; readonly store: ReadOnlyKeyValueStore<unknown, unknown> }
  | { readonly kind: 'versioned'; readonly store: ReadOnlyVersionedStore<unknown, unknown> }
  | { readonly kind: 'window'; readonly store: ReadOnlyWindowStore<unknown, unknown> }
  | { readonly kind: 'session'; readonly store: ReadOnlySessionStore<unknown, unknown> }
