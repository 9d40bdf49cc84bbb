// Reads one partition of the log from an offset on. The ports' readers on the main thread and in
// workers are this one; it copies each batch, so no lmdb snapshot outlives a call.
import { BrokerError, type PartitionReader, type TopicPartitionOffset } from '../ports.ts'
import { countOf, unpack, type RecordBatch } from '../record-batch.ts'
import { batchKey, partitionKey, writeBatchKey } from './keys.ts'
import type { Log } from './log.ts'
import { readBounds } from './partition.ts'
import { fromRow } from './slice.ts'

/**
 * A reader of one partition. When retention has deleted what it would read next, it goes on at the
 * partition's start: `position` jumps there with the next rows.
 */
export class LogReader implements PartitionReader {
  readonly topic: string
  readonly partition: number
  readonly #log: Log
  readonly #topicId: number
  readonly #boundsKey: Buffer
  readonly #key = Buffer.alloc(16)
  // What `poll` gives lies here: aligned for the columns, overwritten by the next call.
  #copy = new Uint8Array(65_536)
  #position: number
  #end = Infinity
  #seen = -1
  #closed = false

  /** @throws BrokerError MILLRACE_TOPIC_MISSING */
  constructor(log: Log, { topic, partition, offset }: TopicPartitionOffset) {
    this.#topicId = log.topics.get({ topic, partition }).id
    this.topic = topic
    this.partition = partition
    this.#log = log
    this.#boundsKey = partitionKey(this.#topicId, partition)
    this.#position = offset
  }

  get position(): number {
    return this.#position
  }

  get end(): number {
    return this.#end
  }

  /** @throws BrokerError MILLRACE_LOG_CORRUPT */
  poll(): RecordBatch | undefined {
    if (this.#closed) return undefined
    try {
      return this.#next()
    } catch (error) {
      throw this.#log.environment.errorOf(error)
    }
  }

  close(): void {
    this.#closed = true
  }

  #next(): RecordBatch | undefined {
    const { snapshot } = this.#log
    if (this.#position < this.#end && this.#end !== Infinity) {
      snapshot.keepYoung()
      const batch = this.#batchAt(this.#position)
      if (batch !== undefined) return this.#take(batch)
    }
    const epoch = snapshot.latest()
    if (epoch === this.#seen) return undefined
    this.#seen = epoch
    const bounds = readBounds(this.#log, this.#boundsKey)
    this.#end = bounds.end
    if (this.#position >= bounds.end) return undefined
    return this.#take(this.#seek(bounds.start))
  }

  /** The batch at the position, the one that has it inside, or the first one that is left. */
  #seek(start: number): RecordBatch {
    if (this.#position < start) this.#position = start
    const exact = this.#batchAt(this.#position)
    if (exact !== undefined) return exact
    const [before] = this.#log.batches.getKeys({
      start: batchKey(this.#topicId, this.partition, this.#position),
      end: batchKey(this.#topicId, this.partition, 0),
      inclusiveEnd: true,
      reverse: true,
      limit: 1,
    })
    const batch = before === undefined ? undefined : this.#read(before as Buffer)
    if (batch === undefined) throw this.#damaged('it is missing')
    const row = this.#position - (batch.offsets[0] ?? 0)
    if (row >= batch.count) throw this.#damaged('it is missing')
    return fromRow(batch, row)
  }

  #take(batch: RecordBatch): RecordBatch {
    this.#position = (batch.offsets[batch.count - 1] ?? 0) + 1
    return batch
  }

  #batchAt(offset: number): RecordBatch | undefined {
    return this.#read(writeBatchKey(this.#key, this.#topicId, this.partition, offset))
  }

  #read(key: Buffer): RecordBatch | undefined {
    const found = this.#log.batches.getBinaryFast(key)
    if (found === undefined) return undefined
    const { length } = found
    if (this.#copy.length < length) this.#copy = new Uint8Array(2 * length)
    this.#copy.set(found.subarray(0, length))
    const packed = this.#copy.subarray(0, length)
    try {
      if (countOf(packed) === 0) throw new Error('it holds no rows')
      return unpack(packed)
    } catch (cause) {
      throw this.#damaged(cause instanceof Error ? cause.message : 'it cannot be read', cause)
    }
  }

  #damaged(why: string, cause?: unknown): BrokerError {
    const text =
      `The batch of ${this.topic}/${this.partition} at offset ${this.#position} in ` +
      `${this.#log.directory} is damaged (${why}): restore the directory from a copy, or delete it`
    return new BrokerError('MILLRACE_LOG_CORRUPT', text, { cause })
  }
}
