// A consumer's partitions as feeds: hands each row to its feed, and pauses the partitions whose worker
// does not keep up. A group has one for what it is assigned and one for what is read besides.
import {
  placeOf,
  type TopicPartition,
  type TopicPartitionOffset,
  type Watermarks,
} from '../ports.ts'
import { Feed } from './feed.ts'
import { Pump } from './pump.ts'
import type { RdConsumer, RdEndOfPartition, RdMessage } from './rd-client.ts'
import type { Outlet, PartitionIntake, ReaderHandle } from './reading.ts'
import { seek } from './seek.ts'

/** What an intake needs from its owner. */
export interface IntakeOptions {
  /** Tells the ends of partitions (`enable.partition.eof`): nothing else says that all rows are there. */
  readonly consumer: RdConsumer
  watermarks(of: TopicPartition): Promise<Watermarks>
  failed(error: { readonly code: number; readonly message: string }): void
}

// A pause throws the prefetch away, so there is far between the marks.
const OUTSTANDING_BYTES_MAX = 16 * 1024 * 1024
const OUTSTANDING_BYTES_MIN = 1024 * 1024
const ALL_OUTSTANDING_BYTES_MAX = 128 * 1024 * 1024
const RESUME_SHARE = 0.25

/** The feeds of one consumer, and its pump. */
export class Intake implements PartitionIntake {
  readonly #options: IntakeOptions
  readonly #consumer: RdConsumer
  readonly #pump: Pump
  readonly #feeds = new Map<string, Feed[]>()
  #questions: Promise<unknown> = Promise.resolve()
  #count = 0

  constructor(options: IntakeOptions) {
    this.#options = options
    this.#consumer = options.consumer
    this.#pump = new Pump(options.consumer.getClient(), {
      rows: (messages) => this.#take(messages),
      ends: (ends) => this.#heardEnds(ends),
      failed: options.failed,
    })
  }

  get isEmpty(): boolean {
    return this.#count === 0
  }

  has({ topic, partition }: TopicPartition): boolean {
    return this.#feed(topic, partition) !== undefined
  }

  /** Adds a feed that the consumer does not read yet. */
  add(of: TopicPartition): void {
    const feed = new Feed(of)
    if (!this.has(of)) this.#count += 1
    const feeds = this.#feeds.get(of.topic) ?? []
    feeds[of.partition] = feed
    this.#feeds.set(of.topic, feeds)
  }

  open(outlet: Outlet, from: TopicPartitionOffset): ReaderHandle {
    const feed = this.#feed(from.topic, from.partition)
    if (feed === undefined) throw new Error(`no feed of ${placeOf(from)}`)
    void this.#connect(feed, outlet, from.offset)
    return {
      took: (bytes) => {
        if (feed.outlet === outlet) this.#took(feed, bytes)
      },
      close: () => {
        const current = feed.outlet === outlet || feed.pending === outlet
        if (current) void this.#disconnect(feed)
      },
    }
  }

  async remove(partitions: readonly TopicPartition[], change: () => void): Promise<void> {
    await this.#pump.between(() => {
      for (const { topic, partition } of partitions) {
        if (this.#feed(topic, partition) === undefined) continue
        delete this.#feeds.get(topic)?.[partition]
        this.#count -= 1
      }
      change()
    })
  }

  async start(positions: readonly TopicPartitionOffset[], change: () => void): Promise<void> {
    await this.#pump.between(() => {
      change()
      for (const { topic, partition, offset } of positions) {
        const feed = this.#feed(topic, partition)
        if (feed === undefined) continue
        feed.active = true
        feed.next = offset
        feed.paused = false
      }
      this.#pause(this.#all().filter((feed) => feed.active && feed.outlet === undefined))
    })
  }

  async #connect(feed: Feed, outlet: Outlet, offset: number): Promise<void> {
    if (!feed.active) {
      feed.connect(outlet, offset)
      this.#ask(feed)
      return
    }
    // Rows of the former position may be on their way until the client has sought.
    feed.connect(undefined, offset)
    feed.pending = outlet
    await this.#pump.between(async () => {
      const isWanted = (): boolean => feed.pending === outlet && this.#holds(feed)
      const to = { topic: feed.topic, partition: feed.partition, offset }
      if (!(await seek(this.#options, to, isWanted))) return
      feed.connect(outlet, offset)
      this.#resume(feed)
      this.#ask(feed)
    })
  }

  /** Stops the rows of a feed whose reader is gone. */
  async #disconnect(feed: Feed): Promise<void> {
    feed.pending = undefined
    feed.connect(undefined, feed.next)
    if (!feed.active) return
    await this.#pump.between(() => {
      if (feed.outlet === undefined) this.#pause([feed])
    })
  }

  /** The worker has taken rows: a paused partition may go on. */
  #took(feed: Feed, bytes: number): void {
    feed.outstandingBytes = Math.max(0, feed.outstandingBytes - bytes)
    if (!feed.paused || this.#isAhead(feed)) return
    void this.#pump.between(() => this.#resume(feed))
  }

  async pauseAll(): Promise<void> {
    await this.#pump.between(() => this.#pause(this.#all().filter((feed) => feed.active)))
  }

  async stop(): Promise<void> {
    await this.#pump.stop()
  }

  /** The feed of a partition, if it is one of this consumer's. */
  #feed(topic: string, partition: number): Feed | undefined {
    return this.#feeds.get(topic)?.[partition]
  }

  #all(): Feed[] {
    return [...this.#feeds.values()].flatMap((feeds) => Object.values(feeds))
  }

  #take(messages: readonly RdMessage[]): void {
    const begun: Feed[] = []
    let feed: Feed | undefined
    let topic = ''
    let partition = -1
    for (const message of messages) {
      if (message.partition !== partition || message.topic !== topic) {
        partition = message.partition
        topic = message.topic
        feed = this.#feed(topic, partition)
      }
      if (feed?.add(message) === true) begun.push(feed)
    }
    for (const each of begun) each.flush(this.#knownEnd(each))
    const bytesMax = this.#bytesMax()
    const full = begun.filter((each) => each.outstandingBytes > bytesMax && !each.paused)
    if (full.length > 0) void this.#pump.between(() => this.#pause(full.filter(this.#isAhead)))
  }

  // A worker that has taken all before the pause has its turn would never take again, and resume.
  readonly #isAhead = (feed: Feed): boolean =>
    feed.outstandingBytes > this.#bytesMax() * RESUME_SHARE

  #heardEnds(ends: readonly RdEndOfPartition[]): void {
    for (const { topic, partition, offset } of ends) {
      this.#feed(topic, partition)?.hearEndOfPartition(offset)
    }
  }

  /** Where the rows begin and end: the client says nothing of a beginning that lies behind the position. */
  #ask(feed: Feed): void {
    const { outlet } = feed
    // One question at a time: each holds a thread of the pool.
    this.#questions = this.#questions
      .then(() => this.#options.watermarks(feed))
      .then(({ start, end }) => {
        if (feed.outlet === outlet) feed.hear(end, start)
      })
      .catch(() => undefined)
  }

  #knownEnd({ topic, partition }: Feed): number {
    try {
      return this.#consumer.getWatermarkOffsets(topic, partition).highOffset
    } catch {
      return -1
    }
  }

  #bytesMax(): number {
    const share = ALL_OUTSTANDING_BYTES_MAX / Math.max(1, this.#count)
    return Math.min(OUTSTANDING_BYTES_MAX, Math.max(OUTSTANDING_BYTES_MIN, share))
  }

  #pause(feeds: readonly Feed[]): void {
    const present = feeds.filter((feed) => this.#holds(feed))
    for (const feed of present) feed.paused = true
    if (present.length > 0) this.#consumer.pause(present.map(partitionOf))
  }

  #resume(feed: Feed): void {
    if (!feed.paused || !this.#holds(feed)) return
    feed.paused = false
    this.#consumer.resume([partitionOf(feed)])
  }

  #holds(feed: Feed): boolean {
    return this.#feed(feed.topic, feed.partition) === feed
  }
}

const partitionOf = ({ topic, partition }: TopicPartition): TopicPartition => ({ topic, partition })
