// The fluent skin of grouped and windowed streams. No logic: each method appends one frozen node.
import { milliseconds, type DurationMs } from './duration.ts'
import { assertNever, type EmitStrategy, type RecordContext, type TopologyNode } from './node.ts'
import type { LocalWindows } from './local-windows.ts'
import type { SessionWindows } from './record-windows.ts'
import { withHistoryMs, type HistoryOption } from './history.ts'
import { CogroupedStream, type Add } from './cogrouped.ts'
import { float64 } from './serdes/primitive.ts'
import type { Serde } from './serdes/serde.ts'
import { windowed } from './serdes/windowed.ts'
import { SessionStream } from './session-stream.ts'
import { orFail } from './skin.ts'
import type { DropOption, OperatorOptions, Origin, Unattached } from './stream-specs.ts'
import { Table } from './table.ts'
import { checkFunction, checkWindows } from './validate-parameters.ts'
import type { EventTimeWindows, UnlimitedWindows, Windowed } from './windows.ts'

/** When results without windows come out: they are never final. */
export type RunningEmit = Exclude<EmitStrategy, 'on-window-close'>

/** How values become one: `reduce` gets what there is, and the next value. */
export interface ReduceSpec<K, V, Emit> extends OperatorOptions {
  /** Null deletes what there is. */
  readonly reduce: (aggregate: V, value: V, record: RecordContext<K>) => V | null
  /** How the aggregate is kept; that of the stream's values when left out. */
  readonly value?: Serde<V>
  readonly emit: Emit
}

/** How values become an aggregate of another type. */
export interface AggregateSpec<K, V, A, Emit> extends OperatorOptions {
  /** The aggregate of no records. */
  readonly initialize: () => A
  /** Null deletes what there is. */
  readonly add: (aggregate: A, value: V, record: RecordContext<K>) => A | null
  /** How the aggregate is kept. */
  readonly value: Serde<A>
  readonly emit: Emit
}

/** What aggregates over windows may say beside. */
export interface WindowOptions extends DropOption {
  /** How long windows can be read; at least size and grace, which is what it is when left out. */
  readonly retention?: DurationMs
}

const countOne = (count: number): number => count + 1
const zero = (): number => 0

/** A stream grouped by a key (Kafka's KGroupedStream). */
export class GroupedStream<K, V> {
  declare readonly value: V
  readonly #at: Origin

  constructor(at: Origin) {
    this.#at = at
  }

  /**
   * Aggregates several groupings into one table: more come by `and`. Each has a function of its own that
   * adds its values (Kafka's `cogroup`, KIP-150).
   */
  cogroup<A>(add: Add<K, V, A>): CogroupedStream<K, A> {
    return CogroupedStream.of<K, V, A>(this.#at, add)
  }

  /** The name of the grouping. */
  get node(): string {
    return this.#at.from
  }

  /** Aggregates per session. */
  windowedBy(windows: SessionWindows): SessionStream<K, V>
  /** Aggregates all from a time on: such a window never closes, and has no final result. */
  windowedBy(windows: UnlimitedWindows): WindowedStream<K, V, RunningEmit>
  /** Aggregates per window of event time. */
  windowedBy(windows: EventTimeWindows): WindowedStream<K, V>
  windowedBy(
    windows: EventTimeWindows | SessionWindows,
  ): WindowedStream<K, V> | SessionStream<K, V> {
    checkWindows(this.#at.from, windows)
    if (windows.kind === 'session-windows') return new SessionStream(this.#at, windows)
    return new WindowedStream(this.#at, windows)
  }

  /** Counts the records per key, those with a null value left out. */
  count(
    name: string,
    spec: { emit: RunningEmit } & OperatorOptions & HistoryOption,
  ): Table<K, number> {
    const node = { ...withHistoryMs(spec), initialize: zero, add: countOne }
    return this.#table(name, { ...node, value: float64 as never })
  }

  /** Reduces the values per key; the first is taken as it is. Null values are dropped and counted. */
  reduce(name: string, spec: ReduceSpec<K, V, RunningEmit> & HistoryOption): Table<K, V> {
    const { reduce: add, value, ...rest } = withHistoryMs(spec)
    const kept = orFail(name, value ?? this.#at.value)
    return this.#table(name, { ...rest, add, initialize: undefined, value: kept })
  }

  /** Aggregates the values per key. Null values are dropped and counted. */
  aggregate<A>(
    name: string,
    spec: AggregateSpec<K, V, A, RunningEmit> & HistoryOption,
  ): Table<K, A> {
    checkFunction(name, 'initialize', spec.initialize)
    return this.#table(name, { ...withHistoryMs(spec), value: orFail(name, spec.value) })
  }

  #table<A>(
    name: string,
    node: Omit<Unattached<AggregateNodeOf<'aggregate'>>, 'kind' | 'name' | 'key'>,
  ) {
    const { append, from } = this.#at
    const key = orFail(name, this.#at.key)
    const at = append({ kind: 'aggregate', name, from, key, ...node })
    return new Table<K, A>({ append, from: at, key, value: node.value })
  }
}

type AggregateNodeOf<Kind extends string> = Extract<TopologyNode, { kind: Kind }>

/** A grouped stream cut into windows (Kafka's TimeWindowedKStream, and its twin for sliding windows). */
export class WindowedStream<K, V, Emit extends EmitStrategy = EmitStrategy> {
  declare readonly value: V
  readonly #at: Origin
  readonly #windows: EventTimeWindows

  constructor(at: Origin, windows: EventTimeWindows) {
    this.#at = at
    this.#windows = windows
  }

  /**
   * Counts the records per key and window in a store of that name. The result's timestamp is the
   * highest of the records counted. Late records are dropped and counted as 'expired-window'.
   */
  count(
    name: string,
    { emit, retention, onDrop }: { emit: Emit } & WindowOptions,
  ): Table<Windowed<K>, number> {
    const windows = this.#windows
    if (windows.kind === 'time-windows' && retention === undefined) {
      const { append, from, key } = this.#at
      const at = append({
        kind: 'windowed-count',
        name,
        from,
        key: orFail(name, key),
        windows,
        emit,
        onDrop,
      })
      return this.#tableOf(name, at, float64 as unknown as Serde<never>)
    }
    const value = float64 as unknown as Serde<never>
    return this.#table(name, { initialize: zero, add: countOne, value, emit, onDrop }, retention)
  }

  /** Reduces the values per key and window; the first is taken as it is. */
  reduce(name: string, spec: ReduceSpec<K, V, Emit> & WindowOptions) {
    const { reduce: add, value, retention, ...rest } = spec
    const kept = orFail(name, value ?? this.#at.value)
    return this.#table<V>(name, { ...rest, add, initialize: undefined, value: kept }, retention)
  }

  /** Aggregates the values per key and window. Null values are passed to `add`, as Kafka does. */
  aggregate<A>(name: string, spec: AggregateSpec<K, V, A, Emit> & WindowOptions) {
    const { value, retention, ...rest } = spec
    checkFunction(name, 'initialize', spec.initialize)
    return this.#table<A>(name, { ...rest, value: orFail(name, value) }, retention)
  }

  #table<A>(
    name: string,
    spec: Omit<Unattached<AggregateNodeOf<'aggregate'>>, 'kind' | 'name' | 'key' | 'historyMs'>,
    retentionMs: number | undefined,
  ): Table<Windowed<K>, A> {
    const { append, from } = this.#at
    const [key, windows] = [orFail(name, this.#at.key), this.#windows]
    const node = {
      kind: 'windowed-aggregate',
      name,
      from,
      key,
      windows,
      retentionMs,
    } as const
    return this.#tableOf(name, append({ ...node, ...spec }), spec.value)
  }

  #tableOf<A>(name: string, from: string, value: Serde<never>): Table<Windowed<K>, A> {
    const size = sizeOf(this.#windows)
    const key = windowed(orFail(name, this.#at.key), size) as unknown as Serde<never>
    return new Table({ append: this.#at.append, from, key, value })
  }
}

/** What the ends of windows are read by. */
function sizeOf(windows: EventTimeWindows): DurationMs | LocalWindows | undefined {
  switch (windows.kind) {
    case 'time-windows':
      return milliseconds(windows.sizeMs)
    case 'sliding-windows':
      return milliseconds(windows.differenceMs)
    case 'local-windows':
      return windows
    case 'unlimited-windows':
      return undefined
    default:
      return assertNever(windows)
  }
}
