// The fluent skin of tables. It has no logic: each method appends one frozen node.
import type { DurationMs } from './duration.ts'
import { foreignJoin, type ForeignJoinSpec } from './foreign-join.ts'
import { withHistoryMs, type HistoryOption } from './history.ts'
import type { RunningEmit } from './grouped.ts'
import type { RecordContext, TopologyNode } from './node.ts'
import type { TransformSpec } from './process.ts'
import { float64 } from './serdes/primitive.ts'
import type { Serde } from './serdes/serde.ts'
import { orFail, staticJoin } from './skin.ts'
import type { StaticTable } from './static-table.ts'
import { Stream } from './stream.ts'
import type { Suppression } from './suppression.ts'
import type {
  Fn,
  JoinSpec,
  OperatorOptions,
  Origin,
  SerdePair,
  SinkOptions,
  SinkTopic,
  TablesJoinSpec,
  Unattached,
} from './stream-specs.ts'
import { checkFunction } from './validate-parameters.ts'
import type { JoinKind } from './join-nodes.ts'

/** How the result of a table operator is kept; left out, it is worked out from the table before. */
export interface StoreOption<V> extends OperatorOptions, HistoryOption {
  /** Keeps the result in a store of the node's name, written with this serde. */
  readonly store?: Serde<V>
}

/** A table: the last value of each key, as a stream of changes (Kafka's KTable). */
export class Table<K, V> {
  declare readonly key: K
  declare readonly value: V
  readonly #at: Origin

  constructor(at: Origin) {
    this.#at = at
  }

  /** Keeps the rows for which `keep` is true; a row that is no longer kept becomes a tombstone. */
  filter(name: string, keep: Fn<K, V, boolean>, options: StoreOption<V> = {}): Table<K, V> {
    return this.#filter(name, keep, false, options)
  }

  /** Keeps the rows for which `drop` is false. */
  filterNot(name: string, drop: Fn<K, V, boolean>, options: StoreOption<V> = {}): Table<K, V> {
    return this.#filter(name, drop, true, options)
  }

  /** Replaces each value; tombstones stay what they are, `map` is not called for them. */
  mapValues<W>(name: string, map: Fn<K, V, W>, options: StoreOption<W> = {}): Table<K, W> {
    const { store, history, ...rest } = options
    const kept = this.#storeOf(name, store, history)
    return this.#next({ kind: 'table-map-values', name, map, store: kept, ...rest }, kept?.value)
  }

  /**
   * Replaces each value by a processor of one's own, with stores and clocks (Kafka's `transformValues`);
   * deleted rows come to it as null. Without `store`, rows that are looked up, and the values before a change,
   * are worked out again by the same function: keep the result where the function has state.
   */
  transformValues<W>(
    name: string,
    spec: TransformSpec<K, V, W>,
    options: StoreOption<W> = {},
  ): Table<K, W> {
    const { store, history, ...rest } = options
    const kept = this.#storeOf(name, store, history)
    const { make, stores = [] } = spec
    const node = { kind: 'table-transform', name, make, stores, store: kept, ...rest } as const
    return this.#next(node, kept?.value)
  }

  /** The changes as a stream, tombstones (null) included. */
  toStream(name: string): Stream<K, V> {
    const from = this.#at.append({ kind: 'to-stream', name, from: this.#at.from })
    return new Stream({ ...this.#at, from })
  }

  /** Groups the rows anew, by the key and with the value that `select` gives; a null key or value leaves a row out. */
  groupBy<L, W>(
    name: string,
    select: Fn<K, V, { key: L | null; value: W | null }>,
    serdes: { key: Serde<L>; value: Serde<W> },
    options: OperatorOptions = {},
  ): GroupedTable<L, W> {
    const { append, from } = this.#at
    const [key, value] = [orFail(name, serdes.key), orFail(name, serdes.value)]
    const node = append({ kind: 'table-group', name, from, select, key, value, ...options })
    return new GroupedTable({ append, from: node, key, value })
  }

  /**
   * Holds changes back, see `untilTimeLimit` and `untilWindowCloses`: fewer updates, or one final result
   * a window. Driven by the times of the changes, not by the wall clock.
   */
  suppress(name: string, suppression: Suppression<K>, serdes: SerdePair<K, V> = {}): Table<K, V> {
    const key = orFail(name, serdes.key ?? this.#at.key)
    const value = orFail(name, serdes.value ?? this.#at.value)
    return this.#next({ kind: 'suppress', name, suppression, key, value }, value)
  }

  /** Joins a row of a static table to each change that has one; the others are left out. */
  join<J extends string | number, R, W>(
    name: string,
    table: StaticTable<J, R>,
    spec: JoinSpec<K, V, J, R, W>,
  ): Stream<K, W>
  /**
   * Joins rows of another table by a key that `on` makes of each row: a row for each that points to one
   * that is there. It keeps its key, and follows changes of both tables.
   */
  join<F, R, W>(
    name: string,
    table: Table<F, R>,
    spec: ForeignJoinSpec<K, V, F, R, R, W>,
  ): Table<K, W>
  /** Joins two tables: a row for each key that both have. */
  join<R, W>(name: string, table: Table<K, R>, spec: TablesJoinSpec<K, V, R, W>): Table<K, W>
  join(name: string, other: unknown, spec: unknown): unknown {
    return this.#join(name, other, spec, 'inner')
  }

  /** As `join`, of all changes; `merge` gets undefined where there is no row. */
  leftJoin<J extends string | number, R, W>(
    name: string,
    table: StaticTable<J, R>,
    spec: JoinSpec<K, V, J, R | undefined, W>,
  ): Stream<K, W>
  /** As `join`, with a row for each row of this table; `merge` gets undefined for a missing one. */
  leftJoin<F, R, W>(
    name: string,
    table: Table<F, R>,
    spec: ForeignJoinSpec<K, V, F, R, R | undefined, W>,
  ): Table<K, W>
  /** As `join`, with a row for each key of this table; `merge` gets undefined for a missing one. */
  leftJoin<R, W>(
    name: string,
    table: Table<K, R>,
    spec: TablesJoinSpec<K, V, R | undefined, W>,
  ): Table<K, W>
  leftJoin(name: string, other: unknown, spec: unknown): unknown {
    return this.#join(name, other, spec, 'left')
  }

  /** As `join`, with a row for each key of either table; `merge` gets undefined for the missing one. */
  outerJoin<R, W>(
    name: string,
    table: Table<K, R>,
    spec: TablesJoinSpec<K, V | undefined, R | undefined, W>,
  ): Table<K, W> {
    return this.#join(name, table, spec, 'outer') as Table<K, W>
  }

  /** Writes the changes to a topic, tombstones included. */
  to(name: string, topic: SinkTopic<K, V>, options: SinkOptions<K, V> = {}): void {
    this.#at.append({ kind: 'sink', name, from: this.#at.from, topic, ...options })
  }

  /** Name of the node that gives the table. */
  get origin(): string {
    return this.#at.from
  }

  #join(name: string, other: unknown, spec: unknown, how: JoinKind): unknown {
    if (!(other instanceof Table)) {
      const given = spec as JoinSpec<K, V, never, never, unknown>
      const rows = other as StaticTable<never, never>
      return this.#changes(staticJoin(name, rows, given, how === 'left'))
    }
    if ('on' in (spec as object))
      return this.#foreignJoin(name, other as Table<unknown, unknown>, spec, how)
    const { merge, store, onError, onDrop } = spec as TablesJoinSpec<K, never, never, unknown>
    const kept = this.#storeOf(name, store, undefined)
    const policies = { onError, onDrop }
    const node = { kind: 'table-join', name, how, merge, store: kept, ...policies } as const
    return this.#next({ ...node, with: (other as Table<K, unknown>).origin }, kept?.value)
  }

  #foreignJoin(
    name: string,
    other: Table<unknown, unknown>,
    spec: unknown,
    how: JoinKind,
  ): unknown {
    const given = spec as ForeignJoinSpec<never, never, never, never, never, unknown>
    const nodes = foreignJoin(name, how, this.#at, other.#at, given)
    for (const node of nodes) this.#at.append(node)
    return new Table({ ...this.#at, from: name, value: nodes[2].store?.value })
  }

  #filter(
    name: string,
    keep: Fn<K, V, boolean>,
    isNegated: boolean,
    { store, history, ...rest }: StoreOption<V>,
  ): Table<K, V> {
    const kept = this.#storeOf(name, store, history)
    const node = { kind: 'table-filter', name, keep, isNegated, store: kept, ...rest } as const
    return this.#next(node, kept?.value ?? this.#at.value)
  }

  #storeOf<W>(name: string, value: Serde<W> | undefined, history: DurationMs | undefined) {
    if (value === undefined) return undefined
    const key = orFail(name, this.#at.key)
    return { key, value: value as unknown as Serde<never>, historyMs: history }
  }

  #changes<W>(node: Unattached<TopologyNode>): Stream<K, W> {
    const from = this.#at.append({ ...node, from: this.#at.from })
    return new Stream({ ...this.#at, from, value: undefined })
  }

  #next<W>(node: Unattached<TopologyNode>, value: Serde<never> | undefined): Table<K, W> {
    const from = this.#at.append({ ...node, from: this.#at.from })
    return new Table<K, W>({ ...this.#at, from, value })
  }
}

const zero = (): number => 0
const plusOne = (count: number): number => count + 1
const minusOne = (count: number): number => count - 1

/** A table grouped anew (Kafka's KGroupedTable): rows come to groups and leave them. */
export class GroupedTable<K, V> {
  declare readonly key: K
  declare readonly value: V
  readonly #at: Origin

  constructor(at: Origin) {
    this.#at = at
  }

  /** Counts the rows of each group; a group that was never there has no count, one left empty has 0. */
  count(name: string, { emit, ...rest }: { emit: RunningEmit } & HistoryOption): Table<K, number> {
    const value = float64 as unknown as Serde<never>
    const spec = { initialize: zero, add: plusOne, subtract: minusOne }
    return this.#table(name, { ...spec, ...withHistoryMs(rest), value, emit })
  }

  /** Reduces the values of each group: `subtract` takes out what a row was, `add` puts in what it is. */
  reduce(
    name: string,
    spec: {
      readonly add: (aggregate: V, value: V, record: RecordContext<K>) => V | null
      readonly subtract: (aggregate: V, value: V, record: RecordContext<K>) => V | null
      readonly emit: RunningEmit
    } & OperatorOptions &
      HistoryOption,
  ): Table<K, V> {
    return this.#table(name, {
      ...withHistoryMs(spec),
      initialize: undefined,
      value: orFail(name, this.#at.value),
    })
  }

  /** Aggregates the values of each group: `subtract` takes out what a row was, `add` puts in what it is. */
  aggregate<A>(
    name: string,
    spec: {
      readonly initialize: () => A
      readonly add: (aggregate: A, value: V, record: RecordContext<K>) => A | null
      readonly subtract: (aggregate: A, value: V, record: RecordContext<K>) => A | null
      readonly value: Serde<A>
      readonly emit: RunningEmit
    } & OperatorOptions &
      HistoryOption,
  ): Table<K, A> {
    checkFunction(name, 'initialize', spec.initialize)
    return this.#table(name, { ...withHistoryMs(spec), value: orFail(name, spec.value) })
  }

  #table<A>(
    name: string,
    spec: Omit<
      Extract<TopologyNode, { kind: 'table-aggregate' }>,
      'kind' | 'name' | 'from' | 'key'
    >,
  ): Table<K, A> {
    const { append, from } = this.#at
    const key = orFail(name, this.#at.key)
    const node = append({ kind: 'table-aggregate', name, from, key, ...spec })
    return new Table({ append, from: node, key, value: spec.value })
  }
}
