// The commits of a simulated member, one after the other: offsets alone, or the end of a transaction that has
// them. group.ts owns it and says what membership they are made in.
import { BrokerError, placeOf, type TopicPartitionOffset } from '../../broker/ports.ts'
import type { GroupParts } from './group.ts'
import { Refused, type Membership } from './coordinator.ts'
import type { ProducerEpoch } from './outbox.ts'

/** The group has given the partitions to others. */
export const LOST = new Set<Refused['reason']>(['unknown-member', 'fenced-instance'])

const TRANSACTION_MS_MAX = 300_000
const COMMIT_MS_MAX = 30_000
const COMMIT_AGAIN_MS = 50

/** What one member commits. */
export class GroupCommits {
  readonly #parts: GroupParts
  readonly #membership: () => Membership
  readonly #lost: () => void
  readonly #committed = new Map<string, number>()
  #last: Promise<void> = Promise.resolve()

  /** @param lost is called when an answer says that the member is none any more. */
  constructor(parts: GroupParts, membership: () => Membership, lost: () => void) {
    this.#parts = parts
    this.#membership = membership
    this.#lost = lost
  }

  commit(positions: readonly TopicPartitionOffset[], hasProduced: boolean): Promise<void> {
    const { producer } = this.#parts
    return this.#inTurn(() =>
      producer === undefined
        ? this.#commitOffsets(positions)
        : this.#commitTransaction(producer, positions, hasProduced),
    )
  }

  acknowledged(): Promise<void> {
    return this.#inTurn(() => this.#parts.outbox.flush())
  }

  /** Undoes what `producer` has in its transaction. */
  abort(producer: ProducerEpoch): Promise<void> {
    return this.#inTurn(() => this.#abort(producer))
  }

  /** Asks for the end of the transaction, for so long at most. */
  end({ id, epoch }: ProducerEpoch, how: 'committed' | 'aborted', msMax: number): Promise<true> {
    const { link } = this.#parts
    return link.ask(
      `end transaction: ${how}`,
      () => link.server.endTransaction(id, epoch, how) || undefined,
      msMax,
    )
  }

  async #commitOffsets(positions: readonly TopicPartitionOffset[]): Promise<void> {
    const { clock, link, outbox } = this.#parts
    const { server } = link
    await outbox.flush()
    const deadlineMs = clock.monotonicMs() + COMMIT_MS_MAX
    for (;;) {
      const membership = this.#membership()
      try {
        await link.ask('commit offsets', () => (server.commitOffsets(membership, positions), true))
        return
      } catch (error) {
        const isOld = error instanceof Refused && error.reason === 'illegal-generation'
        if (!isOld || clock.monotonicMs() > deadlineMs) {
          throw this.#refused(error, 'MILLRACE_COMMIT_FAILED')
        }
        await clock.sleep(COMMIT_AGAIN_MS)
      }
    }
  }

  // 1 the offsets become part of it, while the last rows are acknowledged  2 it is committed
  async #commitTransaction(
    { id, epoch }: ProducerEpoch,
    positions: readonly TopicPartitionOffset[],
    hasProduced: boolean,
  ): Promise<void> {
    const { link, outbox } = this.#parts
    const { server } = link
    const moved = positions.filter((at) => this.#committed.get(placeOf(at)) !== at.offset)
    const offsets = moved.length === 0 && hasProduced ? positions.slice(0, 1) : moved
    const membership = this.#membership()
    const send = () => (server.sendOffsets(id, epoch, membership, offsets), true)
    try {
      const [flushed, sent] = await Promise.allSettled([
        outbox.flush(),
        offsets.length === 0 ? true : link.ask('send offsets', send, TRANSACTION_MS_MAX),
      ])
      if (flushed.status === 'rejected') throw flushed.reason
      if (sent.status === 'rejected') throw sent.reason
      await this.end({ id, epoch }, 'committed', TRANSACTION_MS_MAX)
    } catch (error) {
      throw this.#refused(error, 'MILLRACE_TRANSACTION_ABORTED')
    }
    for (const at of moved) this.#committed.set(placeOf(at), at.offset)
  }

  async #abort(producer: ProducerEpoch): Promise<void> {
    this.#committed.clear()
    try {
      // What arrived later would be in the next one.
      await this.#parts.outbox.settled()
      await this.end(producer, 'aborted', TRANSACTION_MS_MAX)
    } catch (error) {
      throw this.#refused(error, 'MILLRACE_BROKER')
    }
  }

  /** What a refusal is told as: by the codes of broker/kafka/. */
  #refused(error: unknown, code: BrokerError['code']): Error {
    if (!(error instanceof Refused)) {
      const isRetriable = error instanceof BrokerError && error.retriable
      return new BrokerError(code, String(error), { cause: error, retriable: isRetriable })
    }
    if (error.reason === 'fenced-producer') return new BrokerError('MILLRACE_FENCED', error.reason)
    if (LOST.has(error.reason)) this.#lost()
    return new BrokerError(code, error.reason, { retriable: true })
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }
}
