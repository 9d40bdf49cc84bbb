// Topics and their offsets, asked of the broker by a lookup client; made and deleted by an admin client.
import { setTimeout as sleep } from 'node:timers/promises'
import { BrokerError, placeOf } from '../ports.ts'
import type { TopicDescription, TopicPartition, TopicSpec, Watermarks } from '../ports.ts'
import { configured, type ClientFactory } from './clients.ts'
import { requestFailed, topicMissing, topicWithoutLeaders } from './errors.ts'
import {
  RdCode,
  type RdAdmin,
  type RdConsumer,
  type RdError,
  type RdMetadata,
} from './rd-client.ts'
import { adminConf, withoutSecrets } from './settings.ts'

const REQUEST_MS_MAX = 10_000
const VISIBLE_MS_MAX = 30_000
/** A broker that was told to make a topic tells of it when it has made all of its logs. */
const VISIBLE_MS_A_PARTITION = 100
/** How often is looked for topics that are being made: to tell of a thousand partitions is work for the broker, too. */
const LOOK_MS = 20
const LOOK_MS_MAX = 320
/** From so many partitions on their offsets are asked for together. */
const TOGETHER_MIN = 32
/** What stands for a time in Kafka's ListOffsets. */
const EARLIEST = -2
const LATEST = -1
const NONE: ReadonlyMap<string, number> = new Map()

/** Questions about topics, their creation and their end. */
export class Topics {
  readonly #factory: ClientFactory
  readonly #lookup: RdConsumer
  readonly #replicationFactor: number

  /** `replicationFactor` -1 is the broker's default. */
  constructor(factory: ClientFactory, lookup: RdConsumer, replicationFactor: number) {
    this.#factory = factory
    this.#lookup = lookup
    this.#replicationFactor = replicationFactor
  }

  /** The cluster's brokers, each as `host:port`. */
  async brokers(): Promise<string[]> {
    const { brokers } = await this.#metadata()
    return brokers.map(({ host, port }) => `${host}:${port}`)
  }

  /** All topics but Kafka's own. */
  async list(): Promise<TopicDescription[]> {
    const { topics } = await this.#metadata()
    return topics
      .filter(({ name }) => !name.startsWith('__'))
      .map(({ name, partitions }) => ({ name, partitions: partitions.length }))
  }

  /**
   * How many partitions a topic has; 0 when it is not there. Of a broker that has just come up topics are there, and
   * led in a moment: that is waited for.
   * @throws BrokerError MILLRACE_BROKER_UNREACHABLE where leaders do not come
   */
  async partitionsOf(name: string): Promise<number> {
    const { partitions, led } = await this.#look(name)
    return led === partitions ? partitions : this.#visible({ name, partitions })
  }

  /** See `Broker.ensureTopics`. */
  async ensure(specs: readonly TopicSpec[]): Promise<void> {
    const missing: TopicSpec[] = []
    for (const spec of specs) {
      const partitions = await this.partitionsOf(spec.name)
      if (partitions === 0) missing.push(spec)
      else verify(spec, partitions)
    }
    if (missing.length === 0) return
    await this.#administer((admin) => Promise.all(missing.map((spec) => this.#create(admin, spec))))
    for (const spec of missing) verify(spec, await this.#visible(spec))
  }

  /** Deletes topics, and waits until they are gone. @throws BrokerError MILLRACE_BROKER */
  async delete(names: readonly string[]): Promise<void> {
    if (names.length === 0) return
    await this.#administer((admin) => Promise.all(names.map((name) => this.#delete(admin, name))))
    const deadline = performance.now() + VISIBLE_MS_MAX
    for (const name of names) {
      while ((await this.#look(name)).partitions > 0 && performance.now() < deadline)
        await sleep(20)
    }
  }

  /** First and next offsets of partitions, in their order. @throws BrokerError MILLRACE_TOPIC_MISSING */
  async allWatermarks(of: readonly TopicPartition[]): Promise<Watermarks[]> {
    const known = of.length < TOGETHER_MIN ? [] : await this.#askTogether(of)
    return Promise.all(of.map(async (at, i) => known[i] ?? (await this.watermarks(at))))
  }

  /** First and next offset of a partition. @throws BrokerError MILLRACE_TOPIC_MISSING */
  async watermarks(at: TopicPartition): Promise<Watermarks> {
    const { bootstrapServers } = this.#factory.address
    const deadline = performance.now() + REQUEST_MS_MAX
    for (;;) {
      const answer = await this.#query(at)
      if ('start' in answer) return answer
      const { code } = answer
      const missing =
        code === RdCode.unknownPartition ||
        code === RdCode.unknownTopic ||
        code === RdCode.unknownTopicOrPartition
      // A topic made a moment ago may be unknown to this client only.
      if (missing && (await this.#look(at.topic)).partitions <= at.partition) {
        throw topicMissing(placeOf(at), bootstrapServers)
      }
      if (performance.now() > deadline) {
        throw requestFailed(`ask for the offsets of ${placeOf(at)}`, bootstrapServers, answer)
      }
      await sleep(20)
    }
  }

  /** How many partitions a topic has, 0 when it is not there, and how many of them have leaders. */
  async #look(name: string): Promise<{ readonly partitions: number; readonly led: number }> {
    const { topics } = await this.#metadata(name)
    const partitions = topics.find((topic) => topic.name === name)?.partitions ?? []
    return {
      partitions: partitions.length,
      led: partitions.filter(({ leader }) => leader >= 0).length,
    }
  }

  #query({
    topic,
    partition,
  }: TopicPartition): Promise<Watermarks | { code: number; message: string }> {
    return new Promise((done) => {
      this.#lookup.queryWatermarkOffsets(topic, partition, REQUEST_MS_MAX, (error, offsets) =>
        done(error ?? { start: offsets.lowOffset, end: offsets.highOffset }),
      )
    })
  }

  /**
   * As a request for each broker instead of two for each partition; what failed is left out. A broker that has just
   * been told to lead thousands knows them one after the other, and to be asked for each alone would hold it up.
   */
  async #askTogether(of: readonly TopicPartition[]): Promise<(Watermarks | undefined)[]> {
    const deadline = performance.now() + VISIBLE_MS_MAX
    for (let waitMs = LOOK_MS; ; waitMs = Math.min(waitMs * 2, LOOK_MS_MAX)) {
      const answers = await Promise.all([
        this.#offsetsAt(of, EARLIEST),
        this.#offsetsAt(of, LATEST),
      ])
      const isEarly = answers.some((answer) => answer === RdCode.notLeader)
      if (isEarly && performance.now() < deadline) {
        await sleep(waitMs)
        continue
      }
      const [starts, ends] = answers.map((known) => (typeof known === 'number' ? NONE : known))
      return of.map((at) => {
        const [start, end] = [starts!.get(placeOf(at)) ?? -1, ends!.get(placeOf(at)) ?? -1]
        return start < 0 || end < 0 ? undefined : { start, end }
      })
    }
  }

  /** Offsets by place, as far as they are known, or the client's code of why none is. */
  #offsetsAt(
    of: readonly TopicPartition[],
    time: number,
  ): Promise<ReadonlyMap<string, number> | number> {
    return new Promise((done) => {
      const times = of.map(({ topic, partition }) => ({ topic, partition, offset: time }))
      this.#lookup.offsetsForTimes(times, REQUEST_MS_MAX, (error, found) => {
        if (error) return done(error.code)
        const sound = found.filter((each) => each.error === undefined)
        done(new Map(sound.map((each) => [placeOf(each), each.offset])))
      })
    })
  }

  #metadata(topic?: string): Promise<RdMetadata> {
    const what = topic === undefined ? 'list the topics' : `ask for the topic ${topic}`
    const options = topic === undefined ? { allTopics: true } : { topic, allTopics: false }
    return new Promise((done, fail) => {
      this.#lookup.getMetadata({ ...options, timeout: REQUEST_MS_MAX }, (error, metadata) => {
        if (error === null || error === undefined) done(metadata)
        else fail(requestFailed(what, this.#factory.address.bootstrapServers, error))
      })
    })
  }

  async #administer(work: (admin: RdAdmin) => Promise<unknown>): Promise<void> {
    const { module, address } = this.#factory
    const admin = configured(address, () => module.AdminClient.create(adminConf(address)))
    try {
      await work(admin)
    } finally {
      admin.disconnect()
    }
  }

  #create(admin: RdAdmin, { name, partitions, config }: TopicSpec): Promise<void> {
    const topic = {
      topic: name,
      num_partitions: partitions,
      replication_factor: this.#replicationFactor,
      config: config ?? {},
    }
    return new Promise((done, fail) => {
      admin.createTopic(topic, REQUEST_MS_MAX, (error) => {
        if (error === undefined || error.code === RdCode.topicExists) return done()
        fail(this.#refused(`create the topic ${name}`, error))
      })
    })
  }

  #delete(admin: RdAdmin, name: string): Promise<void> {
    return new Promise((done, fail) => {
      admin.deleteTopic(name, REQUEST_MS_MAX, (error) => {
        if (error === undefined || error.code === RdCode.unknownTopicOrPartition) return done()
        fail(this.#refused(`delete the topic ${name}`, error))
      })
    })
  }

  #refused(what: string, error: RdError): BrokerError {
    const { address } = this.#factory
    const shown = { ...error, message: withoutSecrets(error.message, address) }
    return requestFailed(what, address.bootstrapServers, shown)
  }

  /** Waits until all of so many partitions have leaders: of a thousand one after the other gets its own. */
  async #visible({ name, partitions: wanted }: TopicSpec): Promise<number> {
    let deadline = performance.now() + VISIBLE_MS_MAX + wanted * VISIBLE_MS_A_PARTITION
    let most = 0
    for (let waitMs = LOOK_MS; ; waitMs = Math.min(waitMs * 2, LOOK_MS_MAX)) {
      const { partitions, led } = await this.#look(name)
      if (partitions > 0 && led === partitions) return partitions
      if (led > most) deadline = Math.max(deadline, performance.now() + VISIBLE_MS_MAX)
      most = Math.max(most, led)
      if (performance.now() > deadline) {
        const { bootstrapServers } = this.#factory.address
        throw partitions === 0
          ? topicMissing(name, bootstrapServers)
          : topicWithoutLeaders(name, partitions - led, bootstrapServers)
      }
      await sleep(waitMs)
    }
  }
}

function verify(spec: TopicSpec, partitions: number): void {
  if (partitions === spec.partitions) return
  const advice =
    spec.isInternal === true
      ? 'what it is made of has another number now; let "millrace reset" delete the topic and the next start make it anew'
      : `delete it, or set the number of partitions to ${partitions}`
  throw new BrokerError(
    'MILLRACE_TOPIC_MISMATCH',
    `the topic ${spec.name} has ${partitions} partitions where ${spec.partitions} are needed: ${advice}`,
  )
}
