// The fluent skin of streams cut into sessions. No logic: each method appends one frozen node.
import type { AggregateSpec, ReduceSpec, WindowOptions } from './grouped.ts'
import type { EmitStrategy, WindowedAggregateNode } from './node.ts'
import type { SessionWindows } from './record-windows.ts'
import { float64 } from './serdes/primitive.ts'
import type { Serde } from './serdes/serde.ts'
import { sessionWindowed } from './serdes/windowed.ts'
import { orFail } from './skin.ts'
import type { Origin } from './stream-specs.ts'
import { Table } from './table.ts'
import { checkFunction } from './validate-parameters.ts'
import type { Windowed } from './windows.ts'

/** An aggregate over sessions: two of them become one when a record lies between. */
export interface SessionAggregateSpec<K, V, A> extends AggregateSpec<K, V, A, EmitStrategy> {
  /** Makes one aggregate of two; `one` is that of nothing or of the sessions before `other`. */
  readonly merge: (one: A, other: A, key: K) => A | null
}

/** A grouped stream cut into sessions (Kafka's SessionWindowedKStream). */
export class SessionStream<K, V> {
  declare readonly key: K
  declare readonly value: V
  readonly #at: Origin
  readonly #windows: SessionWindows

  constructor(at: Origin, windows: SessionWindows) {
    this.#at = at
    this.#windows = windows
  }

  /**
   * Counts the records per key and session. The timestamp of a result is the session's end; a session
   * that becomes part of another is deleted first, except where only final results go out.
   */
  count(
    name: string,
    { emit, retention, onDrop }: { emit: EmitStrategy } & WindowOptions,
  ): Table<Windowed<K>, number> {
    const value = float64 as unknown as Serde<never>
    const spec = { initialize: zero, add: countOne, merge: sum, value, emit, onDrop }
    return this.#table(name, spec, retention)
  }

  /** Reduces the values per key and session, and sessions that become one likewise. */
  reduce(
    name: string,
    spec: ReduceSpec<K, V, EmitStrategy> & WindowOptions,
  ): Table<Windowed<K>, V> {
    const { reduce: add, value, retention, ...rest } = spec
    const kept = orFail(name, value ?? this.#at.value)
    const node = { ...rest, add, initialize: undefined, value: kept }
    return this.#table(name, node, retention)
  }

  /** Aggregates the values per key and session. Null values are passed to `add`, as Kafka does. */
  aggregate<A>(
    name: string,
    spec: SessionAggregateSpec<K, V, A> & WindowOptions,
  ): Table<Windowed<K>, A> {
    const { value, retention, ...rest } = spec
    checkFunction(name, 'initialize', spec.initialize)
    return this.#table(name, { ...rest, value: orFail(name, value) }, retention)
  }

  #table<A>(
    name: string,
    spec: Pick<
      WindowedAggregateNode,
      'initialize' | 'add' | 'merge' | 'value' | 'emit' | 'onError' | 'onDrop'
    >,
    retentionMs: number | undefined,
  ): Table<Windowed<K>, A> {
    const { append, from } = this.#at
    const [key, windows] = [orFail(name, this.#at.key), this.#windows]
    const node = { kind: 'windowed-aggregate', name, from, key, windows, retentionMs } as const
    const at = append({ ...node, ...spec })
    const windowedKey = sessionWindowed(key) as unknown as Serde<never>
    return new Table({ append, from: at, key: windowedKey, value: spec.value })
  }
}

const zero = (): number => 0
const countOne = (count: number): number => count + 1
const sum = (one: number, other: number): number => one + other
