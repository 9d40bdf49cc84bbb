// One partition that a worker polls through the addon: its columns, its position and its end.
import { PollState, type KafkaAddon, type ReaderHandle } from '../native/kafka-addon.ts'
import type { PartitionReader, TopicPartitionOffset } from '../ports.ts'
import type { RecordBatch } from '../record-batch.ts'
import type { PollRoom, PollRooms } from './poll-rooms.ts'

/** What a reader asks of its port. */
export interface NativeReaderLink {
  /** Takes what the main thread has posted. */
  receive(): void
  /** Where the rows go. */
  readonly rooms: PollRooms
  failed(code: number, message: string): void
  closed(): void
}

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
  /** There while the rows polled last may be looked at. */
  #room: PollRoom | undefined
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
    const { rooms } = this.#link
    const room = this.#room === undefined ? rooms.take() : rooms.renew(this.#room)
    this.#room = room
    let count = this.#poll(this.#handle, room)
    const needed = this.#state[PollState.needed]!
    if (count === 0 && needed > 0) {
      room.bytes = new Uint8Array(2 ** Math.ceil(Math.log2(needed)))
      count = this.#poll(this.#handle, room)
    }
    if (count > 0) return this.#batch(count, room)
    this.#leaveRoom()
    return undefined
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#handle !== undefined) this.#addon.closeReader(this.#handle)
    this.#handle = undefined
    this.#leaveRoom()
    this.#link.closed()
  }

  #leaveRoom(): void {
    if (this.#room !== undefined) this.#link.rooms.give(this.#room)
    this.#room = undefined
  }

  #poll(handle: ReaderHandle, { bytes, ends, nulls, timestamps, offsets }: PollRoom): number {
    const state = this.#state
    const count = this.#addon.poll(handle, bytes, ends, nulls, timestamps, offsets, state)
    if (count === GONE) return 0
    if (count > 0) this.position = offsets[count - 1]! + 1
    // Up to the end of the partition there are only control records, which never come as rows.
    const endOfPartition = state[PollState.endOfPartition]!
    if (endOfPartition >= 0) this.end = this.position = Math.max(this.position, endOfPartition)
    else if (count > 0) this.end = Math.max(state[PollState.highWatermark]!, this.position)
    const code = state[PollState.error]!
    if (code !== 0) this.#link.failed(code, this.#addon.readerError(handle))
    return count
  }

  #batch(count: number, room: PollRoom): RecordBatch {
    const length = this.#state[PollState.bytes]!
    const bytes = room.bytes.subarray(0, length)
    const { ends, nulls, timestamps, offsets } = room
    const isShort = this.#state[PollState.left]! > 0 && count < offsets.length
    // The batch keeps the old bytes; the next poll has more.
    if (isShort && room.bytes.length * 2 <= this.#link.rooms.bytesMax) {
      room.bytes = new Uint8Array(room.bytes.length * 2)
    }
    return {
      count,
      bytes,
      ends: ends.subarray(0, 3 * count),
      nulls: nulls.subarray(0, count),
      timestamps: timestamps.subarray(0, count),
      offsets: offsets.subarray(0, count),
    }
  }
}
