// Runs a topology in a test: input by input to the end, without a broker, threads or a clock of its own
// (Kafka's TopologyTestDriver, on any number of partitions). Exported as `millrace/testing`.
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { MemoryLog } from '../../broker/memory/log.ts'
import { streamsConfig, type Settings, type StreamsConfig } from '../../config/config.ts'
import type { DropReason } from '../../processors/processor.ts'
import type { QueryableStore } from '../../processors/queryable.ts'
import { TopologyError } from '../../topology/errors.ts'
import type {
  ReadOnlyKeyValueStore,
  ReadOnlySessionStore,
  ReadOnlyVersionedStore,
  ReadOnlyWindowStore,
} from '../../topology/store-contracts.ts'
import { checkLength } from '../../topology/validate-lengths.ts'
import { matchingNames, withTopics } from '../../topology/matching.ts'
import type { Topic } from '../../topology/topic.ts'
import type { Topology } from '../../topology/topology.ts'
import { globalTopicsOf, resolveFormat, type Plan } from '../plan.ts'
import type { StoreKind } from '../store-query.ts'
import { DropCounts } from './drop-counts.ts'
import { decode, encode, type Codec, type InputRecord, type OutputRecord } from './records.ts'
import { DriverTasks } from './tasks.ts'
import { TopicCodecs } from './topic-codecs.ts'
import { makeTopics } from './topics.ts'

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
  #topology: Topology
  #plan: Plan
  readonly #config: StreamsConfig
  readonly #log = new MemoryLog()
  #codecs: TopicCodecs
  readonly #partitions: NonNullable<TestDriverOptions['partitions']>
  readonly #commitEachInput: boolean
  readonly #sharesTime: boolean
  readonly #drops = new DropCounts()
  /** The offset up to which the test has read each partition. */
  readonly #readUpTo = new Map<string, number>()
  #tasks: DriverTasks
  #nowMs: number
  #failure: unknown
  #isClosed = false

  /** @throws TopologyError, ConfigError when the topology cannot run so. */
  constructor(topology: Topology, options: TestDriverOptions = {}) {
    this.#partitions = options.partitions ?? 1
    this.#topology = withTopics(topology, namesIn(this.#partitions))
    this.#config = streamsConfig(options.config)
    this.#nowMs = options.wallClockMs ?? 0
    this.#commitEachInput = options.commitEachInput ?? true
    this.#sharesTime = options.sharedStreamTime ?? false
    this.#codecs = new TopicCodecs(this.#topology, this.#config.topicFormats)
    this.#plan = makeTopics(this.#topology, this.#partitions, this.#log)
    this.#tasks = this.#openTasks()
  }

  /**
   * Puts a record in and runs all that follows from it, through all repartition topics.
   * @throws ProcessingError what a worker would end with; `restart` goes on from the last commit.
   */
  pipeInput<K, V>(topic: TopicRef<K, V>, record: InputRecord<K, V>): void {
    const name = nameOf(topic)
    if (!this.#isInput(name)) this.#readToo(name)
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

  /**
   * The records of a topic that were not read yet, partition by partition.
   * @throws TopologyError when nothing reads or writes it, and no sink chooses its topics.
   */
  readOutput<K, V>(topic: TopicRef<K, V>): OutputRecord<K, V>[] {
    const name = nameOf(topic)
    const codec = this.#codecOf(topic)
    if (!this.#mayHave(name)) {
      const known = this.#log.topics.map((each) => each.name).join(', ')
      throw new TopologyError(name, `nothing writes this topic; read one of ${known}`)
    }
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

  /**
   * Moves the wall clock, which nothing else does, and calls what waits for it.
   * @throws TopologyError when it would go back.
   */
  advanceWallClock(byMs: number): void {
    checkLength('advanceWallClock', 'time', byMs)
    this.#nowMs += byMs
    this.#run(true)
  }

  /** The wall clock, epoch ms. */
  get wallClockMs(): number {
    return this.#nowMs
  }

  /** How many records were dropped so far, by reason; of one node, or of all. */
  drops(node?: string): Partial<Record<DropReason, number>> {
    return this.#drops.of(node)
  }

  /**
   * The key-value store of that name: of a table, an aggregate without windows, or a processor.
   * @throws TopologyError when the partition has no such store.
   */
  store<K, V>(name: string, partition = 0): ReadOnlyKeyValueStore<K, V> {
    return this.#storeOf('key-value', name, partition) as unknown as ReadOnlyKeyValueStore<K, V>
  }

  /**
   * The store of an aggregate over windows, or the window store of a processor.
   * @throws TopologyError when the partition has no such store.
   */
  windowStore<K, V>(name: string, partition = 0): ReadOnlyWindowStore<K, V> {
    return this.#storeOf('window', name, partition) as unknown as ReadOnlyWindowStore<K, V>
  }

  /**
   * The store of an aggregate over sessions, or the session store of a processor.
   * @throws TopologyError when the partition has no such store.
   */
  sessionStore<K, V>(name: string, partition = 0): ReadOnlySessionStore<K, V> {
    return this.#storeOf('session', name, partition) as unknown as ReadOnlySessionStore<K, V>
  }

  /**
   * The store of a table with history, or the versioned store of a processor.
   * @throws TopologyError when the partition has no such store.
   */
  versionedStore<K, V>(name: string, partition = 0): ReadOnlyVersionedStore<K, V> {
    return this.#storeOf('versioned', name, partition) as unknown as ReadOnlyVersionedStore<K, V>
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
    this.#isClosed = true
    this.#tasks.close()
  }

  #storeOf(kind: StoreKind, name: string, partition: number): QueryableStore['store'] {
    const found = this.#tasks.storeOf(name, partition)
    if (found?.kind !== kind) throw missingStore(kind, name, partition)
    return found.store
  }

  #run(isTimed = false): void {
    if (this.#isClosed) {
      throw new TopologyError(this.#topology.name, 'the driver is closed: make another one')
    }
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

  /** A topic that a pattern matches appears: what was run is committed, and tasks are laid out anew. */
  #readToo(name: string): void {
    if (matchingNames(this.#topology, [name]).length === 0) return
    this.#tasks.commit()
    this.#tasks.close()
    this.#topology = withTopics(this.#topology, [...this.#plan.sourceTopics, name])
    this.#codecs = new TopicCodecs(this.#topology, this.#config.topicFormats)
    this.#plan = makeTopics(this.#topology, this.#partitions, this.#log)
    this.#tasks = this.#openTasks()
  }

  #openTasks(): DriverTasks {
    return new DriverTasks(
      this.#topology,
      this.#plan,
      this.#log,
      this.#config,
      this.#nowMs,
      this.#sharesTime,
      (node, reason) => this.#drops.add(node, reason),
    )
  }

  #codecOf<K, V>(topic: TopicRef<K, V>): Codec {
    if (typeof topic === 'string') return this.#codecs.of(topic)
    return resolveFormat(topic, this.#config.topicFormats)
  }

  /** Whether there is such a topic, or may be one later. */
  #mayHave(topic: string): boolean {
    return (
      this.#log.topics.some(({ name }) => name === topic) ||
      this.#topology.nodes.some(({ kind }) => kind === 'dynamic-sink')
    )
  }

  /** Whether records come in by a topic: sources and global tables read it. */
  #isInput(topic: string): boolean {
    return this.#inputs.includes(topic)
  }

  get #inputs(): string[] {
    return [...this.#plan.sourceTopics, ...globalTopicsOf(this.#topology)]
  }
}

function missingStore(kind: StoreKind, name: string, partition: number): TopologyError {
  const why = `partition ${partition} has no ${kind} store of this name; a table without one is worked out of those before it`
  return new TopologyError(name, why)
}

/** Topics that are named are there from the beginning. */
function namesIn(partitions: number | Readonly<Record<string, number>>): string[] {
  return typeof partitions === 'number' ? [] : Object.keys(partitions)
}

function nameOf<K, V>(topic: TopicRef<K, V>): string {
  return typeof topic === 'string' ? topic : topic.name
}
