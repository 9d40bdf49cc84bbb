// The transaction that a producer has open as it goes. Who reads what is committed waits behind one that is left open
// until the broker undoes it, and the next instance may have another transactional id, so that it does not.
import { setTimeout as sleep } from 'node:timers/promises'
import { RdCode, type RdDone, type RdError, type RdProducer } from './rd-client.ts'
import { withoutSecrets, type KafkaAddress } from './settings.ts'

/** Milliseconds: as long as a stop may take in good order. Kafka Streams waits for as long as it is let. */
const END_MS_MAX = 10_000
const RETRY_MS = 20

/** Whose transaction it is. */
export interface LastTransaction {
  readonly address: KafkaAddress
  readonly transactionalId: string
  readonly producer: Pick<RdProducer, 'abortTransaction' | 'commitTransaction'>
  /** After how many milliseconds the broker undoes a transaction by itself. */
  readonly timeoutMs: number
}

/**
 * Undoes a transaction, or ends the commit that it is in, and asks again while that may help: what is in flight, or
 * a broker that stands still for a moment, takes its time. Not for longer than the broker would wait, or ten seconds.
 * @param isCommitting whether its commit has begun and was not answered: the client takes no other request before that.
 * @returns what to say where it may be open still; undefined where it is not.
 */
export async function endTransaction(
  last: LastTransaction,
  isCommitting: boolean,
): Promise<string | undefined> {
  const { producer, timeoutMs } = last
  const deadline = performance.now() + Math.min(END_MS_MAX, timeoutMs)
  let commits = isCommitting
  for (;;) {
    const leftMs = Math.max(1, Math.ceil(deadline - performance.now()))
    const error = await answered((done) =>
      commits ? producer.commitTransaction(leftMs, done) : producer.abortTransaction(leftMs, done),
    )
    if (error === undefined || isFenced(error)) return undefined
    if (error.isRetriable !== true && !commits) {
      // There is none.
      return error.code === RdCode.erroneousState ? undefined : leftOpen(last, error)
    }
    // A commit that has failed is to be undone.
    commits &&= error.isRetriable === true
    if (performance.now() >= deadline) return leftOpen(last, error)
    await sleep(RETRY_MS)
  }
}

function leftOpen(
  { address, transactionalId, timeoutMs }: LastTransaction,
  { message }: RdError,
): string {
  return `the transaction of ${transactionalId} could not be ended before this instance left: ${withoutSecrets(message, address)}; who reads committed records waits behind it until the broker undoes it, after producer.transaction.timeout.ms, which is ${timeoutMs} ms`
}

/** Another producer has taken the id over, and undone it by that. */
function isFenced({ code, isFatal }: RdError): boolean {
  return isFatal === true || code === RdCode.fatal || code === RdCode.producerFenced
}

function answered(ask: (done: RdDone) => void): Promise<RdError | undefined> {
  return new Promise((done) => ask((error) => done(error ?? undefined)))
}
