// The one place where progress becomes durable. Commits run one after the other.
import type { Group, TopicPartitionOffset } from '../broker/ports.ts'
import type { ThreadAnswer } from './messages.ts'
import type { ThreadHandle } from './thread-handle.ts'

/** What a commit did. */
export interface CommitResult {
  readonly positions: readonly TopicPartitionOffset[]
  /** Tasks that still have input to read before they are to stop. */
  readonly unfinished: number
  readonly unmatched: ThreadAnswer['unmatched']
  /** Milliseconds of its parts. */
  readonly prepareMs: number
  readonly commitMs: number
  readonly saveMs: number
}

/** Commits what the threads have done. */
export class Committer {
  readonly #group: Group
  readonly #threads: () => readonly ThreadHandle[]
  #last: Promise<unknown> = Promise.resolve()

  constructor(group: Group, threads: () => readonly ThreadHandle[]) {
    this.#group = group
    this.#threads = threads
  }

  /** Runs after the commits asked for before. @throws BrokerError, ThreadError */
  commit(): Promise<CommitResult> {
    const commit = this.#last.then(() => this.#commit())
    this.#last = commit.catch(() => undefined)
    return commit
  }

  /**
   * 1 ask the threads to prepare  2 they let updates out, pack what is to be saved and send all;
   * their gates close  3 the group waits for the acknowledgements and commits the offsets  4 the gates
   * open  5 the threads write their state. State on disk is never ahead of the broker. Over a
   * transactional log all of it happened in each thread's own transaction in step 2.
   */
  async #commit(): Promise<CommitResult> {
    const threads = this.#threads().filter(({ hasEnded }) => !hasEnded)
    const started = performance.now()
    const asked = await Promise.allSettled(
      threads.map((thread) => thread.request({ kind: 'prepare' })),
    )
    const prepared = performance.now()
    try {
      const answers = asked.map(answerOf)
      const positions = answers.flatMap((answer) => answer.positions)
      if (positions.length > 0) await this.#group.commit(positions)
      const committed = performance.now()
      await Promise.all(threads.map((thread) => thread.request({ kind: 'committed' })))
      return {
        positions,
        unfinished: answers.reduce((sum, { unfinished }) => sum + unfinished, 0),
        unmatched: answers.flatMap(({ unmatched }) => unmatched),
        prepareMs: prepared - started,
        commitMs: committed - prepared,
        saveMs: performance.now() - committed,
      }
    } catch (error) {
      const reopen = threads.map((thread) => thread.request({ kind: 'not-committed' }))
      await Promise.allSettled(reopen)
      throw error
    }
  }
}

function answerOf(result: PromiseSettledResult<ThreadAnswer>): ThreadAnswer {
  if (result.status === 'fulfilled') return result.value
  throw result.reason
}
