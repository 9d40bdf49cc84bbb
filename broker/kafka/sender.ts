// Batches in the order they came, produced row by row. A gate lets a commit wait for what came before
// it while later batches queue. Used by the group for its workers and by the standalone producer.
import { BrokerError, type TopicPartition } from '../ports.ts'
import { unpack } from '../packed-batch.ts'
import { headersOf, NULL_KEY, NULL_VALUE, type RecordBatch } from '../record-batch.ts'
import { deliveryCode, produceFailed } from './errors.ts'
import {
  RdCode,
  type RdError,
  type RdHeaders,
  type RdNativeProducer,
  type RdProducer,
} from './rd-client.ts'
import type { Outbox } from './reading.ts'

interface Batch extends TopicPartition {
  readonly rows: RecordBatch
  /** Called when the client has taken all rows. */
  readonly sent: () => void
  row: number
}

/** Rows between two looks at the clock. */
const STRIDE = 256
const SLICE_MS = 4
const FULL_REST_MS = 1
// A flush looks each 10 ms whether all is delivered, and at its end: short ones find out sooner.
const QUICK_FLUSH_MS = 2
const QUICK_FLUSHES = 25
const FLUSH_MS = 200
const DELIVERY_SLACK_MS = 2_000

/** Hands batches to a producer's queue, and keeps its first failure. */
export class Sender implements Outbox {
  readonly #producer: RdProducer
  readonly #native: RdNativeProducer
  readonly #deliveryMs: number
  readonly #queue: Batch[] = []
  readonly knowsClients = false
  readonly errors: Record<string, number> = {}
  #failure: BrokerError | undefined
  #scheduled = false
  /** Batches that may go before the gate; Infinity while it is open. */
  #allowed = Infinity
  #drained: (() => void) | undefined
  #flushing: Promise<void> = Promise.resolve()
  #closed = false

  /** `deliveryMs` is how long the producer itself tries to deliver a row. */
  constructor(producer: RdProducer, deliveryMs: number) {
    this.#producer = producer
    this.#native = producer.getClient()
    this.#deliveryMs = deliveryMs
    producer.on('delivery-report', (error, report) => {
      if (error === null) return
      this.errors[report.topic] = (this.errors[report.topic] ?? 0) + 1
      this.#fail(produceFailed(report, error.message, deliveryCode(error)))
    })
  }

  /** The first row that could not be delivered: what came after it is not sent. */
  get failure(): BrokerError | undefined {
    return this.#failure
  }

  get queuedRows(): number {
    return this.#queue.reduce((sum, { rows, row }) => sum + rows.count - row, 0)
  }

  /** Queues a packed batch; `sent` is called when all its rows are the client's, or given up. */
  add({ topic, partition }: TopicPartition, packed: ArrayBuffer, sent: () => void): void {
    if (this.#failure !== undefined || this.#closed) return sent()
    this.#queue.push({ topic, partition, rows: unpack(packed), sent, row: 0 })
    if (!this.#scheduled) this.#run()
  }

  /**
   * Resolves when every row added before the call is acknowledged; later ones wait meanwhile.
   * @throws BrokerError MILLRACE_PRODUCE_FAILED
   */
  flush(): Promise<void> {
    const flushed = this.#flushing.then(() => this.#flush())
    this.#flushing = flushed.catch(() => undefined)
    return flushed
  }

  async reset(): Promise<void> {
    this.#dropAll()
    // Failures are reported through the event loop.
    await this.#flushOnce(FLUSH_MS)
    await turn()
    await turn()
    this.#failure = undefined
  }

  /** Gives up what is queued. */
  close(): void {
    this.#closed = true
    this.#dropAll()
  }

  async #flush(): Promise<void> {
    this.#allowed = this.#queue.length
    try {
      if (this.#allowed > 0) await new Promise<void>((done) => (this.#drained = done))
      await this.#acknowledged()
    } finally {
      this.#allowed = Infinity
      if (!this.#scheduled) this.#run()
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  async #acknowledged(): Promise<void> {
    const deadline = performance.now() + this.#deliveryMs + DELIVERY_SLACK_MS
    for (let tries = 0; this.#failure === undefined && !this.#closed; tries++) {
      const late = await this.#flushOnce(tries < QUICK_FLUSHES ? QUICK_FLUSH_MS : FLUSH_MS)
      if (late === undefined) {
        // A failure found by the flush is reported through the event loop, maybe after its callback.
        await turn()
        await turn()
        return
      }
      if (performance.now() > deadline) {
        const message = `records were not delivered within ${this.#deliveryMs} ms: ${late.message}`
        throw new BrokerError('MILLRACE_PRODUCE_FAILED', message, { retriable: true })
      }
    }
  }

  // Its only error is that records are left after the time; it comes without a code.
  #flushOnce(ms: number): Promise<RdError | undefined> {
    return new Promise((done) => {
      this.#producer.flush(ms, (error) => done(error ?? undefined))
    })
  }

  #run(): void {
    this.#scheduled = false
    const deadline = performance.now() + SLICE_MS
    for (;;) {
      const batch = this.#allowed > 0 ? this.#queue[0] : undefined
      if (batch === undefined) return
      const outcome = this.#produce(batch, deadline)
      if (outcome === 'full')
        return this.#schedule(() => setTimeout(() => this.#run(), FULL_REST_MS))
      if (outcome === 'slice') return this.#schedule(() => setImmediate(() => this.#run()))
      this.#queue.shift()
      this.#allowed -= 1
      batch.sent()
      this.#reachGate()
    }
  }

  #schedule(how: () => void): void {
    this.#scheduled = true
    how()
  }

  #reachGate(): void {
    if (this.#allowed > 0 && this.#queue.length > 0) return
    this.#drained?.()
    this.#drained = undefined
  }

  #produce(batch: Batch, deadline: number): 'done' | 'full' | 'slice' {
    const { topic, partition, rows } = batch
    const { bytes, ends, nulls, timestamps, count } = rows
    let row = batch.row
    let start = row === 0 ? 0 : (ends[3 * row - 1] ?? 0)
    for (; row < count; row++) {
      if (row % STRIDE === STRIDE - 1 && performance.now() > deadline && row > batch.row) {
        batch.row = row
        return 'slice'
      }
      const keyEnd = ends[3 * row] ?? 0
      const valueEnd = ends[3 * row + 1] ?? 0
      const end = ends[3 * row + 2] ?? 0
      const none = nulls[row] ?? 0
      const headers = end === valueEnd ? undefined : this.#headers(batch, row)
      if (this.#failure !== undefined) return 'done'
      // Views into the batch, never buffers without memory: those would be sent as null.
      const code = this.#native.produce(
        topic,
        partition,
        none & NULL_VALUE ? null : bytes.subarray(keyEnd, valueEnd),
        none & NULL_KEY ? null : bytes.subarray(start, keyEnd),
        // The client takes 0 for "now".
        timestamps[row] || 1,
        undefined,
        headers,
      )
      if (code === RdCode.queueFull) {
        batch.row = row
        this.#producer.poll()
        return 'full'
      }
      if (code !== 0) {
        this.#fail(produceFailed(batch, `librdkafka's error ${code}`, code))
        return 'done'
      }
      start = end
    }
    return 'done'
  }

  #headers(batch: Batch, row: number): RdHeaders {
    return headersOf(batch.rows, row).map(({ key, value }) => {
      const text = textOf(value)
      if (text === undefined) {
        const reason = `its header ${key} is not UTF-8 text without zeros, which is all that the Kafka client can send without the addon`
        this.#fail(produceFailed(batch, reason))
      }
      return { [key]: text ?? '' }
    })
  }

  #fail(failure: BrokerError): void {
    this.#failure ??= failure
    // The batch in work ends by itself.
    setImmediate(() => this.#dropAll())
  }

  #dropAll(): void {
    for (const batch of this.#queue.splice(0)) batch.sent()
    this.#drained?.()
    this.#drained = undefined
  }
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done))

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text whose UTF-8 a header value is; undefined where the client would send other bytes. */
function textOf(value: Uint8Array | null): string | undefined {
  if (value === null || value.includes(0)) return undefined
  try {
    return utf8.decode(value)
  } catch {
    return undefined
  }
}
