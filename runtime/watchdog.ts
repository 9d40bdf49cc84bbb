// Finds threads that give no sign of life and ends them; they are replaced as if they had died. Kafka
// would not notice: the main thread keeps the membership alive.
import type { Clock } from './clock.ts'
import type { RunLog } from './run-log.ts'
import type { ThreadHandle } from './thread-handle.ts'

const LOOK_MS = 1_000

export class Watchdog {
  readonly #hangTimeoutMs: () => number
  readonly #log: RunLog
  readonly #threads: () => readonly ThreadHandle[]
  readonly #seen = new Map<ThreadHandle, { beats: number; sinceMs: number }>()
  readonly #clock: Clock
  readonly #ended = new WeakSet<ThreadHandle>()
  #stop: (() => void) | undefined

  /** `hangTimeoutMs` is asked at each look. */
  constructor(
    hangTimeoutMs: () => number,
    log: RunLog,
    threads: () => readonly ThreadHandle[],
    clock: Clock,
  ) {
    this.#clock = clock
    this.#hangTimeoutMs = hangTimeoutMs
    this.#log = log
    this.#threads = threads
  }

  start(): void {
    this.#stop = this.#clock.every(LOOK_MS, () => this.look(this.#clock.monotonicMs()))
  }

  stop(): void {
    this.#stop?.()
  }

  /** Threads that hang right now, one sentence each. */
  get problems(): string[] {
    const nowMs = this.#clock.monotonicMs()
    return this.#threads().flatMap((thread) => {
      const sinceMs = this.#seen.get(thread)?.sinceMs ?? nowMs
      const quietMs = nowMs - sinceMs
      if (thread.hasEnded || quietMs < this.#hangTimeoutMs()) return []
      return [`${thread.threadId} has given no sign of life for ${Math.round(quietMs / 1_000)} s`]
    })
  }

  /** Whether a thread was ended because it hung. */
  hasEnded(thread: ThreadHandle): boolean {
    return this.#ended.has(thread)
  }

  /** @param nowMs by a clock that does not jump: who is quiet for a moment would have been so for an hour. */
  look(nowMs: number): void {
    const threads = this.#threads()
    for (const thread of this.#seen.keys()) if (!threads.includes(thread)) this.#seen.delete(thread)
    for (const thread of threads.filter(({ hasEnded }) => !hasEnded)) {
      const { beats } = thread.vitals
      const seen = this.#seen.get(thread)
      if (seen?.beats !== beats) {
        this.#seen.set(thread, { beats, sinceMs: nowMs })
      } else if (nowMs - seen.sinceMs >= this.#hangTimeoutMs()) {
        this.#endHung(thread)
      }
    }
  }

  #endHung(thread: ThreadHandle): void {
    const { threadId } = thread
    if (thread.vitals.isInTransaction) {
      this.#log.error({ threadId }, 'a thread hangs while it writes: it cannot be ended alone')
      return
    }
    this.#log.error({ threadId }, 'a thread hangs (worker.hang.timeout.ms): it is ended')
    this.#ended.add(thread)
    void thread.terminate()
  }
}
