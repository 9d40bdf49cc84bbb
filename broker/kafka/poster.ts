// Writes rows whose offsets are asked for: each is reported by the client when the broker has it. For what
// people and devices send one by one; whoever writes much takes a producer.
import { BrokerError, type Posted, type Poster, type TopicPartition } from '../ports.ts'
import { unpack } from '../packed-batch.ts'
import { keyOf, valueOf } from '../record-batch.ts'
import type { RecordBatchBuilder } from '../record-batch-builder.ts'
import { disconnectProducer } from './clients.ts'
import { isTransientDelivery, produceFailed } from './errors.ts'
import { RdCode, type RdError, type RdProducer } from './rd-client.ts'

/** Reports are asked for so often: they are what somebody waits for. */
const POLL_MS = 5

/** Of a row that the client takes for written since later ones are: see docs/guarantees.md. */
const NO_OFFSET = {
  message: 'the broker took later ones, but gave no offset for this one',
  code: RdCode.inconsistent,
}

/** Rows of a post that are under way. */
interface Post {
  readonly count: number
  readonly offsets: Posted[]
  left: number
  readonly done: (offsets: readonly Posted[]) => void
}

/** A row of a post, which the client gives back with its report. */
interface Row {
  readonly post: Post
  readonly row: number
}

/** A poster on a connected client that reports every delivery. */
export class KafkaPoster implements Poster {
  readonly #client: RdProducer
  readonly #posts = new Set<Post>()
  #isClosed = false

  constructor(client: RdProducer) {
    this.#client = client
    client.setPollInterval(POLL_MS)
    client.on('delivery-report', (error, report) => {
      const { post, row } = report.opaque as Row
      const failure = error ?? (report.offset < 0 ? NO_OFFSET : undefined)
      this.#settle(post, row, failure === undefined ? report.offset : failed(report, failure))
    })
  }

  post(target: TopicPartition, rows: RecordBatchBuilder): Promise<readonly Posted[]> {
    const batch = unpack(new Uint8Array(rows.pack()))
    return new Promise((done) => {
      const post: Post = { count: batch.count, offsets: [], left: batch.count, done }
      if (batch.count === 0) return done([])
      this.#posts.add(post)
      const native = this.#client.getClient()
      for (let row = 0; row < batch.count; row++) {
        const { topic, partition } = target
        const [key, value] = [keyOf(batch, row), valueOf(batch, row)]
        const at = batch.timestamps[row]! || 1
        const code = this.#isClosed
          ? RdCode.erroneousState
          : native.produce(topic, partition, value, key, at, { post, row }, undefined)
        if (code !== 0) this.#settle(post, row, refused(target, code))
      }
    })
  }

  /** What is still under way is answered for as not written: nobody knows. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await disconnectProducer(this.#client)
    const message = 'the connection was closed before the broker answered'
    const error = new BrokerError('MILLRACE_PRODUCE_FAILED', message, { retriable: true })
    for (const post of [...this.#posts]) {
      for (let row = 0; row < post.count; row++) this.#settle(post, row, error)
    }
  }

  #settle(post: Post, row: number, posted: Posted): void {
    if (post.offsets[row] !== undefined) return
    post.offsets[row] = posted
    post.left -= 1
    if (post.left > 0) return
    this.#posts.delete(post)
    post.done(post.offsets)
  }
}

/** Why a record was not delivered; another try may go well where the broker could not be reached. */
function failed(
  target: TopicPartition,
  { message, code }: Pick<RdError, 'message' | 'code'>,
): BrokerError {
  const failure = produceFailed(target, message, code)
  if (!isTransientDelivery(failure)) return failure
  const { cause } = failure
  return new BrokerError('MILLRACE_PRODUCE_FAILED', failure.message, { cause, retriable: true })
}

function refused(target: TopicPartition, code: number): BrokerError {
  if (code !== RdCode.queueFull) return produceFailed(target, `librdkafka's error ${code}`, code)
  const message = `too many records wait for ${target.topic}: try again`
  return new BrokerError('MILLRACE_PRODUCE_FAILED', message, { retriable: true })
}
