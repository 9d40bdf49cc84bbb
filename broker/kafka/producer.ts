// Writes from the main thread, for replays. Deliveries are counted by asking, every quarter of a
// second, for all that was sent to be acknowledged: a report for each row would cost more than sending.
import type { Producer, TopicPartition } from '../ports.ts'
import type { RecordBatchBuilder } from '../record-batch-builder.ts'
import { disconnectProducer } from './clients.ts'
import type { RdProducer } from './rd-client.ts'
import { RoomySender } from './roomy-sender.ts'

const COUNT_INTERVAL_MS = 250

/** A `Producer` on a connected client. */
export class KafkaProducer implements Producer {
  readonly #client: RdProducer
  readonly #sender: RoomySender
  #sent = 0
  #delivered = 0
  #counting: NodeJS.Timeout | undefined
  #closed: Promise<void> | undefined

  constructor(client: RdProducer, deliveryMs: number) {
    this.#client = client
    this.#sender = new RoomySender(client, deliveryMs)
  }

  /** Rows acknowledged, as of at most a quarter of a second ago. */
  get delivered(): number {
    return this.#delivered
  }

  async send(target: TopicPartition, rows: RecordBatchBuilder): Promise<void> {
    if (this.#sender.failure !== undefined) throw this.#sender.failure
    if (rows.count === 0) return
    this.#sent += rows.count
    this.#counting ??= setTimeout(() => this.#count(), COUNT_INTERVAL_MS)
    await this.#sender.send(target, rows)
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
