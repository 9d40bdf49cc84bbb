// What the workers have produced through the addon, as the commit waits for it: rows are counted per
// epoch until they are acknowledged, and a commit begins the next epoch.
import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaAddon } from '../native/kafka-addon.ts'
import { BrokerError } from '../ports.ts'
import { produceFailed } from './errors.ts'
import type { RdProducer } from './rd-client.ts'
import type { Outbox } from './reading.ts'

/** What an outbox needs from its owner. */
export interface NativeOutboxOptions {
  readonly producer: RdProducer
  readonly clientId: string
  readonly addon: KafkaAddon
  /** How long the producer itself tries to deliver a row. */
  readonly deliveryMs: number
}

const LOOK_MS = 1
const FLUSH_MS = 200
const DELIVERY_SLACK_MS = 2_000

/** The rows of one producer. */
export class NativeOutbox implements Outbox {
  readonly #options: NativeOutboxOptions
  #epoch = 0
  #flushing: Promise<void> = Promise.resolve()
  #isHurrying = false
  #closed = false
  readonly knowsClients = true
  /** As they were asked for last: a client that is gone tells nothing. */
  #errors: Readonly<Record<string, number>> = {}

  constructor(options: NativeOutboxOptions) {
    this.#options = options
  }

  get queuedRows(): number {
    const { addon, clientId } = this.#options
    return this.#closed ? 0 : addon.rowsInFlight(clientId, 0) + addon.rowsInFlight(clientId, 1)
  }

  get errors(): Readonly<Record<string, number>> {
    const { addon, clientId } = this.#options
    if (!this.#closed) this.#errors = addon.deliveryErrors(clientId)
    return this.#errors
  }

  flush(): Promise<void> {
    const flushed = this.#flushing.then(() => this.#flush())
    this.#flushing = flushed.catch(() => undefined)
    return flushed
  }

  async reset(): Promise<void> {
    const { addon, clientId } = this.#options
    const deadline = performance.now() + DELIVERY_SLACK_MS
    // What was purged is told to the addon by another thread.
    while (addon.rowsInFlight(clientId, 0) + addon.rowsInFlight(clientId, 1) > 0) {
      if (performance.now() > deadline) break
      await sleep(LOOK_MS)
    }
    addon.forgetFailures(clientId)
  }

  close(): void {
    void this.errors
    this.#closed = true
  }

  // 1 nothing may be left of the epoch before: a commit that came to nothing can leave some  2 begin the
  // next epoch  3 wait for what came before it, while later rows count in the new one
  async #flush(): Promise<void> {
    const { addon, clientId, deliveryMs } = this.#options
    const deadline = performance.now() + deliveryMs + DELIVERY_SLACK_MS
    await this.#landed(1 - this.#epoch, deadline)
    const ended = this.#closed ? this.#epoch : addon.turnEpoch(clientId)
    this.#epoch = 1 - ended
    await this.#landed(ended, deadline)
  }

  async #landed(epoch: number, deadline: number): Promise<void> {
    const { addon, clientId, deliveryMs } = this.#options
    while (!this.#closed) {
      // Failures are written before the count falls: the count is read first.
      const rows = addon.rowsInFlight(clientId, epoch)
      this.#throwFailure()
      if (rows === 0) return
      if (performance.now() > deadline) {
        const message = `${rows} records were not delivered within ${deliveryMs} ms`
        throw new BrokerError('MILLRACE_PRODUCE_FAILED', message, { retriable: true })
      }
      this.#hurry()
      await sleep(LOOK_MS)
    }
  }

  #throwFailure(): void {
    const { addon, clientId } = this.#options
    const failure = addon.deliveryFailure(clientId)
    if (failure !== undefined) throw produceFailed(failure, failure.text, failure.code)
    const abandoned = addon.takeAbandoned(clientId)
    if (abandoned === 0) return
    const message = `a worker ended before ${abandoned} of its records were sent`
    throw new BrokerError('MILLRACE_PRODUCE_FAILED', message, { retriable: true })
  }

  // While it flushes, the client does not linger for more rows.
  #hurry(): void {
    if (this.#isHurrying) return
    this.#isHurrying = true
    this.#options.producer.flush(FLUSH_MS, () => (this.#isHurrying = false))
  }
}
