// Processors of the user's own in a topology (Kafka's Processor API in the DSL): state, timers, and
// forwarding what and when they like.
import type { DurationMs } from './duration.ts'
import type { Derived } from './node.ts'
import type { ProcessedRecord, RecordHeader, RecordMetadata } from './record.ts'
import type { StoreGetter, StoreSpec } from './processor-stores.ts'
import type { Table } from './table.ts'

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
  /**
   * Where the record in work was read (Kafka's `ProcessorContext.recordMetadata()`); undefined in a
   * punctuator, and where results come in later than the records that they were made of.
   */
  readonly recordMetadata: RecordMetadata | undefined
  /** The task's part of a declared store. @throws TopologyError when it was not declared with the node. */
  readonly store: StoreGetter
  /**
   * Calls `punctuator` each interval. @returns what cancels it.
   * @throws TopologyError for an interval of less than a millisecond.
   */
  schedule(type: PunctuationType, every: DurationMs, punctuator: Punctuator): () => void
}

/** A record to be forwarded; its timestamp and headers are those of the record in work when left out. */
export interface ForwardedRecord<K, V> {
  readonly key: K
  readonly value: V
  readonly timestampMs?: number
  readonly headers?: readonly RecordHeader[]
}

/** What a forwarded value has of its own; that of the record in work when left out. */
export type ForwardedValueOptions = Pick<
  ForwardedRecord<unknown, unknown>,
  'timestampMs' | 'headers'
>

/** The context of `process`, which may change keys. */
export interface ProcessorContext<K, V> extends BaseProcessorContext {
  /**
   * Sends a record on, to all that reads the processor or to the one node named as `child`. Its time is that
   * of the record in work unless it has one. @throws TopologyError when no such node reads the processor.
   */
  forward(record: ForwardedRecord<K, V>, child?: string): void
}

/** The context of `processValues`: the key stays that of the record in work. */
export interface FixedKeyProcessorContext<V> extends BaseProcessorContext {
  /**
   * Sends a value on under the key of the record in work, to all that reads the processor or to the one node
   * named as `child`; a bare number is its time.
   * @throws TopologyError from within a punctuator, where no record is in work.
   */
  forward(value: V, own?: number | ForwardedValueOptions, child?: string): void
}

/** What is done with each record. */
export type ProcessFunction<K, V> = (value: V, record: ProcessedRecord<K>) => void

/** How a processor is made; called once a task. */
export interface ProcessSpec<Context, K, V> {
  /** The stores that it may ask for. */
  readonly stores?: readonly StoreSpec<unknown, unknown>[]
  /**
   * Tables and aggregates of the topology that it reads by `context.store(table)` (Kafka's `process` with the
   * names of their stores). Each must be kept in a store, and have as many partitions as the stream: a task
   * sees its own part.
   */
  readonly tables?: readonly Pick<Table<unknown, unknown>, 'origin'>[]
  /** Called once a task: gives what is called for each record. */
  readonly make: (context: Context) => ProcessFunction<K, V>
}

/**
 * What becomes of each new value of a table, null for a row that was deleted: the row's new value, null
 * for none.
 */
export type TransformFunction<K, V, W> = (value: V | null, record: ProcessedRecord<K>) => W | null

/** How a processor of a table's changes is made; called once a task. */
export interface TransformSpec<K, V, W> {
  /** The stores that it may ask for. */
  readonly stores?: readonly StoreSpec<unknown, unknown>[]
  /** Called once a task: gives what is called for each change. */
  readonly make: (context: BaseProcessorContext) => TransformFunction<K, V, W>
}

export interface ProcessNode extends Derived<'process'> {
  readonly stores: readonly StoreSpec<unknown, unknown>[]
  /** Names of the tables that it reads. */
  readonly tables: readonly string[]
  readonly make: (context: never) => (value: never, record: ProcessedRecord<never>) => void
  /** Whether keys cannot change (Kafka's processValues). */
  readonly isFixedKey: boolean
}
