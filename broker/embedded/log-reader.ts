// Reads one partition of the log from an offset on. The ports' readers on the main thread and in
// workers are this one; it copies each batch, so no lmdb snapshot outlives a call.
import { BrokerError, type PartitionReader, type TopicPartitionOffset } from '../ports.ts'
import { setBaseOffset, unpack } from '../packed-batch.ts'
import type { RecordBatch } from '../record-batch.ts'
import { batchKey, offsetOfKey, partitionKey, writeBatchKey } from './keys.ts'
import type { Log } from './log.ts'
import { readBounds } from './partition.ts'
import { readPointer } from './pointer.ts'
import { fromRow } from './slice.ts'

/** Rooms of a reader of batches that are not small; where they are, it has smaller ones: there may be thousands. */
const COPY_BYTES = 65_536
const SMALL_BYTES = 8_192
const OFFSETS_MAX = 4_096

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
  #copy = new Uint8Array(0)
  #offsets = new Float64Array(0)
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
    const batch = this.#seek()
    return batch === undefined ? undefined : this.#take(batch)
  }

  /** The batch at the position, or at the start where that is later; undefined at the end. */
  #seek(): RecordBatch | undefined {
    for (;;) {
      const { start, end } = readBounds(this.#log, this.#boundsKey)
      this.#end = end
      if (this.#position < start) this.#position = start
      if (this.#position >= end) return undefined
      const batch = this.#batchAt(this.#position) ?? this.#batchAround(this.#position)
      if (batch !== undefined) return batch
      // It was deleted while it was read, or it ought to be there.
      if (readBounds(this.#log, this.#boundsKey).start <= this.#position) {
        throw this.#damaged('it is missing')
      }
    }
  }

  /** The rows from an offset on of the batch that has it inside. */
  #batchAround(offset: number): RecordBatch | undefined {
    const [before] = this.#log.batches.getKeys({
      start: batchKey(this.#topicId, this.partition, offset),
      end: batchKey(this.#topicId, this.partition, 0),
      inclusiveEnd: true,
      reverse: true,
      limit: 1,
    })
    const batch = before === undefined ? undefined : this.#read(before as Buffer)
    if (batch === undefined) return undefined
    const row = offset - (batch.offsets[0] ?? 0)
    return row < batch.count ? fromRow(batch, row) : undefined
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
    try {
      const pointer = readPointer(found)
      const { length } = pointer
      this.#makeRoom(length, pointer.count)
      this.#log.files.read(pointer, this.#copy)
      const packed = this.#copy.subarray(0, length)
      setBaseOffset(packed, offsetOfKey(key))
      return unpack(packed, this.#offsets)
    } catch (cause) {
      // What this snapshot still shows another process may have deleted since.
      this.#log.snapshot.renew()
      if (this.#log.batches.getBinaryFast(key) === undefined) return undefined
      throw this.#damaged(cause instanceof Error ? cause.message : 'it cannot be read', cause)
    }
  }

  #makeRoom(length: number, count: number): void {
    if (this.#copy.length < length) {
      this.#copy = new Uint8Array(
        length > SMALL_BYTES ? Math.max(Math.ceil(1.25 * length), COPY_BYTES) : 2 * length,
      )
    }
    // Of more rows the batch brings a column of its own.
    if (this.#offsets.length < count && count <= OFFSETS_MAX) {
      this.#offsets = new Float64Array(Math.min(2 * count, OFFSETS_MAX))
    }
  }

  #damaged(why: string, cause?: unknown): BrokerError {
    const text =
      `The batch of ${this.topic}/${this.partition} at offset ${this.#position} in ` +
      `${this.#log.directory} is damaged (${why}): restore the directory from a copy, or delete it`
    return new BrokerError('MILLRACE_LOG_CORRUPT', text, { cause })
  }
}
