// Reads one partition outside any group, on the main thread: what `tail` shows.
import { performance } from 'node:perf_hooks'
import type { StandaloneReader, TopicPartitionOffset } from '../ports.ts'
import { unpack } from '../packed-batch.ts'
import type { RecordBatch } from '../record-batch.ts'
import { disconnectConsumer } from './clients.ts'
import { requestFailed } from './errors.ts'
import { Feed } from './feed.ts'
import type { ToPort } from './messages.ts'
import { RdCode, type RdConsumer, type RdMessage } from './rd-client.ts'

const ROWS_MAX = 1_000
/** A call holds a thread of the pool as long as it waits. */
const WAIT_MS_MAX = 100

/** A `StandaloneReader` on a connected consumer. */
export class KafkaReader implements StandaloneReader {
  readonly #consumer: RdConsumer
  readonly #address: string
  readonly #feed: Feed
  /** Where the client last came to the end. */
  #heardEnd = 0
  #packed: ArrayBuffer | undefined
  #reading: Promise<unknown> = Promise.resolve()
  #closed: Promise<void> | undefined

  constructor(consumer: RdConsumer, from: TopicPartitionOffset, address: string) {
    this.#consumer = consumer
    this.#address = address
    this.#feed = new Feed(from)
    const post = (message: ToPort): void => {
      if (message.kind === 'rows') this.#packed = message.packed
    }
    this.#feed.connect({ reader: 0, post }, from.offset)
    consumer.assign([from])
  }

  get position(): number {
    return Math.max(this.#feed.next, this.#heardEnd)
  }

  read(timeoutMs: number): Promise<RecordBatch | undefined> {
    const read = this.#reading.then(() => this.#read(timeoutMs))
    this.#reading = read.catch(() => undefined)
    return read
  }

  close(): Promise<void> {
    this.#closed ??= this.#reading.then(() => disconnectConsumer(this.#consumer))
    return this.#closed
  }

  async #read(timeoutMs: number): Promise<RecordBatch | undefined> {
    const deadline = performance.now() + timeoutMs
    while (this.#closed === undefined) {
      const leftMs = Math.max(0, Math.ceil(deadline - performance.now()))
      const first = await this.#consume(Math.min(leftMs, WAIT_MS_MAX), 1)
      if (first.length > 0) {
        const rest = await this.#consume(0, ROWS_MAX - 1)
        return this.#batch([...first, ...rest])
      }
      if (leftMs === 0) return undefined
    }
    return undefined
  }

  #batch(messages: readonly RdMessage[]): RecordBatch | undefined {
    for (const message of messages) this.#feed.add(message)
    this.#feed.flush(-1)
    const packed = this.#packed
    this.#packed = undefined
    return packed === undefined ? undefined : unpack(packed)
  }

  #consume(timeoutMs: number, count: number): Promise<readonly RdMessage[]> {
    const { topic, partition } = this.#feed
    return new Promise((done, fail) => {
      this.#consumer.getClient().consume(timeoutMs, count, (error, messages, ends) => {
        if (error === null) {
          // All rows before it are among these or came before.
          this.#heardEnd = ends.at(-1)?.offset ?? this.#heardEnd
          return done(messages)
        }
        if (error.code === RdCode.transport || error.code === RdCode.timedOut) return done([])
        fail(requestFailed(`read ${topic}/${partition}`, this.#address, error))
      })
    })
  }
}
