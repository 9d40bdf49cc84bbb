// Runs a topology in a test: input by input to the end, without a broker, threads or a clock of its own
// (Kafka's TopologyTestDriver, on any number of partitions). Exported as `millrace/testing`.
import { RecordBatchBuilder } from '../../broker/record-batch.ts'
import { MemoryLog } from '../../broker/memory/log.ts'
import { streamsConfig, type Settings, type StreamsConfig } from '../../config/config.ts'
import type { DropReason } from '../../processors/processor.ts'
import { TopologyError } from '../../topology/errors.ts'
import type { ReadOnlyKeyValueStore, ReadOnlyWindowStore } from '../../topology/store-contracts.ts'
import type { Topic } from '../../topology/topic.ts'
import type { Topology } from '../../topology/topology.ts'
import {
  globalTopicsOf,
  planOf,
  resolveFormat,
  sinkTopicsOf,
  sourceTopicsOf,
  type Plan,
} from '../plan.ts'
import { repartitionsOf } from '../repartitions.ts'
import { decode, encode, type Codec, type InputRecord, type OutputRecord } from './records.ts'
import { DriverTasks } from './tasks.ts'
import { TopicCodecs } from './topic-codecs.ts'

/** How a driver is set up; everything has a default. */
export interface TestDriverOptions {
  /** Partitions of all topics, or by topic; those not named have one. Default 1. */
  readonly partitions?: number | Readonly<Record<string, number>>
  /** Where the wall clock stands at first, epoch ms. Default 0. */
  readonly wallClockMs?: number
  /** Settings as of streams.properties, such as `topic.format.TOPIC`. */
  readonly config?: Settings
  /**
   * Whether all sub-topologies have one stream time, as in Kafka's TopologyTestDriver, which runs them as
   * one task: punctuators see it. In production each has its own. Default false.
   */
  readonly sharedStreamTime?: boolean
  /** Whether what an input caused is committed before the next one. Default true. */
  readonly commitEachInput?: boolean
}

/** Which topic is meant: as it was declared, which gives types, or by its name. */
export type TopicRef<K, V> = Topic<K, V> | string

/**
 * A topology under test: the same tasks and processors as in production, over topics in memory, with
 * repartition topics in between. Every call runs to completion.
 */
export class TopologyTestDriver {
  readonly #topology: Topology
  readonly #plan: Plan
  readonly #config: StreamsConfig
  readonly #log = new MemoryLog()
  readonly #codecs: TopicCodecs
  readonly #commitEachInput: boolean
  readonly #sharesTime: boolean
  readonly #drops = new Map<string, Map<DropReason, number>>()
  /** The offset up to which the test has read each partition. */
  readonly #readUpTo = new Map<string, number>()
  #tasks: DriverTasks
  #nowMs: number
  #failure: unknown

  /** @throws TopologyError, ConfigError when the topology cannot run so. */
  constructor(topology: Topology, options: TestDriverOptions = {}) {
    this.#topology = topology
    this.#config = streamsConfig(options.config)
    this.#nowMs = options.wallClockMs ?? 0
    this.#commitEachInput = options.commitEachInput ?? true
    this.#sharesTime = options.sharedStreamTime ?? false
    this.#codecs = new TopicCodecs(topology, this.#config.topicFormats)
    this.#plan = this.#prepare(options.partitions ?? 1)
    this.#tasks = this.#openTasks()
  }

  /**
   * Puts a record in and runs all that follows from it, through all repartition topics.
   * @throws ProcessingError what a worker would end with; `restart` goes on from the last commit.
   */
  pipeInput<K, V>(topic: TopicRef<K, V>, record: InputRecord<K, V>): void {
    const name = nameOf(topic)
    if (!this.#isInput(name)) {
      throw new TopologyError(
        name,
        `no source reads this topic; pipe into one of ${this.#inputs.join(', ')}`,
      )
    }
    const encoded = encode(this.#codecOf(topic), record, this.#plan.partitions[name] ?? 1)
    const { key, value, partition } = encoded
    this.pipeBytes(name, { ...record, key, value, partition })
  }

  /** As `pipeInput`, with key and value as bytes: what a broken producer may send. */
  pipeBytes(topic: string, record: InputRecord<Uint8Array, Uint8Array>): void {
    const rows = new RecordBatchBuilder()
    const { key, value, timestampMs = this.#nowMs, headers, partition = 0 } = record
    rows.append(key, value, timestampMs, headers)
    this.#log.append({ topic, partition }, rows.pack())
    this.#run()
  }

  /** The records of a topic that were not read yet, partition by partition. */
  readOutput<K, V>(topic: TopicRef<K, V>): OutputRecord<K, V>[] {
    const name = nameOf(topic)
    const codec = this.#codecOf(topic)
    const found = this.#log.topics.find((known) => known.name === name)
    return Array.from({ length: found?.partitions ?? 0 }, (_, partition) => {
      const place = `${name}/${partition}`
      const reader = this.#log.reader({ topic: name, partition }, this.#readUpTo.get(place) ?? 0)
      const rows: OutputRecord<unknown, unknown>[] = []
      for (let batch = reader.poll(); batch !== undefined; batch = reader.poll()) {
        rows.push(...decode(codec, batch, partition))
      }
      this.#readUpTo.set(place, reader.position)
      return rows as OutputRecord<K, V>[]
    }).flat()
  }

  /** Names of the topics that were written to, other than those between sub-topologies. */
  get producedTopics(): string[] {
    const inner = new Set([...this.#inputs, ...this.#plan.repartitionTopics])
    const isProduced = ({ name, partitions }: { name: string; partitions: number }): boolean =>
      Array.from({ length: partitions }, (_, partition) =>
        this.#log.end({ topic: name, partition }),
      ).some((end) => end > 0)
    return this.#log.topics.flatMap((topic) =>
      !inner.has(topic.name) && isProduced(topic) ? [topic.name] : [],
    )
  }

  /** Moves the wall clock, which nothing else does, and calls what waits for it. */
  advanceWallClock(byMs: number): void {
    this.#nowMs += byMs
    this.#run(true)
  }

  /** The wall clock, epoch ms. */
  get wallClockMs(): number {
    return this.#nowMs
  }

  /** How many records were dropped so far, by reason; of one node, or of all. */
  drops(node?: string): Partial<Record<DropReason, number>> {
    const counted: Partial<Record<DropReason, number>> = {}
    for (const [name, reasons] of this.#drops) {
      if (node !== undefined && node !== name) continue
      for (const [reason, count] of reasons) counted[reason] = (counted[reason] ?? 0) + count
    }
    return counted
  }

  /**
   * The key-value store of that name: of a table, an aggregate without windows, or a processor.
   * @throws TopologyError when the partition has no such store.
   */
  store<K, V>(name: string, partition = 0): ReadOnlyKeyValueStore<K, V> {
    const store = this.#tasks.find(
      partition,
      (state) => state.keyValueStore(name),
      (globals) => globals.storeOf(name),
    )
    if (store === undefined) throw missingStore(name, partition)
    return store as unknown as ReadOnlyKeyValueStore<K, V>
  }

  /**
   * The store of an aggregate over windows.
   * @throws TopologyError when the partition has no such store.
   */
  windowStore<K, V>(name: string, partition = 0): ReadOnlyWindowStore<K, V> {
    const store = this.#tasks.find(
      partition,
      (state) => state.windowStore(name),
      () => undefined,
    )
    if (store === undefined) throw missingStore(name, partition)
    return store as unknown as ReadOnlyWindowStore<K, V>
  }

  /** Makes what was run durable; to be called where `commitEachInput` is false. */
  commit(): void {
    this.#tasks.commit()
  }

  /**
   * Goes on as after a crash: outputs and state since the last commit are gone, input since then is read
   * again.
   */
  restart(): void {
    this.#tasks.close()
    this.#failure = undefined
    this.#log.rollback((topic) => this.#isInput(topic))
    for (const { name, partitions } of this.#log.topics) {
      for (let partition = 0; partition < partitions; partition++) {
        const place = `${name}/${partition}`
        const end = this.#log.end({ topic: name, partition })
        if ((this.#readUpTo.get(place) ?? 0) > end) this.#readUpTo.set(place, end)
      }
    }
    this.#tasks = this.#openTasks()
    this.#run()
  }

  /** Ends the tasks. What was put out can still be read. */
  close(): void {
    this.#tasks.close()
  }

  #run(isTimed = false): void {
    if (this.#failure !== undefined) {
      throw new TopologyError(
        this.#topology.name,
        'a task has failed: restart() goes on from the last commit',
      )
    }
    try {
      if (isTimed) this.#tasks.punctuate(this.#nowMs)
      else this.#tasks.run(this.#nowMs)
      if (this.#commitEachInput) this.#tasks.commit()
    } catch (error) {
      this.#failure = error
      throw error
    }
  }

  #prepare(partitions: number | Readonly<Record<string, number>>): Plan {
    const { name } = this.#topology
    const wanted = [
      ...sourceTopicsOf(this.#topology),
      ...globalTopicsOf(this.#topology),
      ...sinkTopicsOf(this.#topology),
    ]
    const counts = new Map(
      wanted.map((topic) => [
        topic,
        typeof partitions === 'number' ? partitions : (partitions[topic] ?? 1),
      ]),
    )
    for (const inner of repartitionsOf(this.#topology, name, counts)) {
      counts.set(inner.name, inner.partitions)
    }
    for (const [topic, count] of counts) this.#log.ensure(topic, count)
    return planOf(this.#topology, name, counts)
  }

  #openTasks(): DriverTasks {
    const dropped = (node: string, reason: DropReason): void => {
      const reasons = this.#drops.get(node) ?? new Map<DropReason, number>()
      this.#drops.set(node, reasons.set(reason, (reasons.get(reason) ?? 0) + 1))
    }
    return new DriverTasks(
      this.#topology,
      this.#plan,
      this.#log,
      this.#config,
      this.#nowMs,
      this.#sharesTime,
      dropped,
    )
  }

  #codecOf<K, V>(topic: TopicRef<K, V>): Codec {
    if (typeof topic === 'string') return this.#codecs.of(topic)
    return resolveFormat(topic, this.#config.topicFormats)
  }

  /** Whether records come in by a topic: sources and global tables read it. */
  #isInput(topic: string): boolean {
    return this.#inputs.includes(topic)
  }

  get #inputs(): string[] {
    return [...this.#plan.sourceTopics, ...globalTopicsOf(this.#topology)]
  }
}

function missingStore(name: string, partition: number): TopologyError {
  const why = `partition ${partition} has no such store; a table without one is worked out of those before it`
  return new TopologyError(name, why)
}

function nameOf<K, V>(topic: TopicRef<K, V>): string {
  return typeof topic === 'string' ? topic : topic.name
}
