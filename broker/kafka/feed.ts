// One partition on its way to a worker: packs its rows, counts the bytes that the worker has not
// taken yet, and says what is known of the partition's end. Used by Intake.
import type { TopicPartition } from '../ports.ts'
import { withOffsets } from '../packed-batch.ts'
import { RecordBatchBuilder } from '../record-batch-builder.ts'
import type { RecordHeader } from '../record-headers.ts'
import type { RdMessage } from './rd-client.ts'
import type { Outlet } from './reading.ts'

/** The main thread's side of a partition that a worker reads, or may read. */
export class Feed implements TopicPartition {
  readonly topic: string
  readonly partition: number
  /** Offset after the last row taken; earlier ones are of a former position and dropped. */
  next: number
  /** Whether the client has the partition assigned: a new outlet must then seek. */
  active = false
  paused = false
  /** Bytes posted that the worker has not taken. */
  outstandingBytes = 0
  /** The reader that gets the rows once the client has sought to its offset. */
  pending: Outlet | undefined
  #outlet: Outlet | undefined
  readonly #rows = new RecordBatchBuilder()
  #offsets: number[] = []
  #end = -1

  constructor({ topic, partition }: TopicPartition) {
    this.topic = topic
    this.partition = partition
    this.next = 0
  }

  get outlet(): Outlet | undefined {
    return this.#outlet
  }

  /** Sends what comes from `offset` on to another reader, or to none. */
  connect(outlet: Outlet | undefined, offset: number): void {
    this.#outlet = outlet
    this.next = offset
    this.outstandingBytes = 0
    this.#rows.clear()
    this.#offsets = []
    this.#end = -1
  }

  /** Takes a row; answers whether it is the first of a batch. */
  add(message: RdMessage): boolean {
    const { offset } = message
    if (offset < this.next || this.#outlet === undefined) return false
    this.next = offset + 1
    const row = this.#rows.count
    this.#offsets[row] = offset
    const { headers } = message
    this.#rows.append(
      message.key,
      message.value,
      message.timestamp,
      headers === undefined ? undefined : headers.map(toHeader),
    )
    return row === 0
  }

  /** Posts the rows taken since the last call, with the end of the partition as the client knows it. */
  flush(knownEnd: number): void {
    if (this.#outlet === undefined || this.#rows.count === 0) return
    this.#offsets.length = this.#rows.count
    const packed = withOffsets(this.#rows.pack(), this.#offsets)
    this.#end = Math.max(this.#end, knownEnd, this.next)
    this.outstandingBytes += packed.byteLength
    const { reader } = this.#outlet
    this.#outlet.post({ kind: 'rows', reader, packed, end: this.#end }, [packed])
  }

  /** Tells the reader of a new end, and from where on there are rows. */
  hear(end: number, start = 0): void {
    if (end <= this.#end) return
    this.#end = end
    this.#outlet?.post({ kind: 'end', reader: this.#outlet.reader, end, start })
  }

  /**
   * The client has come to the end of the partition, there: what lies between the position and it are control
   * records, which never come as rows. One of before rows that have come since says nothing.
   */
  hearEndOfPartition(offset: number): void {
    if (offset < this.next) return
    this.next = this.#end = offset
    const { outlet } = this
    outlet?.post({ kind: 'end', reader: outlet.reader, end: offset, start: offset })
  }
}

function toHeader(header: Readonly<Record<string, Uint8Array>>): RecordHeader {
  for (const key in header) return { key, value: header[key] ?? null }
  return { key: '', value: null }
}
