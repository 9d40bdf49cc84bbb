// Membership of one instance: its consumer and producer, the channels of its workers, and the commit.
// How rows get to the workers is the data path's business.
import { setTimeout as sleep } from 'node:timers/promises'
import { MessageChannel } from 'node:worker_threads'
import type { BrokerRoundTrip, DataPathInfo, ProducerFigures } from '../client-figures.ts'
import { BrokerError, placeOf } from '../ports.ts'
import type {
  AssignmentListener,
  ChannelSpec,
  Group,
  GroupOptions,
  TaskPosition,
  TopicPartition,
  TopicPartitionOffset,
} from '../ports.ts'
import { Channel } from './channel.ts'
import { disconnectConsumer, disconnectProducer, type ClientFactory } from './clients.ts'
import { Committer } from './committer.ts'
import type { DataPath } from './data-path.ts'
import { isFinal, isLost, topicMissing } from './errors.ts'
import { connectGroup, type Connected } from './group-clients.ts'
import type { GroupClients } from './plain-path.ts'
import { LastWords } from './last-words.ts'
import { RdCode, type RdError } from './rd-client.ts'
import type { OffsetRequests } from './offset-requests.ts'
import type { Outlet, ReaderHandle } from './reading.ts'
import { Rebalance } from './rebalance.ts'
import { ClientStatistics } from './client-statistics.ts'
import { withoutSecrets } from './settings.ts'
import { storedOffsets } from './stored-offsets.ts'
import type { Topics } from './topics.ts'
import type { Transactions } from './transactions.ts'

const REQUEST_MS_MAX = 10_000
const JOIN_MS_MAX = 1_000
const UNASSIGN_MS_MAX = 5_000
const LOOK_MS = 5

/**
 * Connects the clients of a group; `left` is called when they are gone again.
 * @throws BrokerError MILLRACE_BROKER_UNREACHABLE, MILLRACE_TOPIC_MISMATCH
 */
export async function openKafkaGroup(
  factory: ClientFactory,
  topics: Topics,
  options: GroupOptions,
  left: () => void,
): Promise<Group> {
  const committer = new Committer()
  // The client wants its callbacks before there is a group.
  const heard: { rebalanced?: (code: number, partitions: readonly TopicPartition[]) => void } = {}
  const callbacks = {
    rebalance_cb: (error: RdError, partitions: readonly TopicPartition[]) =>
      heard.rebalanced?.(error.code, partitions),
    offset_commit_cb: committer.heard,
  }
  const connected = await connectGroup(factory, options, callbacks)
  const group = new KafkaGroup(factory, topics, options, connected, committer, left)
  heard.rebalanced = (code, partitions) => group.rebalanced(code, partitions)
  return group
}

const atMost = (ms: number, work: Promise<void>): Promise<void> =>
  Promise.race([work, sleep(ms, undefined, { ref: false })])

class KafkaGroup implements Group {
  readonly #factory: ClientFactory
  readonly #topics: Topics
  readonly #options: GroupOptions
  readonly #clients: GroupClients
  readonly #committer: Committer
  readonly #offsets: OffsetRequests
  readonly #onLeft: () => void
  readonly #path: DataPath
  readonly #transactions: Transactions | undefined
  readonly abort: (() => Promise<void>) | undefined
  readonly #statistics = new ClientStatistics()
  readonly #lastWords: LastWords
  readonly #channels = new Map<number, Channel>()
  #rebalance: Rebalance | undefined
  #listener: AssignmentListener | undefined
  #commits: Promise<void> = Promise.resolve()
  /** What was asked of the consumer: it must not go before it has answered. */
  #asked: Promise<unknown> = Promise.resolve()
  #hasFailed = false
  #left: Promise<void> | undefined
  #leftOpen: string | undefined

  constructor(
    factory: ClientFactory,
    topics: Topics,
    options: GroupOptions,
    { clients, offsets, open, transactions }: Connected,
    committer: Committer,
    left: () => void,
  ) {
    this.#onLeft = left
    this.#factory = factory
    this.#topics = topics
    this.#options = options
    this.#clients = clients
    this.#offsets = offsets
    this.#committer = committer
    this.#transactions = transactions
    this.#lastWords = new LastWords(clients.consumer)
    this.#statistics.listen('consumer', clients.consumer)
    this.#statistics.listen('producer', clients.producer)
    if (transactions !== undefined) this.abort = () => this.#inTurn(() => this.#abort(transactions))
    this.#path = open({
      ...options,
      factory,
      watermarks: (of) => topics.watermarks(of),
      failed: (error) => this.#failed(error),
    })
  }

  get roundTrips(): BrokerRoundTrip[] {
    return this.#statistics.roundTrips
  }

  get producerFigures(): ProducerFigures {
    const { queuedRows, knowsClients, errors } = this.#path.outbox
    const { queuedMessages, retries } = this.#statistics
    return { queuedRecords: queuedRows + (knowsClients ? 0 : queuedMessages), retries, errors }
  }

  get peers(): (() => readonly string[]) | undefined {
    return this.#path.servers
  }

  get members(): Group['members'] {
    return this.#path.members
  }

  get generation(): Group['generation'] {
    return this.#path.generation
  }

  get leftOpen(): string | undefined {
    return this.#leftOpen
  }

  get dataPath(): DataPathInfo {
    return this.#path.info
  }

  async join(topics: readonly string[], listener: AssignmentListener): Promise<void> {
    const { consumer } = this.#clients
    const { bootstrapServers } = this.#factory.address
    for (const topic of topics) {
      if ((await this.#topics.partitionsOf(topic)) === 0)
        throw topicMissing(topic, bootstrapServers)
      // A consumer that must ask for metadata when it starts to fetch loses half a second.
      await new Promise<void>((done) => {
        consumer.getMetadata({ topic, allTopics: false, timeout: REQUEST_MS_MAX }, () => done())
      })
    }
    this.#listener = listener
    this.#rebalance = new Rebalance({
      consumer,
      intake: this.#path.intake,
      committer: this.#committer,
      listener,
      drain: () => this.#drain(),
    })
    consumer.subscribe(topics)
  }

  /** The client's `rebalance_cb`. */
  rebalanced(code: number, partitions: readonly TopicPartition[]): void {
    this.#rebalance?.handle(code, partitions)
  }

  async committed(partitions: readonly TopicPartition[]): Promise<TaskPosition[]> {
    if (partitions.length === 0) return []
    const { applicationId } = this.#options
    const { bootstrapServers } = this.#factory.address
    const group = { applicationId, bootstrapServers }
    const isGone = (): boolean => this.#left !== undefined
    if (isGone()) throw new BrokerError('MILLRACE_BROKER', 'this instance has left its group')
    const asked = storedOffsets(this.#offsets, group, partitions, isGone)
    this.#asked = Promise.allSettled([this.#asked, asked]).then(() => undefined)
    const stored = await asked
    const positions = new Map(stored)
    const { startAt } = this.#options
    for (const { topic, partition } of partitions) {
      const of = { topic, partition }
      const offset = positions.has(placeOf(of)) ? undefined : await startAt?.(of)
      if (offset !== undefined) positions.set(placeOf(of), { ...of, offset })
    }
    const others = partitions.filter((of) => !positions.has(placeOf(of)))
    const marks = await this.#topics.allWatermarks(others)
    for (const [i, { topic, partition }] of others.entries()) {
      const of = { topic, partition }
      positions.set(placeOf(of), { ...of, offset: marks[i]!.start })
    }
    return partitions.map((of) => positions.get(placeOf(of))!)
  }

  openChannel(worker: number, wake: () => void = () => undefined): ChannelSpec {
    this.#channels.get(worker)?.close()
    const { port1, port2 } = new MessageChannel()
    const { spec, close } = this.#path.openChannel(port2, wake)
    const channel = new Channel(
      port1,
      {
        openReader: (outlet, from) => this.#openReader(outlet, from),
        produce: (target, packed, sent) => this.#path.produce(target, packed, sent),
        failed: (error) => this.#failed(error),
        closed: close,
      },
      wake,
    )
    this.#channels.set(worker, channel)
    return spec
  }

  commit(positions: readonly TaskPosition[], hasProduced = true): Promise<void> {
    return this.#inTurn(() => this.#commit(positions, hasProduced))
  }

  acknowledged(): Promise<void> {
    return this.#inTurn(() => {
      this.#drain()
      return this.#path.outbox.flush()
    })
  }

  leave(): Promise<void> {
    this.#left ??= this.#leave().finally(this.#onLeft)
    return this.#left
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#commits.then(work)
    this.#commits = done.catch(() => undefined)
    return done
  }

  // 1 take what the workers have posted  2 deliver it; later batches wait  3 commit the offsets
  async #commit(positions: readonly TaskPosition[], hasProduced: boolean): Promise<void> {
    const { outbox } = this.#path
    this.#drain()
    if (this.#transactions !== undefined) {
      const committed = this.#transactions.commit(outbox, positions, hasProduced)
      return committed.catch((error: BrokerError) => {
        if (isLost(error.cause as RdError)) this.#committer.lost = true
        throw error
      })
    }
    await outbox.flush()
    // Who leaves gives up what is not delivered: its offsets must not say that it is.
    if (this.#left !== undefined) {
      const message = 'this instance leaves its group: what was not committed is processed again'
      throw new BrokerError('MILLRACE_BROKER', message, { retriable: true })
    }
    await this.#committer.commit(this.#offsets, positions)
  }

  async #abort(transactions: Transactions): Promise<void> {
    this.#drain()
    await transactions.abort(this.#path.outbox)
  }

  // 1 take nothing more over, and read nothing more  2 give the partitions back: the group hears of it at once
  // 3 disconnect
  async #leave(): Promise<void> {
    const { consumer, producer } = this.#clients
    const { intake, beside, outbox } = this.#path
    this.#rebalance?.leave()
    await intake.pauseAll()
    if (this.#rebalance !== undefined) await this.#unassign(this.#rebalance)
    for (const channel of this.#channels.values()) channel.close()
    // What came after the last commit would hold up its readers until the transaction times out.
    this.#leftOpen = await this.#transactions?.end()
    outbox.close()
    this.#path.close?.()
    await Promise.all([intake.stop(), beside.close(), this.#asked])
    await Promise.all([disconnectConsumer(consumer), disconnectProducer(producer)])
  }

  async #unassign(rebalance: Rebalance): Promise<void> {
    const { consumer } = this.#clients
    // Who leaves while joining stays in the group as a ghost until its session ends.
    await atMost(JOIN_MS_MAX, rebalance.joined())
    await atMost(UNASSIGN_MS_MAX, rebalance.settled())
    consumer.unsubscribe()
    const deadline = performance.now() + UNASSIGN_MS_MAX
    do {
      await sleep(LOOK_MS)
      await atMost(UNASSIGN_MS_MAX, rebalance.settled())
    } while (consumer.assignments().length > 0 && performance.now() < deadline)
  }

  #openReader(outlet: Outlet, from: TopicPartitionOffset): ReaderHandle {
    const { intake, beside } = this.#path
    return intake.has(from) ? intake.open(outlet, from) : beside.open(outlet, from)
  }

  #drain(): void {
    for (const channel of this.#channels.values()) channel.drain()
  }

  #failed(error: { readonly code: number; readonly message: string }): void {
    if (isLost(error)) this.#committer.lost = true
    if (!isFinal(error) || this.#hasFailed) return
    this.#hasFailed = true
    void this.#tellFailure(error)
  }

  async #tellFailure(error: { readonly code: number; readonly message: string }): Promise<void> {
    const { address } = this.#factory
    const reason = withoutSecrets(await this.#lastWords.of(error), address)
    this.#listener?.onFailed(
      new BrokerError(
        // The client is over; another one may do.
        error.code === RdCode.fatal ? 'MILLRACE_FENCED' : 'MILLRACE_BROKER',
        `${address.bootstrapServers} refuses this member: ${reason}`,
      ),
    )
  }
}
