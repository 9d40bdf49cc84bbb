// The broker port over the clients of Kafka: opens them, and closes all that it has opened.
import type { GroupAdmin } from '../group-admin.ts'
import { BrokerError, placeOf } from '../ports.ts'
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
} from '../ports.ts'
import {
  connectConsumer,
  connectLookup,
  connectProducer,
  disconnectConsumer,
  type ClientFactory,
} from './clients.ts'
import { topicMissing } from './errors.ts'
import { openKafkaGroup } from './group.ts'
import { openKafkaGroupAdmin } from './group-admin.ts'
import { KafkaPoster } from './poster.ts'
import { KafkaProducer } from './producer.ts'
import type { RdConsumer } from './rd-client.ts'
import { KafkaReader } from './reader.ts'
import { deliveryMsOf, END_OF_PARTITION, PENDING_TOO, REPORT_ALL } from './settings.ts'
import { Topics } from './topics.ts'
import { openKafkaTransactions } from './transactional-producer.ts'

interface Closable {
  close(): Promise<void>
}

/** One connection to a cluster, and all that was opened on it. */
export class KafkaBroker implements Broker {
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

  /** `lookup` is closed with it; `replicationFactor` is of topics that it creates, -1 the cluster's own. */
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
    return topics.allWatermarks(partitions)
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
    const consumer = await connectConsumer(this.#factory, name, END_OF_PARTITION)
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
