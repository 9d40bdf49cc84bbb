// The nodes of a topology: a frozen, discriminated union. The fluent skin makes them, describe()
// prints them, the runtime turns each into a processor. Types are erased here and nowhere before.
import type { Serde, Serializer } from './serdes/serde.ts'
import type { StaticTable } from './static-table.ts'
import type { TimeWindows } from './windows.ts'

/** What user functions see of the record beside its value. Valid during the call only. */
export interface RecordContext<K> {
  readonly key: K
  /** Epoch milliseconds. */
  readonly timestampMs: number
}

/** What becomes of a record that cannot be read: the run ends, or it is dropped and counted. */
export type ErrorPolicy = 'fail' | 'skip' | DeadLetter

/** Bad records go to this topic: bytes as they came, the reason in `__streams.errors.*` headers. */
export interface DeadLetter {
  readonly kind: 'dead-letter'
  readonly topic: string
}

/** The policy that writes bad records to a topic (KIP-1034). */
export const deadLetter = (topic: string): DeadLetter =>
  Object.freeze({ kind: 'dead-letter', topic })

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

interface Node<Kind extends string> {
  readonly kind: Kind
  readonly name: string
}

interface Derived<Kind extends string> extends Node<Kind> {
  /** Name of the node that this one reads. */
  readonly from: string
}

export interface SourceNode extends Node<'source'> {
  readonly topic: ErasedTopic
}

export interface ParseNode extends Derived<'parse'> {
  readonly decode: Serde<never> | Mapper
  readonly timestamp: Mapper | undefined
  readonly malformed: ErrorPolicy
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

export interface SelectKeyNode extends Derived<'select-key'> {
  readonly select: Mapper
}

export interface PeekNode extends Derived<'peek'> {
  readonly look: Mapper
}

/** By what a stream is grouped. Only `same-key` may go without a repartition topic. */
export type GroupKey =
  | { readonly by: 'fields'; readonly names: readonly string[]; readonly serde: Serde<never> }
  | { readonly by: 'function'; readonly select: Mapper; readonly serde: Serde<never> }
  | { readonly by: 'same-key'; readonly serde: Serde<never> }

export interface GroupNode extends Derived<'group'> {
  readonly key: GroupKey
}

export interface WindowedCountNode extends Derived<'windowed-count'> {
  readonly windows: TimeWindows
  readonly emit: EmitStrategy
}

export interface StaticJoinNode extends Derived<'static-join'> {
  readonly table: StaticTable<never, never>
  readonly isLeft: boolean
  readonly on: Mapper
  readonly merge: (value: never, row: never, record: RecordContext<never>) => unknown
}

export interface SinkNode extends Derived<'sink'> {
  readonly topic: ErasedSinkTopic
}

export type TopologyNode =
  | SourceNode
  | ParseNode
  | FilterNode
  | MapNode
  | MapValuesNode
  | SelectKeyNode
  | PeekNode
  | GroupNode
  | WindowedCountNode
  | StaticJoinNode
  | SinkNode

/** Ends a switch over all kinds. */
export function assertNever(value: never): never {
  throw new Error(`unexpected ${JSON.stringify(value)}`)
}
