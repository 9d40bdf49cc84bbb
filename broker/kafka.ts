// The broker port over Apache Kafka, and the one importer of node-rdkafka, which must live on the main
// thread of a process: workers take the data ports in `kafka/`, which do not reach this file.
import type { GroupAdmin } from './group-admin.ts'
import { BrokerError, placeOf } from './ports.ts'
import type {
  Broker,
  Group,
  GroupOptions,
  Poster,
  Producer,
  StandaloneReader,
  TopicDescription,
  TopicPartition,
  TopicPartitionOffset,
  TopicSpec,
  TransactionalProducer,
  Watermarks,
} from './ports.ts'
import {
  connectConsumer,
  connectLookup,
  connectProducer,
  disconnectConsumer,
  type ClientFactory,
} from './kafka/clients.ts'
import { TESTED_LIBRDKAFKA } from './kafka/data-path.ts'
import { topicMissing } from './kafka/errors.ts'
import { openKafkaGroup } from './kafka/group.ts'
import { openKafkaGroupAdmin } from './kafka/group-admin.ts'
import { KafkaPoster } from './kafka/poster.ts'
import { KafkaProducer } from './kafka/producer.ts'
import type { RdConsumer, RdModule } from './kafka/rd-client.ts'
import { KafkaReader } from './kafka/reader.ts'
import { deliveryMsOf, PENDING_TOO, REPORT_ALL, type KafkaSettings } from './kafka/settings.ts'
import { Topics } from './kafka/topics.ts'
import { openKafkaTransactions } from './kafka/transactional-producer.ts'

/** How to reach Kafka. */
export interface KafkaBrokerOptions {
  /** `host:port`, several of them parted by commas. */
  readonly bootstrapServers: string
  readonly clientId: string
  readonly settings?: Partial<KafkaSettings>
  /** Of topics that are created; -1, the default, is the broker's default. */
  readonly replicationFactor?: number
  /** How long to wait for the first answer of a broker, 10,000 ms unless said. */
  readonly connectMsMax?: number
  /** `plain` leaves the addon out; `native`, the default, takes it where it can be had. */
  readonly dataPath?: 'native' | 'plain'
  /** How to load the client; tests put their own here. */
  readonly load?: () => Promise<RdModule>
}

const CONNECT_MS_MAX = 10_000

/**
 * Connects to Kafka. Each client blocks a thread of libuv's pool for moments: set UV_THREADPOOL_SIZE to
 * 16 before the process starts.
 * @throws BrokerError MILLRACE_BROKER_CLIENT_MISSING, MILLRACE_BROKER_UNREACHABLE, MILLRACE_BROKER
 */
export async function openKafkaBroker(options: KafkaBrokerOptions): Promise<Broker> {
  const { bootstrapServers, clientId, settings = {} } = options
  const { common = {}, consumer = {}, producer = {}, admin = {} } = settings
  const factory: ClientFactory = {
    module: await loadClient(options.load ?? importClient),
    address: { bootstrapServers, clientId, settings: { common, consumer, producer, admin } },
    connectMsMax: options.connectMsMax ?? CONNECT_MS_MAX,
    dataPath: options.dataPath ?? 'native',
  }
  const lookup = await connectLookup(factory)
  return new KafkaBroker(factory, lookup, options.replicationFactor ?? -1)
}

async function importClient(): Promise<RdModule> {
  const imported = await import('node-rdkafka')
  // Its typings claim more and other things than it does; `rd-client.ts` says what is used.
  return imported.default as unknown as RdModule
}

async function loadClient(load: () => Promise<RdModule>): Promise<RdModule> {
  try {
    return await load()
  } catch (cause) {
    const message =
      'the Kafka client node-rdkafka is not installed or was not compiled: run "npm install node-rdkafka" where a C++ compiler, make and Python are found, or use an embedded broker (bootstrap.servers=embedded:DIR)'
    throw new BrokerError('MILLRACE_BROKER_CLIENT_MISSING', message, { cause })
  }
}

/** The installed client of Kafka. */
export interface KafkaClientInfo {
  readonly librdkafka: string
  /** Whether the addon was tested with it: else records pass the main thread. */
  readonly isTested: boolean
  /** What librdkafka was built with: `zstd`, `ssl`, `sasl_scram`, … */
  readonly features: readonly string[]
}

/** Looks at the client without connecting. @throws BrokerError MILLRACE_BROKER_CLIENT_MISSING */
export async function inspectKafkaClient(load = importClient): Promise<KafkaClientInfo> {
  const { librdkafkaVersion = 'unknown', features = [] } = await loadClient(load)
  const isTested = TESTED_LIBRDKAFKA.has(librdkafkaVersion)
  return { librdkafka: librdkafkaVersion, isTested, features }
}

interface Closable {
  close(): Promise<void>
}

class KafkaBroker implements Broker {
  readonly kind = 'kafka'
  readonly address: string
  readonly #factory: ClientFactory
  readonly #lookup: RdConsumer
  readonly #topics: Topics
  readonly #replicationFactor: number
  #pendingLookup: Promise<RdConsumer> | undefined
  readonly #open = new Set<Closable>()
  #group: Group | undefined
  #closed: Promise<void> | undefined

  constructor(factory: ClientFactory, lookup: RdConsumer, replicationFactor: number) {
    this.address = factory.address.bootstrapServers
    this.#factory = factory
    this.#lookup = lookup
    this.#replicationFactor = replicationFactor
    this.#topics = new Topics(factory, lookup, replicationFactor)
  }

  brokers(): Promise<string[]> {
    return this.#topics.brokers()
  }

  topics(): Promise<TopicDescription[]> {
    return this.#topics.list()
  }

  ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    return this.#topics.ensure(specs)
  }

  async watermarks(
    partitions: readonly TopicPartition[],
    { pending = false } = {},
  ): Promise<Watermarks[]> {
    if (partitions.length === 0) return []
    const topics = pending ? await this.#pendingTopics() : this.#topics
    return Promise.all(partitions.map((partition) => topics.watermarks(partition)))
  }

  async openProducer(): Promise<Producer> {
    const client = await connectProducer(this.#factory)
    return this.#opened(new KafkaProducer(client, deliveryMsOf(this.#factory.address)))
  }

  async openTransactionalProducer(id: string): Promise<TransactionalProducer> {
    return this.#opened(await openKafkaTransactions(this.#factory, id))
  }

  async openPoster(): Promise<Poster> {
    return this.#opened(new KafkaPoster(await connectProducer(this.#factory, REPORT_ALL)))
  }

  async openReader(from: TopicPartitionOffset): Promise<StandaloneReader> {
    const { address } = this
    const partitions = await this.#topics.partitionsOf(from.topic)
    if (partitions <= from.partition) throw topicMissing(placeOf(from), address)
    const name = `${this.#factory.address.clientId}-reader`
    const consumer = await connectConsumer(this.#factory, name, { 'enable.partition.eof': 'true' })
    return this.#opened(new KafkaReader(consumer, from, address))
  }

  async openGroup(options: GroupOptions): Promise<Group> {
    if (this.#group !== undefined) {
      throw new BrokerError('MILLRACE_BROKER', 'a broker connection serves one group only')
    }
    const group = await openKafkaGroup(this.#factory, this.#topics, options, () => {
      this.#group = undefined
    })
    this.#group = group
    return group
  }

  async openGroupAdmin(applicationId: string): Promise<GroupAdmin> {
    return this.#opened(await openKafkaGroupAdmin(this.#factory, this.#topics, applicationId))
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  /** Which ends a client is told is a setting of the client. */
  async #pendingTopics(): Promise<Topics> {
    this.#pendingLookup ??= connectLookup(this.#factory, PENDING_TOO)
    return new Topics(this.#factory, await this.#pendingLookup, this.#replicationFactor)
  }

  async #close(): Promise<void> {
    await this.#group?.leave()
    await Promise.all([...this.#open].map((each) => each.close()))
    const pendingLookup = await this.#pendingLookup?.catch(() => undefined)
    if (pendingLookup !== undefined) await disconnectConsumer(pendingLookup)
    await disconnectConsumer(this.#lookup)
  }

  #opened<T extends Closable>(client: T): T {
    this.#open.add(client)
    return client
  }
}
