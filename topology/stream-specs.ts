// What the methods of streams take beside functions, and what they need to go on from a node.
import type { DurationMs } from './duration.ts'
import type { RecordContext, TopologyNode } from './node.ts'
import type { Partitioner, SinkPartitioner } from './partitioner.ts'
import type { DropPolicy, ErrorPolicy, InvalidTimestamp, OffsetReset } from './policies.ts'
import type { Serde, Serializer } from './serdes/serde.ts'

/** A node before it knows its origin; `Omit` would lose the union. */
export type Unattached<N> = N extends { from: string } ? Omit<N, 'from'> : never

/** Appends a node that reads the named one and gives the new node's name. */
export type Append = (node: TopologyNode) => string

/** Where a stream or table comes from: the node before it, and its serdes as far as they are known. */
export interface Origin {
  readonly append: Append
  readonly from: string
  readonly key: Serde<never> | undefined
  readonly value: Serde<never> | undefined
}

/** What operators that drop records take. */
export interface DropOption {
  /** What becomes of a record that the operator drops; the topology's `onDrop` when left out. */
  readonly onDrop?: DropPolicy
}

/** What operators with user code take last. */
export interface OperatorOptions extends DropOption {
  /**
   * What becomes of a record that the function throws on, or that a serde cannot write to where the operator sends or
   * keeps it; the topology's `onError` when left out.
   */
  readonly onError?: ErrorPolicy
}

/** A topic that values can be written to: the serdes need only write. */
export interface SinkTopic<K, V> {
  readonly name: string
  readonly key: Serializer<K>
  readonly value: Serializer<V>
  readonly formats: Readonly<Record<string, Serializer<V>>>
}

/** How a record finds its row, and what becomes of both. */
export interface JoinSpec<K, V, J, R, W> extends OperatorOptions {
  /** The row's key; null finds none. */
  on: (value: V, record: RecordContext<K>) => J | null
  /** The result of two that belong together. */
  merge: (value: V, row: R, record: RecordContext<K>) => W
}

/** How the bytes of a source become records. */
export interface ParseSpec<K, V> extends DropOption {
  /** A serde, such as `json.object({…})`, or a function of the bytes that throws on bad ones. */
  decode: Serde<V> | ((bytes: Uint8Array, record: RecordContext<K>) => V)
  /** Event time in epoch ms; without it the record's own timestamp stays. */
  timestamp?: (value: V, record: RecordContext<K>) => number
  /** What becomes of a record that cannot be read. */
  malformed: ErrorPolicy
  /** What becomes of a record whose event time is none; left out, it is malformed. */
  invalidTimestamp?: InvalidTimestamp
}

/** How a source reads its topics. */
export interface SourceSpec<K, V> extends DropOption {
  /** What becomes of values that the topic's serde cannot read. Default 'fail'. */
  readonly malformed?: ErrorPolicy
  /** Event time in epoch ms (Kafka's TimestampExtractor); without it the record's own timestamp stays. */
  readonly timestamp?: (value: V, record: RecordContext<K>) => number
  /** What becomes of a record whose event time is none. Default 'fail'. */
  readonly invalidTimestamp?: InvalidTimestamp
  /** Where it begins in partitions that the application has not read yet. Default 'earliest'. */
  readonly offsetReset?: OffsetReset
}

/** Serdes that an operator needs where they do not follow from what comes before. */
export interface SerdePair<K, V> {
  readonly key?: Serde<K>
  readonly value?: Serde<V>
}

/** How a record and a row of a table become one value; a join that may find none gives undefined. */
export interface TableJoinSpec<K, V, R, W> extends SerdePair<K, V>, OperatorOptions {
  /**
   * How long records wait for updates of the table that come out of order; each then sees the table as of
   * its own time. The table must keep at least as much history (KIP-923).
   */
  readonly grace?: DurationMs
  /** The result of two that belong together. */
  readonly merge: (value: V, row: R, record: RecordContext<K>) => W
}

/** How a record finds its row in a global table, and what becomes of both. */
export interface GlobalJoinSpec<K, V, J, R, W> extends OperatorOptions {
  /** The row's key; null finds none. */
  readonly on: (value: V, record: RecordContext<K>) => J | null
  /** The result of two that belong together. */
  readonly merge: (value: V, row: R, record: RecordContext<K>) => W
}

/** How rows of two tables become one. */
export interface TablesJoinSpec<K, L, R, W> extends OperatorOptions {
  /** The result of two that belong together. */
  readonly merge: (left: L, right: R, record: RecordContext<K>) => W
  /** Keeps the result in a store of the node's name, written with this serde. */
  readonly store?: Serde<W>
}

/** Options of `repartition`. */
export interface RepartitionSpec<K, V> extends SerdePair<K, V>, OperatorOptions {
  /** As many as what flows into it when left out. */
  readonly partitions?: number
  /** Where records go; left out, their keys decide. What it gives holds for all that is behind. */
  readonly partitioner?: Partitioner<K, V>
}

/** What sinks take last. */
export interface SinkOptions<K, V> extends OperatorOptions {
  /** Where records go; left out, their keys decide (Kafka's `Produced.withStreamPartitioner`). */
  readonly partitioner?: SinkPartitioner<K, V>
}

/** The serdes of a sink that chooses its topic. */
export interface SinkSerdes<K, V> {
  readonly key: Serializer<K>
  readonly value: Serializer<V>
}

/** Any function of user code, before its types are erased. */
export type Fn<K, V, R> = (value: V, record: RecordContext<K>) => R
