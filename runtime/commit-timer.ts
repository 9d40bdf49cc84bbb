// When the next commit is due. The stream client waits for it; the interval may change meanwhile.
import type { Clock } from './clock.ts'

/** Times commits from begin to begin: with exactly once results wait for it, and for what a commit takes besides. */
export class CommitTimer {
  #intervalMs: number
  readonly #clock: Clock
  #beganMs: number
  #nudge = new AbortController()
  #isStopped = false

  constructor(intervalMs: number, clock: Clock) {
    this.#intervalMs = intervalMs
    this.#clock = clock
    this.#beganMs = clock.monotonicMs()
  }

  /** Goes on with another interval, which also holds for the commit that is waited for. */
  every(intervalMs: number): void {
    this.#intervalMs = intervalMs
    const waiting = this.#nudge
    this.#nudge = new AbortController()
    waiting.abort()
  }

  /** Nothing is waited for any more. */
  stop(): void {
    this.#isStopped = true
    this.#nudge.abort()
  }

  /** Resolves when a commit is due, or after `stop`. The caller commits at once. */
  async due(): Promise<void> {
    for (;;) {
      const nudge = this.#nudge
      const waitMs = this.#beganMs + this.#intervalMs - this.#clock.monotonicMs()
      await this.#clock.sleep(Math.max(0, waitMs), nudge.signal)
      if (nudge === this.#nudge || this.#isStopped) break
    }
    this.#beganMs = this.#clock.monotonicMs()
  }
}
