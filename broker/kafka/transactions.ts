// Exactly once: what all workers produced since the last commit and the offsets up to which they read are
// one transaction (KIP-447). The group begins one at its start and after each commit, so that the workers,
// who know nothing of transactions, are always within one.
import { setTimeout as sleep } from 'node:timers/promises'
import { BrokerError, placeOf, type TaskPosition } from '../ports.ts'
import {
  isDenied,
  isFinal,
  isPurgedDelivery,
  isTransientDelivery,
  requestFailed,
  transactionAborted,
  writeDenied,
} from './errors.ts'
import { endTransaction, type LastTransaction } from './last-transaction.ts'
import type { OffsetRequests } from './offset-requests.ts'
import { RdCode, type RdDone, type RdError, type RdProducer } from './rd-client.ts'
import type { Outbox } from './reading.ts'
import { withoutSecrets } from './settings.ts'

/** What transactions are made of. */
export interface TransactionParts extends LastTransaction {
  readonly producer: RdProducer
  /** Left out where nothing is read: no offsets are committed then. */
  readonly offsets?: Pick<OffsetRequests, 'send'>
  /** How two processes can come to have the same id, for the error of the one that is refused. */
  readonly sameId?: string
}

/** It is repeated while that may help: short, since who ends waits for the one that is under way. */
const REQUEST_MS_MAX = 5_000
/** How long a broker that is gone is waited for before the application gives up. */
const RETRY_MS_MAX = 300_000
const RETRY_MS = 20
/** What has failed already is known to the client: no broker is waited for. */
const REASON_MS_MAX = 1_000

/** The transactions of one producer, one after the other. */
export class Transactions {
  readonly #parts: TransactionParts
  /** Offsets of the last commit, by place: only what moved is committed again. */
  readonly #committed = new Map<string, number>()
  /** The request that is under way. */
  #request: Promise<unknown> = Promise.resolve()
  /** Whether a commit is under way, be it that the last try of it came to nothing yet. */
  #isCommitting = false
  #hasEnded = false

  constructor(parts: TransactionParts) {
    this.#parts = parts
  }

  /**
   * Ends what a process under the same id left open, and begins the first transaction.
   * @throws BrokerError MILLRACE_BROKER_UNREACHABLE, MILLRACE_BROKER
   */
  async open(): Promise<void> {
    const { producer, address } = this.#parts
    try {
      await this.#ask((done) => producer.initTransactions(REQUEST_MS_MAX, done))
      await this.#begin()
    } catch (cause) {
      throw requestFailed('begin a transaction', address.bootstrapServers, cause as RdError)
    }
  }

  /**
   * 1 the offsets become part of the transaction, while the last rows are acknowledged  2 it is
   * committed  3 the next one begins. What was produced without input, by the wall clock, goes with an
   * offset too: by that the broker sees whether this instance still owns what it speaks for.
   * @throws BrokerError MILLRACE_TRANSACTION_ABORTED when it is to be undone, MILLRACE_FENCED, or
   * MILLRACE_PRODUCE_FAILED when a row can never be delivered.
   */
  async commit(
    outbox: Outbox,
    positions: readonly TaskPosition[],
    hasProduced: boolean,
  ): Promise<void> {
    const { producer } = this.#parts
    const moved = positions.filter((at) => this.#committed.get(placeOf(at)) !== at.offset)
    const offsets = moved.length === 0 && hasProduced ? positions.slice(0, 1) : moved
    try {
      const [flushed, sent] = await Promise.allSettled([outbox.flush(), this.#sendOffsets(offsets)])
      if (flushed.status === 'rejected')
        throw await this.#causeOf(flushed.reason as BrokerError, positions)
      if (sent.status === 'rejected') throw sent.reason
      await this.#ask((done) => {
        this.#isCommitting = true
        producer.commitTransaction(REQUEST_MS_MAX, (failure) => {
          this.#isCommitting = failure?.isRetriable === true
          done(failure)
        })
      })
      await this.#begin()
    } catch (error) {
      throw this.#failureOf(error)
    }
    for (const at of moved) this.#committed.set(placeOf(at), at.offset)
  }

  /**
   * Undoes the transaction, and begins the next one.
   * @throws BrokerError MILLRACE_FENCED, MILLRACE_BROKER_UNREACHABLE
   */
  async abort(outbox: Outbox): Promise<void> {
    const { producer, address } = this.#parts
    this.#committed.clear()
    // There is nothing left to undo.
    if (this.#hasEnded) return
    try {
      await this.#ask((done) => producer.abortTransaction(REQUEST_MS_MAX, done))
      await outbox.reset()
      await this.#begin()
    } catch (error) {
      if (this.#hasEnded) return
      const failure = this.#failureOf(error)
      if (failure.code === 'MILLRACE_FENCED') throw failure
      throw requestFailed('undo a transaction', address.bootstrapServers, error as RdError)
    }
  }

  /**
   * Undoes the transaction for good, or ends the commit that it is in, if the broker answers in time. After that
   * nothing is asked of the producer any more: librdkafka never ends a client of which something is asked as it
   * goes, and the process hangs with it.
   * @returns what to say where it may be open still
   */
  async end(): Promise<string | undefined> {
    this.#hasEnded = true
    await this.#request
    return endTransaction(this.#parts, this.#isCommitting)
  }

  /**
   * Why rows came to nothing. Those that the client gave up since their transaction had failed do not say: whatever
   * is asked of that transaction next is answered with what it failed of.
   * @throws RdError of a producer that is over, as one whose transaction the broker has undone
   */
  async #causeOf(reason: BrokerError, positions: readonly TaskPosition[]): Promise<BrokerError> {
    const { offsets, address } = this.#parts
    if (offsets === undefined || this.#hasEnded || !isPurgedDelivery(reason)) return reason
    const error = await this.#askOnce((done) =>
      offsets.send(positions.slice(0, 1), REASON_MS_MAX, done),
    )
    if (error === undefined || !isFinal(error)) return reason
    if (!isDenied(error)) throw error
    return writeDenied(withoutSecrets(error.message, address), error.code)
  }

  async #sendOffsets(offsets: readonly TaskPosition[]): Promise<void> {
    const requests = this.#parts.offsets
    if (offsets.length === 0 || requests === undefined) return
    await this.#ask((done) => requests.send(offsets, REQUEST_MS_MAX, done))
  }

  #begin(): Promise<void> {
    return this.#ask((done) => this.#parts.producer.beginTransaction(done))
  }

  /** Repeats a request while that may help. @throws RdError, which is an Error, or BrokerError after the end */
  async #ask(send: (done: RdDone) => void): Promise<void> {
    const deadline = performance.now() + RETRY_MS_MAX
    for (;;) {
      if (this.#hasEnded) throw transactionAborted('this instance is leaving', undefined)
      const error = await this.#askOnce(send)
      if (error === undefined) return
      if (error.isRetriable !== true || performance.now() > deadline) throw error
      await sleep(RETRY_MS)
    }
  }

  #askOnce(send: (done: RdDone) => void): Promise<(RdError & Error) | undefined> {
    const answer = new Promise<(RdError & Error) | undefined>((done) => {
      send((failure) => done((failure ?? undefined) as (RdError & Error) | undefined))
    })
    this.#request = answer
    return answer
  }

  #failureOf(error: unknown): BrokerError {
    const { address } = this.#parts
    if (error instanceof BrokerError) {
      if (error.code === 'MILLRACE_TRANSACTION_ABORTED') return error
      // A row that the broker refuses would be refused again and again.
      const isFinal = error.code === 'MILLRACE_PRODUCE_FAILED' && !error.retriable
      return isFinal && !isTransientDelivery(error)
        ? error
        : transactionAborted(error.message, error)
    }
    const { code, isFatal, message } = error as RdError
    const shown = withoutSecrets(message, address)
    if (isFatal === true || code === RdCode.fatal || code === RdCode.producerFenced) {
      return this.#fenced(shown, error)
    }
    return transactionAborted(shown, error)
  }

  #fenced(reason: string, cause: unknown): BrokerError {
    const { transactionalId, sameId = 'with a copy of this state directory' } = this.#parts
    const text = `the transactions of ${transactionalId} are over: ${reason}; another process runs ${sameId}, or this one, or its broker, stood still for longer than producer.transaction.timeout.ms`
    return new BrokerError('MILLRACE_FENCED', text, { cause })
  }
}
