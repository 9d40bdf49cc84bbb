// The nodes of joins with tables.
import type { Derived, ErasedTopic, Joined, Mapper, Node, RecordContext } from './node.ts'
import type { GlobalErrorPolicy } from './policies.ts'
import type { Serde } from './serdes/serde.ts'
import type { TableStore } from './table-nodes.ts'

/** Makes one value of those of both sides; a side without a row is undefined. */
export type Merge = (left: never, right: never, record: RecordContext<never>) => unknown

/** Which sides of a join may be without a partner: none, the right one, or either. */
export type JoinKind = 'inner' | 'left' | 'outer'

/** A stream joined with a table: each record looks its key up (Kafka's KStreamKTableJoin). */
export interface StreamTableJoinNode extends Joined<'stream-table-join'> {
  readonly isLeft: boolean
  readonly merge: Merge
  /** How the stream travels where its keys may have changed. */
  readonly key: Serde<never> | undefined
  readonly value: Serde<never> | undefined
  /** How long records wait for updates of the table that come out of order, ms; undefined for not at all. */
  readonly graceMs: number | undefined
}

/** Name of the store in which records of a join with grace wait. */
export const waitingStoreOf = ({ name }: { readonly name: string }): string => `${name}-waiting`

/** Two tables joined by their keys (Kafka's KTableKTableJoin and its kin). */
export interface TableJoinNode extends Joined<'table-join'> {
  readonly how: JoinKind
  readonly merge: Merge
  readonly store: TableStore | undefined
}

/** A topic that every instance reads whole. */
export interface GlobalTableNode extends Node<'global-table'> {
  readonly topic: ErasedTopic
  readonly malformed: GlobalErrorPolicy
}

/** A stream joined with a global table by a key made of the record (Kafka's KStreamGlobalKTableJoin). */
export interface GlobalJoinNode extends Derived<'global-join'> {
  readonly table: string
  readonly isLeft: boolean
  readonly on: Mapper
  readonly merge: Merge
}
