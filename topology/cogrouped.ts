// The fluent skin of cogrouped streams: several groupings, one aggregate. No logic: the aggregate appends a
// node that reads all groupings, and the node of an ordinary aggregate behind it.
import type { AggregateSpec, RunningEmit, WindowOptions } from './grouped.ts'
import { GroupedStream } from './grouped.ts'
import type { HistoryOption } from './history.ts'
import type { CogroupInput, EmitStrategy, RecordContext } from './node.ts'
import type { SessionWindows } from './record-windows.ts'
import type { SessionAggregateSpec } from './session-stream.ts'
import type { Origin } from './stream-specs.ts'
import type { Table } from './table.ts'
import { checkWindows } from './validate-parameters.ts'
import type { EventTimeWindows, UnlimitedWindows, Windowed } from './windows.ts'

/** Adds a value to an aggregate; null deletes what there is. */
export type Add<K, V, A> = (aggregate: A, value: V, record: RecordContext<K>) => A | null

/** What the aggregate of a cogroup takes: its groupings have said how to add. */
export type CogroupSpec<K, A, Emit> = Omit<AggregateSpec<K, never, A, Emit>, 'add'>

/** How a record tells by which grouping it came. */
interface Tagged {
  readonly cogroupInput: number
}

/** Groupings that are aggregated together (Kafka's CogroupedKStream). */
export class CogroupedStream<K, A> {
  declare readonly key: K
  readonly #at: Origin
  readonly #inputs: readonly CogroupInput[]

  private constructor(at: Origin, inputs: readonly CogroupInput[]) {
    this.#at = at
    this.#inputs = inputs
  }

  /** A cogroup of one grouping. */
  static of<K, V, A>(at: Origin, add: Add<K, V, A>): CogroupedStream<K, A> {
    return new CogroupedStream<K, A>(at, [{ from: at.from, add }])
  }

  /** Adds a grouping with the same keys. */
  and<V>(grouped: GroupedStream<K, V>, add: Add<K, V, A>): CogroupedStream<K, A> {
    const from = grouped.node
    return new CogroupedStream<K, A>(this.#at, [...this.#inputs, { from, add }])
  }

  /** Aggregates the values per key. Null values are dropped and counted. */
  aggregate(name: string, spec: CogroupSpec<K, A, RunningEmit> & HistoryOption): Table<K, A> {
    return this.#grouped(name).aggregate<A>(name, { ...spec, add: addOf<K, A>(this.#inputs) })
  }

  /** Aggregates per session. */
  windowedBy(windows: SessionWindows): CogroupedSessions<K, A>
  /** Aggregates all from a time on: such a window never closes, and has no final result. */
  windowedBy(windows: UnlimitedWindows): CogroupedWindows<K, A, RunningEmit>
  /** Aggregates per window of event time. */
  windowedBy(windows: EventTimeWindows): CogroupedWindows<K, A>
  windowedBy(
    windows: EventTimeWindows | SessionWindows,
  ): CogroupedSessions<K, A> | CogroupedWindows<K, A> {
    checkWindows(this.#at.from, windows)
    return windows.kind === 'session-windows' ? this.#sessions(windows) : this.#windows(windows)
  }

  #sessions(windows: SessionWindows): CogroupedSessions<K, A> {
    const add = addOf<K, A>(this.#inputs)
    return {
      aggregate: (name, spec) =>
        this.#grouped(name)
          .windowedBy(windows)
          .aggregate<A>(name, { ...spec, add }),
    }
  }

  #windows(windows: EventTimeWindows): CogroupedWindows<K, A> {
    const add = addOf<K, A>(this.#inputs)
    return {
      aggregate: (name, spec) =>
        this.#grouped(name)
          .windowedBy(windows)
          .aggregate<A>(name, { ...spec, add }),
    }
  }

  #grouped(name: string): GroupedStream<K, unknown> {
    const { append, from } = this.#at
    const inputs = Object.freeze(this.#inputs)
    const at = append({ kind: 'cogroup', name: `${name}-cogroup`, from, inputs })
    return new GroupedStream<K, unknown>({ ...this.#at, from: at, value: undefined })
  }
}

/** Adds a value by the function of the grouping that its record came by. */
function addOf<K, A>(inputs: readonly CogroupInput[]): Add<K, unknown, A> {
  const adders = inputs.map(({ add }) => add as unknown as Add<K, unknown, A>)
  return (aggregate, value, record) =>
    adders[(record as RecordContext<K> & Tagged).cogroupInput]!(aggregate, value, record)
}

/** A cogroup cut into windows (Kafka's TimeWindowedCogroupedKStream). */
export interface CogroupedWindows<K, A, Emit extends EmitStrategy = EmitStrategy> {
  /** Aggregates the values per key and window. Null values are passed on, as Kafka does. */
  aggregate(name: string, spec: CogroupSpec<K, A, Emit> & WindowOptions): Table<Windowed<K>, A>
}

/** A cogroup cut into sessions (Kafka's SessionWindowedCogroupedKStream). */
export interface CogroupedSessions<K, A> {
  /** Aggregates the values per key and session. Null values are passed on, as Kafka does. */
  aggregate(
    name: string,
    spec: Omit<SessionAggregateSpec<K, never, A>, 'add'> & WindowOptions,
  ): Table<Windowed<K>, A>
}
