// When the next commit is due. The stream client waits for it; the interval may change meanwhile.
import { setTimeout as sleep } from 'node:timers/promises'

/** Times commits from begin to begin: with exactly once results wait for it, and for what a commit takes besides. */
export class CommitTimer {
  #intervalMs: number
  #beganMs = performance.now()
  #nudge = new AbortController()
  #isStopped = false

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs
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
      const waitMs = this.#beganMs + this.#intervalMs - performance.now()
      const options = { signal: nudge.signal }
      await sleep(Math.max(0, waitMs), undefined, options).catch(() => undefined)
      if (nudge === this.#nudge || this.#isStopped) break
    }
    this.#beganMs = performance.now()
  }
}
