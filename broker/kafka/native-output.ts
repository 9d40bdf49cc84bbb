// The rows that a worker produces through the addon: handed over at once, and where the client's queue
// is full, kept here in their order until there is room.
import type { KafkaAddon, WriterHandle } from '../native/kafka-addon.ts'
import type { TopicPartition } from '../ports.ts'
import { unpack } from '../packed-batch.ts'
import type { RecordBatch } from '../record-batch.ts'
import type { RecordBatchBuilder } from '../record-batch-builder.ts'

interface Waiting {
  readonly writer: WriterHandle
  readonly epoch: number
  readonly partition: number
  readonly rows: RecordBatch
  /** The first row that is not the client's yet. */
  row: number
}

type Columns = Omit<RecordBatch, 'offsets'>

const GONE = -1

/** The output of one worker. Callers stop producing above a limit of `pendingBytes`. */
export class NativeOutput {
  readonly #addon: KafkaAddon
  readonly #clientId: string
  readonly #waker: number
  readonly #writers = new Map<string, WriterHandle>()
  readonly #waiting: Waiting[] = []
  #waitingBytes = 0

  constructor(addon: KafkaAddon, clientId: string, waker: number) {
    this.#addon = addon
    this.#clientId = clientId
    this.#waker = waker
  }

  /** Takes the rows; the builder is cleared. After the producer's end they go nowhere. */
  produce({ topic, partition }: TopicPartition, rows: RecordBatchBuilder): void {
    if (rows.count === 0) return
    const writer = this.#writer(topic)
    if (writer === undefined) return rows.clear()
    this.flush()
    const epoch = this.#addon.reserve(writer, rows.count)
    const isFree = this.#waiting.length === 0
    const next = isFree ? this.#produce(writer, epoch, partition, rows.columns, 0) : 0
    if (next === rows.count || next === GONE) return rows.clear()
    const packed = unpack(rows.pack())
    this.#waiting.push({ writer, epoch, partition, rows: packed, row: next })
    this.#waitingBytes += packed.bytes.length
  }

  /** Hands over what waits, as far as there is room. */
  flush(): void {
    for (;;) {
      const first = this.#waiting[0]
      if (first === undefined) return
      const { writer, epoch, partition, rows, row } = first
      const next = this.#produce(writer, epoch, partition, rows, row)
      if (next !== rows.count && next !== GONE) {
        first.row = next
        return
      }
      this.#waiting.shift()
      this.#waitingBytes -= rows.bytes.length
    }
  }

  /** Bytes of rows that the broker has not acknowledged. */
  get pendingBytes(): number {
    this.flush()
    let bytes = this.#waitingBytes
    for (const writer of this.#writers.values()) bytes += this.#addon.bytesInFlight(writer)
    return bytes
  }

  /** Gives up what waits: a commit that counted on it fails. What comes after goes to new writers. */
  close(): void {
    this.#waiting.length = 0
    this.#waitingBytes = 0
    for (const writer of this.#writers.values()) this.#addon.closeWriter(writer)
    this.#writers.clear()
  }

  #produce(
    writer: WriterHandle,
    epoch: number,
    partition: number,
    { bytes, ends, nulls, timestamps, count }: Columns,
    from: number,
  ): number {
    return this.#addon.produce(
      writer,
      epoch,
      partition,
      bytes,
      ends,
      nulls,
      timestamps,
      from,
      count,
    )
  }

  #writer(topic: string): WriterHandle | undefined {
    let writer = this.#writers.get(topic)
    if (writer === undefined) {
      writer = this.#addon.openWriter(this.#clientId, topic, this.#waker)
      if (writer !== undefined) this.#writers.set(topic, writer)
    }
    return writer
  }
}
