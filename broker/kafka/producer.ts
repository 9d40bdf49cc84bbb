// Writes from the main thread, for replays. Deliveries are counted by asking, every quarter of a
// second, for all that was sent to be acknowledged: a report for each row would cost more than sending.
import type { Producer, TopicPartition } from '../ports.ts'
import type { RecordBatchBuilder } from '../record-batch.ts'
import { disconnectProducer } from './clients.ts'
import type { RdProducer } from './rd-client.ts'
import { Sender } from './sender.ts'

const QUEUED_BYTES_MAX = 8 * 1024 * 1024
const COUNT_INTERVAL_MS = 250

/** A `Producer` on a connected client. */
export class KafkaProducer implements Producer {
  readonly #client: RdProducer
  readonly #sender: Sender
  #sent = 0
  #delivered = 0
  #queuedBytes = 0
  #counting: NodeJS.Timeout | undefined
  #room: (() => void)[] = []
  #closed: Promise<void> | undefined

  constructor(client: RdProducer, deliveryMs: number) {
    this.#client = client
    this.#sender = new Sender(client, deliveryMs)
  }

  /** Rows acknowledged, as of at most a quarter of a second ago. */
  get delivered(): number {
    return this.#delivered
  }

  async send(target: TopicPartition, rows: RecordBatchBuilder): Promise<void> {
    if (this.#sender.failure !== undefined) throw this.#sender.failure
    if (rows.count === 0) return
    this.#sent += rows.count
    const packed = rows.pack()
    const bytes = packed.byteLength
    this.#queuedBytes += bytes
    this.#sender.add(target, packed, () => {
      this.#queuedBytes -= bytes
      if (this.#queuedBytes < QUEUED_BYTES_MAX) for (const go of this.#room.splice(0)) go()
    })
    this.#counting ??= setTimeout(() => this.#count(), COUNT_INTERVAL_MS)
    if (this.#queuedBytes >= QUEUED_BYTES_MAX) {
      await new Promise<void>((done) => this.#room.push(done))
    }
  }

  async flush(): Promise<void> {
    const sent = this.#sent
    await this.#sender.flush()
    this.#delivered = Math.max(this.#delivered, sent)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  #count(): void {
    // The failure is kept: the next send or flush throws it.
    this.flush()
      .catch(() => undefined)
      .finally(() => {
        this.#counting = undefined
        const more = this.#delivered < this.#sent && this.#sender.failure === undefined
        if (more && this.#closed === undefined) {
          this.#counting = setTimeout(() => this.#count(), COUNT_INTERVAL_MS)
        }
      })
  }

  #close(): Promise<void> {
    clearTimeout(this.#counting)
    this.#sender.close()
    return disconnectProducer(this.#client)
  }
}
