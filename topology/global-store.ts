// Global stores: every instance fills one of its own from all of a topic, by a processor of the user's
// (Kafka's `StreamsBuilder.addGlobalStore`). Processors anywhere in the topology read it.
import type { GlobalTableNode } from './join-nodes.ts'
import type { ErasedTopic, Node, TopologyNode } from './node.ts'
import type { GlobalErrorPolicy } from './policies.ts'
import type { BaseProcessorContext, ProcessFunction } from './process.ts'
import type { StoreSpec } from './processor-stores.ts'

/** What the processor of a global store is given. It forwards nothing, and no clock calls it. */
export type GlobalStoreContext = Pick<BaseProcessorContext, 'store' | 'recordMetadata'>

/** A global store: what it is, and what fills it. */
export interface GlobalStoreSpec<K, V, Store extends StoreSpec<unknown, unknown>> {
  readonly store: Store
  /**
   * Called once a worker: gives what is called for each record of the topic, from its beginning. A null value
   * comes as it is; a null key is dropped.
   */
  readonly make: (context: GlobalStoreContext) => ProcessFunction<K, V | null>
  /** What becomes of records that the topic's serdes cannot read. Default 'fail'. */
  readonly malformed?: GlobalErrorPolicy
  /** What becomes of records that the processor throws on. Default 'fail', whatever the topology says. */
  readonly onError?: GlobalErrorPolicy
}

/** A global store, to be read by processors: `context.store(globalStore)`. */
export class GlobalStore<Store extends StoreSpec<unknown, unknown>> {
  readonly name: string
  readonly store: Store

  constructor(name: string, store: Store) {
    this.name = name
    this.store = store
  }
}

/** A topic that every instance reads whole, into a store by a processor. */
export interface GlobalStoreNode extends Node<'global-store'> {
  readonly topic: ErasedTopic
  readonly malformed: GlobalErrorPolicy
  readonly onError: GlobalErrorPolicy
  /** The one that it fills. */
  readonly stores: readonly [StoreSpec<unknown, unknown>]
  readonly make: (context: GlobalStoreContext) => ProcessFunction<never, never>
}

/** What reads a topic whole on every instance, and belongs to no task. */
export type GlobalNode = GlobalTableNode | GlobalStoreNode

/** Whether a node reads a topic whole on every instance. */
export const isGlobal = (node: TopologyNode): node is GlobalNode =>
  node.kind === 'global-table' || node.kind === 'global-store'

/** The store that a global table or store fills. */
export const globalStoreOf = (node: GlobalNode): string =>
  node.kind === 'global-store' ? node.stores[0].name : node.name
