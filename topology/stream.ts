// The fluent skin of streams. It has no logic: each method appends one frozen node.
import { GroupedStream } from './grouped.ts'
import type { GroupKey, TopologyNode } from './node.ts'
import type { FixedKeyProcessorContext, ProcessorContext, ProcessSpec } from './process.ts'
import type { SinkRecord } from './record.ts'
import type { FieldsKey } from './serdes/fields.ts'
import { withHistoryMs, type HistoryOption } from './history.ts'
import { orFail, processing } from './skin.ts'
import type { Serde } from './serdes/serde.ts'
import { SplitStream } from './split.ts'
import type {
  Fn,
  OperatorOptions,
  RepartitionSpec,
  SinkOptions,
  SerdePair,
  SinkSerdes,
  SinkTopic,
  Unattached,
} from './stream-specs.ts'
import { StreamJoins } from './stream-joins.ts'
import { Table } from './table.ts'
import { checkFunction } from './validate-parameters.ts'

export type { JoinSpec, ParseSpec, SinkTopic } from './stream-specs.ts'

/** A stream of records (Kafka's KStream). Methods take the new node's name first. */
export class Stream<K, V> extends StreamJoins<K, V> {
  /** Keeps the records for which `keep` is true. */
  filter(name: string, keep: Fn<K, V, boolean>, options: OperatorOptions = {}): Stream<K, V> {
    return this.#same({ kind: 'filter', name, keep, isNegated: false, ...options })
  }

  /** Keeps the records for which `drop` is false. */
  filterNot(name: string, drop: Fn<K, V, boolean>, options: OperatorOptions = {}): Stream<K, V> {
    return this.#same({ kind: 'filter', name, keep: drop, isNegated: true, ...options })
  }

  /** Replaces each value; the key stays, so no repartition follows from it. */
  mapValues<W>(name: string, map: Fn<K, V, W>, options: OperatorOptions = {}): Stream<K, W> {
    return this.newValue({ kind: 'map-values', name, map, ...options })
  }

  /** Replaces key and value. Grouping by the same key afterwards goes through a repartition topic. */
  map<L, W>(
    name: string,
    map: Fn<K, V, { key: L; value: W }>,
    options: OperatorOptions = {},
  ): Stream<L, W> {
    return this.next({ kind: 'map', name, map, ...options }, undefined, undefined)
  }

  /** Replaces each record by any number of others, in the order given. */
  flatMap<L, W>(
    name: string,
    map: Fn<K, V, Iterable<{ key: L; value: W }>>,
    options: OperatorOptions = {},
  ): Stream<L, W> {
    return this.next({ kind: 'flat-map', name, map, ...options }, undefined, undefined)
  }

  /** Replaces each value by any number of others, in the order given; the key stays. */
  flatMapValues<W>(
    name: string,
    map: Fn<K, V, Iterable<W>>,
    options: OperatorOptions = {},
  ): Stream<K, W> {
    return this.newValue({ kind: 'flat-map-values', name, map, ...options })
  }

  /** Replaces the key. */
  selectKey<L>(name: string, select: Fn<K, V, L>, options: OperatorOptions = {}): Stream<L, V> {
    return this.next({ kind: 'select-key', name, select, ...options }, undefined, this.at.value)
  }

  /** Calls `look` for each record and passes it on. What `look` does is outside all guarantees. */
  peek(name: string, look: Fn<K, V, void>, options: OperatorOptions = {}): Stream<K, V> {
    return this.#same({ kind: 'peek', name, look, ...options })
  }

  /** Calls `call` for each record, and ends the stream. What it does is outside all guarantees. */
  forEach(name: string, call: Fn<K, V, void>, options: OperatorOptions = {}): void {
    this.at.append({ kind: 'for-each', name, from: this.at.from, call, ...options })
  }

  /**
   * Splits by predicates, the first that holds wins: `.split('by-size').branch('small', …)`, and so on to
   * `.defaultBranch('rest')` or `.noDefaultBranch()`, which give the branches by name.
   */
  split(name: string, options: OperatorOptions = {}): SplitStream<K, V> {
    return new SplitStream(this.at, name, [], [], options)
  }

  /** Both streams in one, in the order in which their records come; no order between them. */
  merge(name: string, other: Stream<K, V>): Stream<K, V> {
    const from = { from: this.at.from, with: other.at.from }
    const key = this.at.key ?? other.at.key
    const value = this.at.value ?? other.at.value
    return new Stream({
      ...this.at,
      from: this.at.append({ kind: 'merge', name, ...from }),
      key,
      value,
    })
  }

  /**
   * Sends all records through a topic of the application's own, by their keys; null keys end there.
   * Serdes are needed where they do not follow from what comes before.
   */
  repartition(name: string, spec: RepartitionSpec<K, V> = {}): Stream<K, V> {
    const [key, value] = this.#serdes(name, spec)
    const { partitions, partitioner, onError, onDrop } = spec
    const by: GroupKey = { by: 'same-key', serde: key }
    const how = { partitions, partitioner, onError, onDrop }
    return this.next({ kind: 'repartition', name, key: by, value, ...how }, key, value)
  }

  /** Runs a processor of one's own on each record (Kafka's `process`); it may change keys. */
  process<L, W>(
    name: string,
    spec: ProcessSpec<ProcessorContext<L, W>, K, V>,
    options: OperatorOptions = {},
  ): Stream<L, W> {
    const node = { kind: 'process', name, ...processing(spec), isFixedKey: false } as const
    return this.next({ ...node, ...options }, undefined, undefined)
  }

  /** Runs a processor of one's own that keeps the key (Kafka's `processValues`). */
  processValues<W>(
    name: string,
    spec: ProcessSpec<FixedKeyProcessorContext<W>, K, V>,
    options: OperatorOptions = {},
  ): Stream<K, W> {
    const node = { kind: 'process', name, ...processing(spec), isFixedKey: true } as const
    return this.newValue({ ...node, ...options })
  }

  /** Reads the stream as a table: the last value of each key, null deletes. */
  toTable(
    name: string,
    spec: SerdePair<K, V> & { readonly store?: boolean } & HistoryOption & OperatorOptions = {},
  ): Table<K, V> {
    const [key, value] = this.#serdes(name, spec)
    const { append, from } = this.at
    const { historyMs } = withHistoryMs(spec)
    const isKept = spec.store === true || historyMs !== undefined
    const store = { key, value, historyMs }
    const { onDrop, onError } = spec
    return new Table({
      append,
      from: append({ kind: 'to-table', name, from, store, isKept, onDrop, onError }),
      key,
      value,
    })
  }

  /** Groups by fields of the value: the fast way, no key is built per record. */
  groupBy<N extends keyof V & string>(
    name: string,
    key: FieldsKey<N>,
    value?: Serde<V>,
    options?: OperatorOptions,
  ): GroupedStream<Readonly<Pick<V, N>>, V>
  /**
   * Groups by what `key` gives, written with `serde`; a null key is dropped and counted. `value` is how
   * values travel; counts do without.
   */
  groupBy<L>(
    name: string,
    key: Fn<K, V, L | null>,
    serde: Serde<L>,
    value?: Serde<V>,
    options?: OperatorOptions,
  ): GroupedStream<L, V>
  groupBy(
    name: string,
    key: FieldsKey<string> | Fn<K, V, unknown>,
    second?: Serde<unknown>,
    third?: Serde<V> | OperatorOptions,
    fourth?: OperatorOptions,
  ): unknown {
    if (typeof key === 'function') {
      const by = { by: 'function', select: key, serde: orFail(name, second) } as const
      return this.#group(name, by, third as Serde<V> | undefined, fourth)
    }
    if (!('names' in Object(key))) checkFunction(name, 'key', key)
    const serde = key as unknown as Serde<never>
    return this.#group(
      name,
      { by: 'fields', names: key.names, serde },
      second as Serde<V> | undefined,
      third as OperatorOptions | undefined,
    )
  }

  /** Groups by the key as it is; only where it was changed before does a repartition follow. */
  groupByKey(
    name: string,
    serde?: Serde<K>,
    value?: Serde<V>,
    options?: OperatorOptions,
  ): GroupedStream<K, V> {
    const key = orFail(name, serde ?? this.at.key)
    return this.#group(name, { by: 'same-key', serde: key }, value, options)
  }

  /** Writes the records to a topic. */
  to(name: string, topic: SinkTopic<K, V>, options?: SinkOptions<K, V>): void
  /** Writes each record to the topic that `choose` names; topics must exist. */
  to(
    name: string,
    choose: (value: V, record: SinkRecord<K>) => string,
    serdes: SinkSerdes<K, V>,
    options?: SinkOptions<K, V>,
  ): void
  to(
    name: string,
    topic: SinkTopic<K, V> | ((value: V, record: SinkRecord<K>) => string),
    given?: SinkSerdes<K, V> | SinkOptions<K, V>,
    options: SinkOptions<K, V> = {},
  ): void {
    const { append, from } = this.at
    if (typeof topic !== 'function') {
      append({ kind: 'sink', name, from, topic, ...(given as SinkOptions<K, V> | undefined) })
      return
    }
    const { key, value } = orFail(name, given as SinkSerdes<K, V> | undefined)
    append({ kind: 'dynamic-sink', name, from, choose: topic, key, value, ...options })
  }

  #group<L>(
    name: string,
    key: GroupKey,
    value: Serde<V> | undefined,
    options: OperatorOptions = {},
  ): GroupedStream<L, V> {
    const { append, from } = this.at
    const travelling = (value as Serde<never> | undefined) ?? this.at.value
    const group = append({ kind: 'group', name, from, key, value: travelling, ...options })
    return new GroupedStream({ append, from: group, key: key.serde, value: travelling })
  }

  #serdes(name: string, spec: SerdePair<K, V>): [key: Serde<never>, value: Serde<never>] {
    return [orFail(name, spec.key ?? this.at.key), orFail(name, spec.value ?? this.at.value)]
  }

  #same(node: Unattached<TopologyNode>): Stream<K, V> {
    return this.next(node, this.at.key, this.at.value)
  }
}
