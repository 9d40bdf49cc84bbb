// Takes records over HTTP: POST /topics/TOPIC as Confluent's REST proxy v2, for topics that are allowed.
// Used by http-server.ts; off unless server.ingest.topics names some.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { partitionFor } from '../broker/partitioner.ts'
import { BrokerError, type Posted, type Poster } from '../broker/ports.ts'
import { RecordBatchBuilder } from '../broker/record-batch-builder.ts'
import { answerOf, type OffsetAnswer } from './ingest-answer.ts'
import { IngestError, KAFKA_JSON } from './ingest-error.ts'
import { IngestFigures } from './ingest-figures.ts'
import { ByteBudget, RecordRate } from './ingest-limits.ts'
import { formatOf, recordsOf, type PostedRecord, type TopicSerdes } from './ingest-request.ts'
import type { Reply } from './reply.ts'

/** What may be posted, and where it goes. */
export interface IngestSources {
  /** The topics that may be written. */
  readonly topics: readonly string[]
  /** What must be sent with each request; undefined where nobody is asked. */
  readonly token: string | undefined
  readonly recordsPerSecond: number
  readonly requestMaxBytes: number
  readonly bufferBytes: number
  readonly post: Poster['post']
  /** How many partitions a topic has; undefined where there is none of the name. */
  readonly partitions: (topic: string) => Promise<number | undefined>
  /** How the job reads a topic; undefined of one that it does not read. */
  readonly serdesOf: (topic: string) => TopicSerdes | undefined
}

/** Under which topics are. */
export const TOPICS_PATH = '/topics/'

const ACCEPTED = /^(application\/(vnd\.kafka\.v2\+json|vnd\.kafka\+json|json|\*)|\*\/\*)$/
/** What a request takes at the least, so that their number is bounded, too. */
const REQUEST_BYTES_MIN = 1_024

/** Answers those who post. */
export class Ingest {
  readonly #sources: IngestSources
  readonly #token: Buffer | undefined
  readonly #rate: RecordRate
  readonly #budget: ByteBudget
  /** What /metrics tells of it. */
  readonly figures: IngestFigures
  #turn = 0

  constructor(sources: IngestSources) {
    this.#sources = sources
    this.#token = sources.token === undefined ? undefined : digest(sources.token)
    this.#rate = new RecordRate(sources.recordsPerSecond)
    this.#budget = new ByteBudget(sources.bufferBytes)
    this.figures = new IngestFigures(sources.topics, () => this.#budget.taken)
  }

  /** Answers a POST. @param path that of the request, without its query */
  async reply(request: IncomingMessage, path: string): Promise<Reply> {
    let status = 500
    try {
      const reply = await this.#reply(request, path)
      status = reply.status
      return reply
    } finally {
      this.figures.answered(status)
    }
  }

  async #reply(request: IncomingMessage, path: string): Promise<Reply> {
    const taken = { bytes: 0 }
    try {
      const topic = this.#topicOf(request, path)
      const format = formatOf(request.headers['content-type'])
      const body = await this.#bodyOf(request, taken)
      const records = recordsOf(body, format, this.#sources.serdesOf(topic))
      const partitions = await this.#sources.partitions(topic)
      if (partitions === undefined) throw new IngestError(404, 40401, `no topic ${topic}`)
      const placed = this.#placed(records, partitions)
      this.#rate.take(records.length)
      const offsets = await this.#write(topic, placed)
      const answer = { key_schema_id: null, value_schema_id: null, offsets }
      return { status: 200, contentType: KAFKA_JSON, body: JSON.stringify(answer) }
    } catch (error) {
      if (error instanceof IngestError) return error.reply
      if (error instanceof BrokerError) return refusalOf(error).reply
      // Who hung up hears no answer; it is no failure of the server.
      if (!request.complete) return new IngestError(400, 400, 'the body did not end').reply
      throw error
    } finally {
      this.#budget.giveBack(taken.bytes)
    }
  }

  #topicOf({ headers }: IncomingMessage, path: string): string {
    if (this.#token !== undefined) {
      const [, given = ''] = /^Bearer (.+)$/i.exec(headers.authorization ?? '') ?? []
      if (!timingSafeEqual(digest(given), this.#token)) {
        throw new IngestError(401, 40101, 'send Authorization: Bearer TOKEN', {
          'www-authenticate': 'Bearer',
        })
      }
    }
    const accepted = (headers.accept ?? '*/*').split(',').map((one) => one.split(';', 1)[0]!.trim())
    if (!accepted.some((one) => ACCEPTED.test(one))) {
      throw new IngestError(406, 406, `answers are ${KAFKA_JSON}`)
    }
    const topic = path.slice(TOPICS_PATH.length)
    if (this.#sources.topics.includes(topic)) return topic
    throw new IngestError(403, 40301, `server.ingest.topics does not name this topic`)
  }

  /** The body, counted as it comes: what is too large is not read to its end. */
  async #bodyOf(request: IncomingMessage, taken: { bytes: number }): Promise<string> {
    const { requestMaxBytes: max } = this.#sources
    const take = (bytes: number): void => {
      this.#budget.take(bytes)
      taken.bytes += bytes
    }
    const told = Number(request.headers['content-length'] ?? 0)
    if (told > max) throw tooLarge(max)
    take(Math.max(told, REQUEST_BYTES_MIN))
    const chunks: Buffer[] = []
    let length = 0
    // A request that is let go of must still be answered.
    const body = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
    for await (const chunk of body) {
      length += chunk.length
      if (length > max) throw tooLarge(max)
      if (length > taken.bytes) take(length - taken.bytes)
      chunks.push(chunk)
    }
    this.figures.read(length)
    return Buffer.concat(chunks).toString('utf8')
  }

  /** Records without key and partition go to one partition, and those of the next request to the next. */
  #placed(records: readonly PostedRecord[], partitions: number): PlacedRecord[] {
    this.#turn = (this.#turn + 1) % partitions
    return records.map(({ key, value, partition }, i) => {
      if (partition !== undefined && partition >= partitions) {
        throw new IngestError(404, 40402, `records[${i}]: there is no partition ${partition}`)
      }
      const byKey = key === null ? this.#turn : partitionFor(key, partitions)
      return { key, value, partition: partition ?? byKey }
    })
  }

  async #write(topic: string, records: readonly PlacedRecord[]): Promise<OffsetAnswer[]> {
    const answers: OffsetAnswer[] = []
    const nowMs = Date.now()
    const writes = [...new Set(records.map(({ partition }) => partition))].map(
      async (partition) => {
        const rows = new RecordBatchBuilder()
        const places: number[] = []
        for (const [i, record] of records.entries()) {
          if (record.partition !== partition) continue
          rows.append(record.key, record.value, nowMs)
          places.push(i)
        }
        const posted = await this.#posted(topic, partition, rows, places.length)
        for (const [row, i] of places.entries()) answers[i] = answerOf(partition, posted[row]!)
      },
    )
    await Promise.all(writes)
    const refused = answers.filter(({ error_code }) => error_code !== null).length
    this.figures.posted(topic, answers.length - refused, refused)
    return answers
  }

  /** What fails in one partition is told of its records: others may have been written. */
  async #posted(
    topic: string,
    partition: number,
    rows: RecordBatchBuilder,
    count: number,
  ): Promise<readonly Posted[]> {
    try {
      return await this.#sources.post({ topic, partition }, rows)
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error
      return Array.from({ length: count }, () => error)
    }
  }
}

interface PlacedRecord extends PostedRecord {
  readonly partition: number
}

function refusalOf({ retriable, message }: BrokerError): IngestError {
  return new IngestError(500, retriable ? 50003 : 50002, message)
}

const tooLarge = (max: number): IngestError =>
  new IngestError(413, 413, `more than ${max} bytes`, { connection: 'close' })

/** Of one length, so that comparing takes the same time for each. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
