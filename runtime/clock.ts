// The time of an instance: when it is, and what is waited for. runStreams gives the system's; who runs an
// instance without a wall clock gives another.
import { setTimeout as sleep } from 'node:timers/promises'

/** What the runtime knows of time. */
export interface Clock {
  /** The wall clock: epoch ms, which may jump. */
  nowMs(): number
  /** Milliseconds that never go back; only their differences mean something. */
  monotonicMs(): number
  /** Resolves after so long, or as soon as the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `tick` again and again, until what it gives is called; that alone keeps no process alive. */
  every(ms: number, tick: () => void): () => void
}

/** The clock of this machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
  every(ms, tick) {
    const timer = setInterval(tick, ms).unref()
    return () => clearInterval(timer)
  },
}
