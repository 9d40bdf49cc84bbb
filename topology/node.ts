// The nodes of a topology: a frozen, discriminated union. The fluent skin makes them, describe() prints
// them, the runtime turns each into a processor. Types are erased here and nowhere before.
import type { Serde, Serializer } from './serdes/serde.ts'
import type { StaticTable } from './static-table.ts'
import { isGlobal, type GlobalStoreNode } from './global-store.ts'
import type { ForeignAnswerNode, ForeignJoinNode, ForeignSubscriptionNode } from './foreign-join.ts'
import type {
  GlobalJoinNode,
  GlobalTableNode,
  StreamTableJoinNode,
  TableJoinNode,
} from './join-nodes.ts'
import type { Partitioner, SinkPartitioner } from './partitioner.ts'
import type { ProcessNode } from './process.ts'
import type { SinkRecord } from './record.ts'
import type {
  SuppressNode,
  TableAggregateNode,
  TableFilterNode,
  TableGroupNode,
  TableMapValuesNode,
  TableTransformNode,
  ToStreamNode,
  ToTableNode,
} from './table-nodes.ts'
import type { SessionWindows } from './record-windows.ts'
import type { TopicPattern } from './topic.ts'
import type { StreamJoinNode } from './stream-join.ts'
import type { DropPolicy, ErrorPolicy, InvalidTimestamp, OffsetReset } from './policies.ts'
import type { EventTimeWindows, TimeWindows } from './windows.ts'

/** What user functions see of the record beside its value. Valid during the call only. */
export interface RecordContext<K> {
  readonly key: K
  /** Epoch milliseconds. */
  readonly timestampMs: number
}

/**
 * When an aggregate puts its results out. `on-update`: each change. `on-update-coalesced`: at most one
 * a key and emit interval, the latest, and always before a commit. `on-window-close`: one final result.
 */
export type EmitStrategy = 'on-update' | 'on-update-coalesced' | 'on-window-close'

/** A function of user code, erased. */
export type Mapper = (value: never, record: RecordContext<never>) => unknown

/** A topic, erased. */
export interface ErasedTopic {
  readonly name: string
  readonly key: Serde<never>
  readonly value: Serde<never>
  readonly formats: Readonly<Record<string, Serde<never>>>
}

/** A topic that a sink writes to, erased. */
export interface ErasedSinkTopic {
  readonly name: string
  readonly key: Serializer<never>
  readonly value: Serializer<never>
  readonly formats: Readonly<Record<string, Serializer<never>>>
}

export interface Node<Kind extends string> {
  readonly kind: Kind
  readonly name: string
  /** What becomes of a record that user code fails on; the topology's policy when left out. */
  readonly onError?: ErrorPolicy | undefined
  /** What becomes of a record that the node drops; the topology's policy when left out. */
  readonly onDrop?: DropPolicy | undefined
}

export interface Derived<Kind extends string> extends Node<Kind> {
  /** Name of the node that this one reads. */
  readonly from: string
}

/** A node that reads two others. */
export interface Joined<Kind extends string> extends Derived<Kind> {
  /** Name of the other node that it reads. */
  readonly with: string
}

export interface SourceNode extends Node<'source'> {
  /** All have the serdes of the first; none where no topic matches the pattern, if there is one. */
  readonly topics: readonly ErasedTopic[]
  /** Where topics are read by a pattern of their names. */
  readonly pattern?: TopicPattern<never, never> | undefined
  /** What becomes of values that the topic's serde cannot read. */
  readonly malformed: ErrorPolicy
  readonly timestamp: Mapper | undefined
  readonly invalidTimestamp: InvalidTimestamp
  readonly offsetReset: OffsetReset
}

/**
 * The serdes that a source reads one of its topics with: those of its first topic, unless a format is set for the topic.
 * @param resolve the topic with the format that is set for it, or the topic itself.
 */
export function serdesOfSource(
  { topics: [first] }: SourceNode,
  topic: ErasedTopic,
  resolve: (topic: ErasedTopic) => ErasedTopic,
): Pick<ErasedTopic, 'key' | 'value'> {
  const chosen = resolve(topic)
  const { key, value } = first!
  return { key, value: chosen === topic ? value : chosen.value }
}

export interface ParseNode extends Derived<'parse'> {
  readonly decode: Serde<never> | Mapper
  readonly timestamp: Mapper | undefined
  readonly malformed: ErrorPolicy
  /** Left out, a record without an event time is malformed. */
  readonly invalidTimestamp: InvalidTimestamp | undefined
}

export interface FilterNode extends Derived<'filter'> {
  readonly keep: Mapper
  readonly isNegated: boolean
}

export interface MapNode extends Derived<'map'> {
  readonly map: Mapper
}

export interface MapValuesNode extends Derived<'map-values'> {
  readonly map: Mapper
}

/** `map` gives any number of records, each with a key and a value. */
export interface FlatMapNode extends Derived<'flat-map'> {
  readonly map: Mapper
}

export interface FlatMapValuesNode extends Derived<'flat-map-values'> {
  readonly map: Mapper
}

export interface SelectKeyNode extends Derived<'select-key'> {
  readonly select: Mapper
}

export interface PeekNode extends Derived<'peek'> {
  readonly look: Mapper
}

/** Ends a stream in user code. */
export interface ForEachNode extends Derived<'for-each'> {
  readonly call: Mapper
}

export type MergeNode = Joined<'merge'>

/** Sends each record to the first branch whose predicate holds; its branches read it. */
export interface SplitNode extends Derived<'split'> {
  readonly predicates: readonly Mapper[]
}

/** A branch of a split; the one after the last predicate takes what is left. */
export interface BranchNode extends Derived<'branch'> {
  readonly index: number
}

/** By what a stream is grouped. Only `same-key` may go without a repartition topic. */
export type GroupKey =
  | { readonly by: 'fields'; readonly names: readonly string[]; readonly serde: Serde<never> }
  | { readonly by: 'function'; readonly select: Mapper; readonly serde: Serde<never> }
  | { readonly by: 'same-key'; readonly serde: Serde<never> }

export interface GroupNode extends Derived<'group'> {
  readonly key: GroupKey
  /** How values travel through the repartition topic; counts need none. */
  readonly value: Serde<never> | undefined
}

/** An explicit repartition topic. */
export interface RepartitionNode extends Derived<'repartition'> {
  readonly key: GroupKey
  readonly value: Serde<never>
  /** As many as what flows into it when left out. */
  readonly partitions: number | undefined
  readonly partitioner?: Partitioner<never, never> | undefined
}

export interface WindowedCountNode extends Derived<'windowed-count'> {
  readonly key: Serde<never>
  readonly windows: TimeWindows
  readonly emit: EmitStrategy
}

/** How an aggregate is made; `initialize` is left out by a reduce, which begins with the first value. */
export interface Aggregation {
  readonly initialize: (() => unknown) | undefined
  readonly add: (aggregate: never, value: never, record: RecordContext<never>) => unknown
}

/** Several groupings that share one aggregate; each record brings the function of its grouping along. */
export interface CogroupNode extends Derived<'cogroup'> {
  readonly inputs: readonly CogroupInput[]
}

/** A grouping of a cogroup. */
export interface CogroupInput {
  readonly from: string
  readonly add: Aggregation['add']
}

export interface AggregateNode extends Derived<'aggregate'>, Aggregation {
  /** How long former versions are kept, ms; without it there are none. */
  readonly historyMs?: number | undefined
  readonly key: Serde<never>
  readonly value: Serde<never>
  readonly emit: EmitStrategy
}

export interface WindowedAggregateNode extends Derived<'windowed-aggregate'>, Aggregation {
  readonly windows: EventTimeWindows | SessionWindows
  /** Makes one aggregate of those of two sessions; sessions need it, others have none. */
  readonly merge?: ((one: never, other: never, key: never) => unknown) | undefined
  readonly key: Serde<never>
  readonly value: Serde<never>
  readonly emit: EmitStrategy
  /** How long windows can be read, milliseconds of stream time; what is needed at least when left out. */
  readonly retentionMs: number | undefined
}

export interface StaticJoinNode extends Derived<'static-join'> {
  readonly table: StaticTable<never, never>
  readonly isLeft: boolean
  readonly on: Mapper
  readonly merge: (value: never, row: never, record: RecordContext<never>) => unknown
}

export interface SinkNode extends Derived<'sink'> {
  readonly topic: ErasedSinkTopic
  /** Left out, keys decide. */
  readonly partitioner?: SinkPartitioner<never, never> | undefined
}

/** A sink whose topic is chosen for each record. */
export interface DynamicSinkNode extends Derived<'dynamic-sink'> {
  readonly choose: (value: never, record: SinkRecord<never>) => string
  readonly key: Serializer<never>
  readonly value: Serializer<never>
  readonly partitioner?: SinkPartitioner<never, never> | undefined
}

export type TopologyNode =
  | SourceNode
  | ParseNode
  | FilterNode
  | MapNode
  | MapValuesNode
  | FlatMapNode
  | FlatMapValuesNode
  | SelectKeyNode
  | PeekNode
  | ForEachNode
  | MergeNode
  | SplitNode
  | BranchNode
  | GroupNode
  | RepartitionNode
  | WindowedCountNode
  | AggregateNode
  | WindowedAggregateNode
  | ToTableNode
  | TableFilterNode
  | TableMapValuesNode
  | TableTransformNode
  | TableGroupNode
  | TableAggregateNode
  | SuppressNode
  | CogroupNode
  | StreamJoinNode
  | ToStreamNode
  | ProcessNode
  | StaticJoinNode
  | StreamTableJoinNode
  | TableJoinNode
  | ForeignSubscriptionNode
  | ForeignAnswerNode
  | ForeignJoinNode
  | GlobalTableNode
  | GlobalStoreNode
  | GlobalJoinNode
  | SinkNode
  | DynamicSinkNode

/** Names of the nodes that a node reads. */
export function parentsOf(node: TopologyNode): readonly string[] {
  if (node.kind === 'source' || isGlobal(node)) return []
  if (node.kind === 'cogroup') return node.inputs.map(({ from }) => from)
  return 'with' in node ? [node.from, node.with] : [node.from]
}

/** Whether a node reads the one of this name. */
export function reads(node: TopologyNode, name: string): boolean {
  if (node.kind === 'source' || isGlobal(node)) return false
  if (node.kind === 'cogroup') return node.inputs.some(({ from }) => from === name)
  return node.from === name || ('with' in node && node.with === name)
}

/** Ends a switch over all kinds. */
export function assertNever(value: never): never {
  throw new Error(`unexpected ${JSON.stringify(value)}`)
}
