// Writes from the main thread, for replays: every delivery is reported and counted.
import type { Producer, TopicPartition } from '../ports.ts'
import type { RecordBatchBuilder } from '../record-batch.ts'
import { disconnectProducer } from './clients.ts'
import type { RdProducer } from './rd-client.ts'
import { Sender } from './sender.ts'

const REPORTS_MS_MAX = 10_000
const QUEUED_BYTES_MAX = 8 * 1024 * 1024

/** A `Producer` on a connected client that reports all deliveries. */
export class KafkaProducer implements Producer {
  readonly #client: RdProducer
  readonly #sender: Sender
  #sent = 0
  #delivered = 0
  #queuedBytes = 0
  #room: (() => void)[] = []
  #closed: Promise<void> | undefined

  constructor(client: RdProducer, deliveryMs: number) {
    this.#client = client
    client.on('delivery-report', (error) => {
      if (error === null) this.#delivered += 1
    })
    this.#sender = new Sender(client, deliveryMs)
  }

  get delivered(): number {
    return this.#delivered
  }

  async send(target: TopicPartition, rows: RecordBatchBuilder): Promise<void> {
    if (rows.count === 0) return
    this.#sent += rows.count
    const packed = rows.pack()
    const bytes = packed.byteLength
    this.#queuedBytes += bytes
    this.#sender.add(target, packed, () => {
      this.#queuedBytes -= bytes
      if (this.#queuedBytes < QUEUED_BYTES_MAX) for (const go of this.#room.splice(0)) go()
    })
    if (this.#queuedBytes >= QUEUED_BYTES_MAX) {
      await new Promise<void>((done) => this.#room.push(done))
    }
  }

  async flush(): Promise<void> {
    const sent = this.#sent
    await this.#sender.flush()
    // All are acknowledged; the client tells of a hundred in each turn of the event loop.
    const deadline = Date.now() + REPORTS_MS_MAX
    while (this.#delivered < sent && Date.now() < deadline) {
      await new Promise((done) => setImmediate(done))
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  #close(): Promise<void> {
    this.#sender.close()
    return disconnectProducer(this.#client)
  }
}
