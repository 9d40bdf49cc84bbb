// One partition that a worker polls through the addon: its columns, its position and its end.
import { PollState, type KafkaAddon, type ReaderHandle } from '../native/kafka-addon.ts'
import type { PartitionReader, TopicPartitionOffset } from '../ports.ts'
import type { RecordBatch } from '../record-batch.ts'

/** What a reader asks of its port. */
export interface NativeReaderLink {
  /** Takes what the main thread has posted. */
  receive(): void
  failed(code: number, message: string): void
  closed(): void
}

/** Rows of a poll, at most, and the bytes of them; a batch should stay in the processor's cache. */
const ROWS_MAX = 1_024
const BYTES_MIN = 65_536
const BYTES_MAX = 524_288
const GONE = -1

/** A `PartitionReader` over a partition's own queue. */
export class NativeReader implements PartitionReader {
  readonly topic: string
  readonly partition: number
  position: number
  end = Infinity
  readonly #addon: KafkaAddon
  readonly #link: NativeReaderLink
  #handle: ReaderHandle | undefined
  #isClosed = false
  #bytes = new Uint8Array(BYTES_MIN)
  readonly #ends = new Uint32Array(3 * ROWS_MAX)
  readonly #nulls = new Uint8Array(ROWS_MAX)
  readonly #timestamps = new Float64Array(ROWS_MAX)
  readonly #offsets = new Float64Array(ROWS_MAX)
  readonly #state = new Float64Array(PollState.slots)

  constructor(
    { topic, partition, offset }: TopicPartitionOffset,
    addon: KafkaAddon,
    link: NativeReaderLink,
  ) {
    this.topic = topic
    this.partition = partition
    this.position = offset
    this.#addon = addon
    this.#link = link
  }

  /** The consumer with that `client.id` stands at the position: what comes is to be read. */
  opened(clientId: string, waker: number): void {
    if (this.#isClosed) return
    this.#handle = this.#addon.openReader(
      clientId,
      this.topic,
      this.partition,
      this.position,
      waker,
    )
  }

  poll(): RecordBatch | undefined {
    if (this.#handle === undefined) {
      if (!this.#isClosed) this.#link.receive()
      if (this.#handle === undefined) return undefined
    }
    let count = this.#poll(this.#handle)
    const needed = this.#state[PollState.needed]!
    if (count === 0 && needed > 0) {
      this.#bytes = new Uint8Array(2 ** Math.ceil(Math.log2(needed)))
      count = this.#poll(this.#handle)
    }
    return count > 0 ? this.#batch(count) : undefined
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#handle !== undefined) this.#addon.closeReader(this.#handle)
    this.#handle = undefined
    this.#link.closed()
  }

  #poll(handle: ReaderHandle): number {
    const count = this.#addon.poll(
      handle,
      this.#bytes,
      this.#ends,
      this.#nulls,
      this.#timestamps,
      this.#offsets,
      this.#state,
    )
    if (count === GONE) return 0
    if (count > 0) this.position = this.#offsets[count - 1]! + 1
    const state = this.#state
    // Up to the end of the partition there are only control records, which never come as rows.
    const endOfPartition = state[PollState.endOfPartition]!
    if (endOfPartition >= 0) this.end = this.position = Math.max(this.position, endOfPartition)
    else if (count > 0) this.end = Math.max(state[PollState.highWatermark]!, this.position)
    const code = state[PollState.error]!
    if (code !== 0) this.#link.failed(code, this.#addon.readerError(handle))
    return count
  }

  #batch(count: number): RecordBatch {
    const length = this.#state[PollState.bytes]!
    const bytes = this.#bytes.subarray(0, length)
    const isShort = this.#state[PollState.left]! > 0 && count < ROWS_MAX
    // The batch keeps the old room; the next poll has more.
    if (isShort && this.#bytes.length < BYTES_MAX) {
      this.#bytes = new Uint8Array(this.#bytes.length * 2)
    }
    return {
      count,
      bytes,
      ends: this.#ends.subarray(0, 3 * count),
      nulls: this.#nulls.subarray(0, count),
      timestamps: this.#timestamps.subarray(0, count),
      offsets: this.#offsets.subarray(0, count),
    }
  }
}
