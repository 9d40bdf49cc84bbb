// The one place where progress becomes durable. Commits run one after the other.
import { BrokerError, placeOf, type Group, type TopicPartitionOffset } from '../broker/ports.ts'
import { joined, type EventTimeSpan } from '../processors/event-times.ts'
import type { Clock } from './clock.ts'
import type { ThreadAnswer } from './messages.ts'
import type { ThreadHandle } from './thread-handle.ts'
import { Unmatched } from './unmatched.ts'

/** What a commit did. */
export interface CommitResult {
  readonly positions: readonly TopicPartitionOffset[]
  /** Tasks that still have input to read before they are to stop. */
  readonly unfinished: number
  readonly unmatched: ThreadAnswer['unmatched']
  /** Rows of sources that it commits. */
  readonly rows: number
  /** Those of the rows that it commits, where there are any. */
  readonly eventTimes?: EventTimeSpan | undefined
  /** Milliseconds of its parts. */
  readonly prepareMs: number
  readonly commitMs: number
  readonly saveMs: number
}

/** How much of the changelogs is read in vain after a crash, at most. */
const ENDS_INTERVAL_MS = 10_000

/** Commits what the threads have done. */
export class Committer {
  readonly #group: Group
  readonly #threads: () => readonly ThreadHandle[]
  readonly #changelogEnds: () => Promise<TopicPartitionOffset[]>
  readonly #clock: Clock
  /** Commits that were asked for before a rewind, and come before it, would commit what it is to undo. */
  #mustRewind = false
  #last: Promise<unknown> = Promise.resolve()
  #askedMs = -Infinity
  /** What was told with commits that came to nothing, and is not undone: the next one's. */
  readonly #unmatched = new Unmatched()
  #rows = 0
  #eventTimes: EventTimeSpan | undefined
  /** Offsets of the last commit, by place. */
  #committed: ReadonlyMap<string, number> = new Map()

  constructor(
    group: Group,
    threads: () => readonly ThreadHandle[],
    changelogEnds: () => Promise<TopicPartitionOffset[]>,
    clock: Clock,
  ) {
    this.#group = group
    this.#threads = threads
    this.#changelogEnds = changelogEnds
    this.#clock = clock
  }

  /** Runs after the commits asked for before. @throws BrokerError, ThreadError */
  commit(): Promise<CommitResult> {
    return this.inTurn(() => this.#commit())
  }

  /**
   * Undoes what was produced since the last commit, where that is a transaction of the group's: 1 the
   * threads close all tasks and discard what they hold  2 the group undoes it  3 `reopen` opens the
   * tasks again, at what was committed. @throws BrokerError
   */
  rewind(reopen: () => Promise<void>): Promise<void> {
    this.#mustRewind = true
    return this.inTurn(async () => {
      this.#mustRewind = false
      // It is run again, and told again.
      this.#takeTold()
      const threads = this.#threads().filter(({ hasEnded }) => !hasEnded)
      // One that dies meanwhile discards by that, and is reopened by itself.
      await Promise.allSettled(threads.map((thread) => thread.request({ kind: 'discard' })))
      await this.#group.abort?.()
      await reopen()
    })
  }

  /**
   * With the gates closed nothing is written behind these ends that belongs to a later commit. Asked before
   * this one, and only where it commits something new: that it goes well says that nobody else had the tasks
   * by then, and wrote what would be passed over.
   */
  async #endsIfDue(
    positions: readonly TopicPartitionOffset[],
  ): Promise<{ changelogEnds?: readonly TopicPartitionOffset[] }> {
    if (positions.every((at) => this.#committed.get(placeOf(at)) === at.offset)) return {}
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#askedMs < ENDS_INTERVAL_MS) return {}
    this.#askedMs = nowMs
    // It only spares reading: what is committed stays so without it.
    const changelogEnds = await this.#changelogEnds().catch(() => undefined)
    return changelogEnds === undefined ? {} : { changelogEnds }
  }

  async #tell(threads: readonly ThreadHandle[]): Promise<void> {
    await this.#group.acknowledged?.()
    await Promise.all(threads.map((thread) => thread.request({ kind: 'tell' })))
  }

  #keepTold({ rows = 0, eventTimes, unmatched }: ThreadAnswer): void {
    this.#rows += rows
    this.#eventTimes = joined([this.#eventTimes, eventTimes])
    for (const [node, key, count] of unmatched) this.#unmatched.add(node, key, count)
  }

  #takeTold(): Pick<CommitResult, 'rows' | 'eventTimes' | 'unmatched'> {
    const told = { rows: this.#rows, eventTimes: this.#eventTimes }
    this.#rows = 0
    this.#eventTimes = undefined
    return { unmatched: this.#unmatched.take(), ...told }
  }

  /** Runs when no commit and no rewind is under way, and holds up those that come after. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }

  /**
   * 1 ask the threads to prepare  2 they let updates out, pack what is to be saved and send all;
   * their gates close  3 the group waits for the acknowledgements and commits the offsets  4 the gates
   * open  5 the threads write their state. State on disk is never ahead of the broker. Over a
   * transactional log all of it happened in each thread's own transaction in step 2. Where the wall clock
   * changes stores, changelogs are told between 2 and 3: see `LateChangelog`.
   */
  async #commit(): Promise<CommitResult> {
    const all = this.#threads()
    const threads = all.filter(({ hasEnded }) => !hasEnded)
    const isTorn = threads.length < all.length || this.#mustRewind
    if (isTorn && this.#group.abort !== undefined) throw threadGone()
    const started = this.#clock.monotonicMs()
    const asked = await Promise.allSettled(
      threads.map((thread) => thread.request({ kind: 'prepare' })),
    )
    const prepared = this.#clock.monotonicMs()
    for (const each of asked) if (each.status === 'fulfilled') this.#keepTold(each.value)
    try {
      const answers = asked.map(answerOf)
      if (answers.some(({ hasUntold }) => hasUntold === true)) await this.#tell(threads)
      const positions = answers.flatMap((answer) => answer.positions)
      const ends = await this.#endsIfDue(positions)
      const hasProduced = answers.some((answer) => answer.hasProduced)
      if (positions.length > 0) await this.#group.commit(positions, hasProduced)
      this.#committed = new Map(positions.map((at) => [placeOf(at), at.offset]))
      const committed = this.#clock.monotonicMs()
      const through = { kind: 'committed' as const, ...ends }
      await Promise.all(threads.map((thread) => thread.request(through)))
      return {
        positions,
        unfinished: answers.reduce((sum, { unfinished }) => sum + unfinished, 0),
        ...this.#takeTold(),
        prepareMs: prepared - started,
        commitMs: committed - prepared,
        saveMs: this.#clock.monotonicMs() - committed,
      }
    } catch (error) {
      // A gate that opened now would let rows into a transaction that is lost.
      if ((error as { code?: unknown }).code === 'MILLRACE_TRANSACTION_ABORTED') throw error
      const reopen = threads.map((thread) => thread.request({ kind: 'not-committed' }))
      await Promise.allSettled(reopen)
      throw error
    }
  }
}

/** What it produced is in the transaction, and where it stood is not known. */
function threadGone(): BrokerError {
  const message = 'a thread died: what it produced is undone, its tasks begin again'
  return new BrokerError('MILLRACE_TRANSACTION_ABORTED', message, { retriable: true })
}

function answerOf(result: PromiseSettledResult<ThreadAnswer>): ThreadAnswer {
  if (result.status === 'fulfilled') return result.value
  throw result.reason
}
