// The joins of streams with tables of all kinds: the part of the fluent skin of streams that they fill.
import { GlobalTable } from './global-table.ts'
import type { TopologyNode } from './node.ts'
import type { Serde } from './serdes/serde.ts'
import { globalJoin, orFail, staticJoin } from './skin.ts'
import type { StaticTable } from './static-table.ts'
import { streamJoin, type OuterSides, type StreamJoinSpec } from './stream-join.ts'
import { Stream } from './stream.ts'
import type { GlobalJoinSpec, JoinSpec, Origin, TableJoinSpec, Unattached } from './stream-specs.ts'
import { Table } from './table.ts'

/** Each kind has its own; the overloads say which. */
type AnySpec = JoinSpec<never, never, never, never, unknown> &
  TableJoinSpec<never, never, never, unknown>

/** A stream as something to join tables to. */
export abstract class StreamJoins<K, V> {
  declare readonly key: K
  declare readonly value: V
  protected readonly at: Origin

  constructor(at: Origin) {
    this.at = at
  }

  /** Joins each record with those of another stream that have its key and lie near it in time. */
  join<U, W>(
    name: string,
    other: Stream<K, U>,
    spec: StreamJoinSpec<K, V, U, W, V, U>,
  ): Stream<K, W>
  /** Joins a row of a static table to each record that has one; the others are left out. */
  join<J extends string | number, R, W>(
    name: string,
    table: StaticTable<J, R>,
    spec: JoinSpec<K, V, J, R, W>,
  ): Stream<K, W>
  /** Joins a row of a global table, found by any key. */
  join<J, R, W>(
    name: string,
    table: GlobalTable<J, R>,
    spec: GlobalJoinSpec<K, V, J, R, W>,
  ): Stream<K, W>
  /** Joins the row that a table has under the record's key when the record comes; without one it ends. */
  join<R, W>(name: string, table: Table<K, R>, spec: TableJoinSpec<K, V, R, W>): Stream<K, W>
  join(name: string, table: unknown, spec: unknown): unknown {
    return this.#join(name, table, spec, [])
  }

  /**
   * Joins as `join`, and gives out a record that found no partner once its window has closed, with
   * undefined for the other side.
   */
  leftJoin<U, W>(
    name: string,
    other: Stream<K, U>,
    spec: StreamJoinSpec<K, V, U | undefined, W, V, U>,
  ): Stream<K, W>
  /** As `join`; `merge` gets undefined where there is no row. */
  leftJoin<J extends string | number, R, W>(
    name: string,
    table: StaticTable<J, R>,
    spec: JoinSpec<K, V, J, R | undefined, W>,
  ): Stream<K, W>
  leftJoin<J, R, W>(
    name: string,
    table: GlobalTable<J, R>,
    spec: GlobalJoinSpec<K, V, J, R | undefined, W>,
  ): Stream<K, W>
  leftJoin<R, W>(
    name: string,
    table: Table<K, R>,
    spec: TableJoinSpec<K, V, R | undefined, W>,
  ): Stream<K, W>
  leftJoin(name: string, table: unknown, spec: unknown): unknown {
    return this.#join(name, table, spec, ['left'])
  }

  /** Joins as `leftJoin`, for both sides. */
  outerJoin<U, W>(
    name: string,
    other: Stream<K, U>,
    spec: StreamJoinSpec<K, V | undefined, U | undefined, W, V, U>,
  ): Stream<K, W> {
    return this.#join(name, other, spec, ['left', 'right']) as Stream<K, W>
  }

  /** A stream of other values under the same keys. */
  protected newValue<W>(node: Unattached<TopologyNode>): Stream<K, W> {
    return this.next(node, this.at.key, undefined)
  }

  /** A stream from a node that reads this one. */
  protected next<L, W>(
    node: Unattached<TopologyNode>,
    key: Serde<never> | undefined,
    value: Serde<never> | undefined,
  ): Stream<L, W> {
    const from = this.at.append({ ...node, from: this.at.from })
    return new Stream<L, W>({ append: this.at.append, from, key, value })
  }

  #join(name: string, other: unknown, given: unknown, outer: OuterSides): unknown {
    const spec = given as AnySpec
    const isLeft = outer.length > 0
    if (other instanceof StreamJoins) {
      const { at } = other as Stream<K, unknown>
      const node = streamJoin(
        name,
        this.at,
        at,
        given as StreamJoinSpec<never, never, never, unknown, never, never>,
        outer,
      )
      return new Stream({ ...this.at, from: this.at.append(node), value: undefined })
    }
    if (other instanceof GlobalTable) return this.newValue(globalJoin(name, other, spec, isLeft))
    if (!(other instanceof Table)) {
      const rows = other as StaticTable<never, never>
      return this.newValue(staticJoin(name, rows, spec, isLeft))
    }
    const { merge, onError, onDrop, grace: graceMs } = spec
    // Records that wait are kept by their serdes.
    const known =
      graceMs === undefined
        ? this.at
        : {
            key: orFail(name, spec.key ?? this.at.key),
            value: orFail(name, spec.value ?? this.at.value),
          }
    const key = spec.key ?? known.key
    const value = spec.value ?? known.value
    const node = { kind: 'stream-table-join', name, isLeft, merge, key, value, graceMs } as const
    return this.newValue({ ...node, with: (other as Table<K, unknown>).origin, onError, onDrop })
  }
}
