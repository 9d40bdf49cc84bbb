// Offsets to the group, one commit at a time: the client's commit is fire and forget, its result comes
// by a callback. Also the place that knows whether the group has given this member up.
import { setTimeout as sleep } from 'node:timers/promises'
import { BrokerError, placeOf, type TaskPosition, type TopicPartition } from '../ports.ts'
import { isLost, isRetriable } from './errors.ts'
import type { OffsetRequests } from './offset-requests.ts'
import { RdCode, type RdError } from './rd-client.ts'

const ANSWER_MS_MAX = 30_000
const RETRY_MS = 50

type Outcome = Pick<RdError, 'code' | 'message'> | undefined

/** Commits offsets and waits for the broker's word. */
export class Committer {
  /** Set by a commit that the group refused: the partitions are others' now. */
  lost = false
  #waiting: ((outcome: Outcome) => void) | undefined
  #waitingFor = ''

  /** The client's `offset_commit_cb`. */
  readonly heard = (
    error: RdError | undefined,
    offsets: readonly (TopicPartition & { readonly offset?: number })[],
  ): void => {
    // An answer that came too late belongs to a commit that was given up.
    if (signature(offsets) === this.#waitingFor) this.#waiting?.(error)
  }

  /**
   * Resolves when the broker has stored the offsets.
   * @throws BrokerError MILLRACE_COMMIT_FAILED; `lost` is set where the partitions were lost.
   */
  async commit(
    requests: Pick<OffsetRequests, 'commit'>,
    positions: readonly TaskPosition[],
  ): Promise<void> {
    if (positions.length === 0) return
    const deadline = performance.now() + ANSWER_MS_MAX
    for (;;) {
      const outcome = await this.#once(requests, positions, deadline - performance.now())
      if (outcome === undefined) return
      if (isLost(outcome)) this.lost = true
      if (this.lost || !isRetriable(outcome) || performance.now() + RETRY_MS > deadline) {
        throw commitFailed(positions, outcome, this.lost)
      }
      await sleep(RETRY_MS)
    }
  }

  #once(
    requests: Pick<OffsetRequests, 'commit'>,
    positions: readonly TaskPosition[],
    msMax: number,
  ): Promise<Outcome> {
    return new Promise((done) => {
      const late = { code: RdCode.timedOut, message: 'the broker did not answer' }
      const timer = setTimeout(() => done(late), msMax)
      this.#waitingFor = signature(positions)
      this.#waiting = (outcome) => {
        clearTimeout(timer)
        this.#waiting = undefined
        this.#waitingFor = ''
        done(outcome)
      }
      try {
        requests.commit(positions)
      } catch (error) {
        this.#waiting(error as RdError)
      }
    })
  }
}

function commitFailed(
  positions: readonly TaskPosition[],
  { code, message }: Pick<RdError, 'code' | 'message'>,
  lost: boolean,
): BrokerError {
  const places = positions.map(placeOf).join(', ')
  const why = lost
    ? `${message}; the group has given the partitions to others, who begin at the last commit`
    : message
  // Those that the group gives next can be committed.
  const retriable = lost || isRetriable({ code })
  return new BrokerError(
    'MILLRACE_COMMIT_FAILED',
    `the offsets of ${places} were not committed: ${why}`,
    { retriable },
  )
}

const signature = (offsets: readonly (TopicPartition & { readonly offset?: number })[]): string =>
  offsets
    .map((each) => `${placeOf(each)}@${each.offset ?? ''}`)
    .sort()
    .join()
