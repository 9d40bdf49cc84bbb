// The nodes of tables: what reads changes, each with a new and, where somebody needs it, an old value.
import type { Aggregation, Derived, EmitStrategy, Mapper } from './node.ts'
import type { BaseProcessorContext, TransformFunction } from './process.ts'
import type { StoreSpec } from './processor-stores.ts'
import type { Serde } from './serdes/serde.ts'
import type { Suppression } from './suppression.ts'

/** What a table is kept in. */
export interface TableStore {
  readonly key: Serde<never>
  readonly value: Serde<never>
  /** How long former versions are kept, ms; without it there are none. */
  readonly historyMs?: number | undefined
}

/** A stream read as a table: the last value of each key (Kafka's KTableSource). */
export interface ToTableNode extends Derived<'to-table'> {
  readonly store: TableStore
  /** Whether it is kept even when nothing behind it needs it, to be queried. */
  readonly isKept: boolean
}

export interface TableFilterNode extends Derived<'table-filter'> {
  readonly keep: Mapper
  readonly isNegated: boolean
  /** Left out, the result is worked out again from the table before. */
  readonly store: TableStore | undefined
}

export interface TableMapValuesNode extends Derived<'table-map-values'> {
  readonly map: Mapper
  readonly store: TableStore | undefined
}

/** Makes each new value by a processor of the user's own. */
export interface TableTransformNode extends Derived<'table-transform'> {
  readonly stores: readonly StoreSpec<unknown, unknown>[]
  readonly make: (context: BaseProcessorContext) => TransformFunction<never, never, unknown>
  readonly store: TableStore | undefined
}

/** Groups the rows of a table anew; `select` gives a key and a value, both sides of a change travel. */
export interface TableGroupNode extends Derived<'table-group'> {
  readonly select: Mapper
  readonly key: Serde<never>
  readonly value: Serde<never>
}

export interface TableAggregateNode extends Derived<'table-aggregate'>, Aggregation {
  readonly subtract: Aggregation['add']
  readonly historyMs?: number | undefined
  readonly key: Serde<never>
  readonly value: Serde<never>
  readonly emit: EmitStrategy
}

/** Holds changes back. */
export interface SuppressNode extends Derived<'suppress'> {
  readonly suppression: Suppression
  readonly key: Serde<never>
  readonly value: Serde<never>
}

/** The changes of a table as a stream, tombstones included. */
export type ToStreamNode = Derived<'to-stream'>
