// Processors of the user's own in a topology (Kafka's Processor API in the DSL): state, timers, and
// forwarding what and when they like.
import type { DurationMs } from './duration.ts'
import type { Derived, RecordContext } from './node.ts'
import type { Serde } from './serdes/serde.ts'
import type { KeyValueStore } from './store-contracts.ts'

/** A store that processors declare and share by passing the same spec. */
export interface StoreSpec<K, V> {
  readonly kind: 'key-value'
  readonly name: string
  readonly key: Serde<K>
  readonly value: Serde<V>
}

/** Declares a key-value store for processors (Kafka's `Stores.keyValueStoreBuilder`). */
export function keyValueStore<K, V>(
  name: string,
  serdes: { key: Serde<K>; value: Serde<V> },
): StoreSpec<K, V> {
  return Object.freeze({ kind: 'key-value', name, key: serdes.key, value: serdes.value })
}

/**
 * Which clock calls a punctuator. `stream-time`: when records move the task's event time over a multiple
 * of the interval. `wall-clock`: an interval after the start, and so on.
 */
export type PunctuationType = 'stream-time' | 'wall-clock'

/** Called by the clock, with its time in epoch ms. */
export type Punctuator = (timeMs: number) => void

/** What a processor is given when it is made, once a task. */
export interface BaseProcessorContext {
  /** The partition that the task works on. */
  readonly partition: number
  /** Highest event time that the task has seen, epoch ms; -1 before the first record. */
  readonly streamTimeMs: number
  /** Wall clock, epoch ms. */
  readonly wallClockMs: number
  /** The task's part of a declared store. @throws TopologyError when it was not declared with the node. */
  store<K, V>(spec: StoreSpec<K, V>): KeyValueStore<K, V>
  /** Calls `punctuator` each interval. @returns what cancels it. */
  schedule(type: PunctuationType, every: DurationMs, punctuator: Punctuator): () => void
}

/** A record to be forwarded; its timestamp is that of the record in work when left out. */
export interface ForwardedRecord<K, V> {
  readonly key: K
  readonly value: V
  readonly timestampMs?: number
}

/** The context of `process`, which may change keys. */
export interface ProcessorContext<K, V> extends BaseProcessorContext {
  /** Sends a record on; its time is that of the record in work unless it has one. */
  forward(record: ForwardedRecord<K, V>): void
}

/** The context of `processValues`: the key stays that of the record in work. */
export interface FixedKeyProcessorContext<V> extends BaseProcessorContext {
  /** @throws TopologyError from within a punctuator, where no record is in work. */
  forward(value: V, timestampMs?: number): void
}

/** What is done with each record. */
export type ProcessFunction<K, V> = (value: V, record: RecordContext<K>) => void

/** How a processor is made; called once a task. */
export interface ProcessSpec<Context, K, V> {
  /** The stores that it may ask for. */
  readonly stores?: readonly StoreSpec<unknown, unknown>[]
  /** Called once a task: gives what is called for each record. */
  readonly make: (context: Context) => ProcessFunction<K, V>
}

export interface ProcessNode extends Derived<'process'> {
  readonly stores: readonly StoreSpec<unknown, unknown>[]
  readonly make: (context: never) => (value: never, record: RecordContext<never>) => void
  /** Whether keys cannot change (Kafka's processValues). */
  readonly isFixedKey: boolean
}
