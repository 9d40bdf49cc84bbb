// The fluent skin of streams. It has no logic: each method appends one frozen node.
import type { GroupKey, ErrorPolicy, Mapper, RecordContext, TopologyNode } from './node.ts'
import type { FieldsKey } from './serdes/fields.ts'
import type { Serde, Serializer } from './serdes/serde.ts'
import type { StaticTable } from './static-table.ts'
import { GroupedStream } from './grouped.ts'

/** A node before it knows its origin; `Omit` would lose the union. */
export type Unattached<N> = N extends { from: string } ? Omit<N, 'from'> : never

/** Appends a node that reads the named one and gives the new node's name. */
export type Append = (node: TopologyNode) => string

/** A topic that values can be written to: the serdes need only write. */
export interface SinkTopic<K, V> {
  readonly name: string
  readonly key: Serializer<K>
  readonly value: Serializer<V>
  readonly formats: Readonly<Record<string, Serializer<V>>>
}

/** A stream of records (Kafka's KStream). Methods take the new node's name first. */
export class Stream<K, V> {
  readonly #append: Append
  readonly #from: string
  protected readonly keySerde: Serde<K> | undefined

  constructor(append: Append, from: string, keySerde: Serde<K> | undefined) {
    this.#append = append
    this.#from = from
    this.keySerde = keySerde
  }

  /** Keeps the records for which `keep` is true. */
  filter(name: string, keep: (value: V, record: RecordContext<K>) => boolean): Stream<K, V> {
    return this.#next({ kind: 'filter', name, keep: keep, isNegated: false })
  }

  /** Keeps the records for which `drop` is false. */
  filterNot(name: string, drop: (value: V, record: RecordContext<K>) => boolean): Stream<K, V> {
    return this.#next({ kind: 'filter', name, keep: drop, isNegated: true })
  }

  /** Replaces each value; the key stays, so no repartition follows from it. */
  mapValues<W>(name: string, map: (value: V, record: RecordContext<K>) => W): Stream<K, W> {
    return this.#next<K, W>({ kind: 'map-values', name, map: map })
  }

  /** Replaces key and value. Grouping by the same key afterwards goes through a repartition topic. */
  map<L, W>(
    name: string,
    map: (value: V, record: RecordContext<K>) => { key: L; value: W },
  ): Stream<L, W> {
    return this.#derive<L, W>({ kind: 'map', name, map: map }, undefined)
  }

  /** Replaces the key. */
  selectKey<L>(name: string, select: (value: V, record: RecordContext<K>) => L): Stream<L, V> {
    return this.#derive<L, V>({ kind: 'select-key', name, select: select }, undefined)
  }

  /** Calls `look` for each record and passes it on. What `look` does is outside all guarantees. */
  peek(name: string, look: (value: V, record: RecordContext<K>) => void): Stream<K, V> {
    return this.#next({ kind: 'peek', name, look: look })
  }

  /** Groups by fields of the value: the fast way, no key is built per record. */
  groupBy<N extends keyof V & string>(
    name: string,
    key: FieldsKey<N>,
  ): GroupedStream<Readonly<Pick<V, N>>, V>
  /** Groups by what `key` gives, written with `serde`; a null key is dropped and counted. */
  groupBy<L>(
    name: string,
    key: (value: V, record: RecordContext<K>) => L | null,
    serde: Serde<L>,
  ): GroupedStream<L, V>
  groupBy(
    name: string,
    key: FieldsKey<string> | ((value: V, record: RecordContext<K>) => unknown),
    serde?: Serde<unknown>,
  ): GroupedStream<unknown, V> {
    const groupKey: GroupKey =
      typeof key === 'function'
        ? { by: 'function', select: key, serde: serde as unknown as Serde<never> }
        : { by: 'fields', names: key.names, serde: key as unknown as Serde<never> }
    const group = this.#append({ kind: 'group', name, from: this.#from, key: groupKey })
    return new GroupedStream(this.#append, group)
  }

  /** Groups by the key as it is; only where it was changed before does a repartition follow. */
  groupByKey(name: string, serde: Serde<K>): GroupedStream<K, V> {
    const key: GroupKey = { by: 'same-key', serde: serde as unknown as Serde<never> }
    const group = this.#append({ kind: 'group', name, from: this.#from, key })
    return new GroupedStream(this.#append, group)
  }

  /** Joins a row of a static table to each record that has one; the others are left out. */
  join<J extends string | number, R, W>(
    name: string,
    table: StaticTable<J, R>,
    spec: JoinSpec<K, V, J, R, W>,
  ): Stream<K, W> {
    return this.#next<K, W>(staticJoin(name, table, spec, false))
  }

  /** Joins a row of a static table; `merge` gets undefined where there is none. */
  leftJoin<J extends string | number, R, W>(
    name: string,
    table: StaticTable<J, R>,
    spec: JoinSpec<K, V, J, R | undefined, W>,
  ): Stream<K, W> {
    return this.#next<K, W>(staticJoin(name, table, spec, true))
  }

  /** Writes the records to a topic. */
  to(name: string, topic: SinkTopic<K, V>): void {
    this.#append({ kind: 'sink', name, from: this.#from, topic: topic })
  }

  /** The name of the node that this stream comes from. */
  protected get origin(): string {
    return this.#from
  }

  #next<L = K, W = V>(node: Unattached<TopologyNode>): Stream<L, W> {
    return this.#derive<L, W>(node, this.keySerde as Serde<L> | undefined)
  }

  #derive<L, W>(node: Unattached<TopologyNode>, keySerde: Serde<L> | undefined): Stream<L, W> {
    const name = this.#append({ ...node, from: this.#from })
    return new Stream<L, W>(this.#append, name, keySerde)
  }
}

/** How a record finds its row, and what becomes of both. */
export interface JoinSpec<K, V, J, R, W> {
  /** The row's key; null finds none. */
  on: (value: V, record: RecordContext<K>) => J | null
  merge: (value: V, row: R, record: RecordContext<K>) => W
}

function staticJoin<K, V, J extends string | number, R, M, W>(
  name: string,
  table: StaticTable<J, R>,
  spec: JoinSpec<K, V, J, M, W>,
  isLeft: boolean,
): Unattached<TopologyNode> {
  return {
    kind: 'static-join',
    name,
    table: table as unknown as StaticTable<never, never>,
    isLeft,
    on: spec.on,
    merge: spec.merge,
  }
}

/** How the bytes of a source become records. */
export interface ParseSpec<K, V> {
  /** A serde, such as `json.object({…})`, or a function of the bytes that throws on bad ones. */
  decode: Serde<V> | ((bytes: Uint8Array, record: RecordContext<K>) => V)
  /** Event time in epoch ms; without it the record's own timestamp stays. */
  timestamp?: (value: V, record: RecordContext<K>) => number
  /** What becomes of a record that cannot be read. */
  malformed: ErrorPolicy
}

/** A source's records as they came; `parse` turns bytes into values. */
export class SourceStream<K, V> extends Stream<K, V> {
  readonly #append: Append

  constructor(append: Append, from: string, keySerde: Serde<K>) {
    super(append, from, keySerde)
    this.#append = append
  }

  /** Reads the bytes of each record as a value, and its event time. */
  parse<W>(name: string, spec: ParseSpec<K, W>): Stream<K, W> {
    const node: TopologyNode = {
      kind: 'parse',
      name,
      from: this.origin,
      decode: spec.decode as Serde<never> | Mapper,
      timestamp: spec.timestamp as Mapper | undefined,
      malformed: spec.malformed,
    }
    return new Stream<K, W>(this.#append, this.#append(node), this.keySerde)
  }
}
