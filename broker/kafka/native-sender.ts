// Writes from the main thread through the addon, batch by batch as workers do: a call of the client's own producer
// for each row would cost more than all else that becomes of it. Used for what is read into topics.
import { setTimeout as sleep } from 'node:timers/promises'
import type { TopicPartition } from '../ports.ts'
import type { RecordBatchBuilder } from '../record-batch-builder.ts'
import { NativeOutbox, type NativeOutboxOptions } from './native-outbox.ts'
import { NativeOutput } from './native-output.ts'
import type { RowSender } from './reading.ts'
import { QUEUED_BYTES_MAX } from './roomy-sender.ts'

const ROOM_LOOK_MS = 1

/** The rows of one producer that was made with the addon as its plugin. */
export class NativeSender implements RowSender {
  readonly #options: NativeOutboxOptions
  readonly #outbox: NativeOutbox
  readonly #output: NativeOutput
  readonly #waker: number
  readonly knowsClients = true
  #isClosed = false

  constructor(options: NativeOutboxOptions) {
    const { addon, clientId } = options
    this.#options = options
    this.#outbox = new NativeOutbox(options)
    // What found no room goes on its way when there is some, whether or not anybody sends more.
    this.#waker = addon.openWaker(() => this.#output.flush())
    this.#output = new NativeOutput(addon, clientId, this.#waker)
  }

  get queuedRows(): number {
    return this.#outbox.queuedRows
  }

  get errors(): Readonly<Record<string, number>> {
    return this.#outbox.errors
  }

  async send(target: TopicPartition, rows: RecordBatchBuilder): Promise<void> {
    this.#output.produce(target, rows)
    while (!this.#isClosed && this.#output.pendingBytes >= QUEUED_BYTES_MAX) {
      await sleep(ROOM_LOOK_MS)
    }
  }

  flush(): Promise<void> {
    return this.#outbox.flush()
  }

  reset(): Promise<void> {
    this.#output.close()
    return this.#outbox.reset()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#output.close()
    this.#outbox.close()
    this.#options.addon.closeWaker(this.#waker)
  }
}
