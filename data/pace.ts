// When each row of a replay is due, and the clock that it is held against: injected, so that tests need
// not wait. replay.ts asks before every row.
import { setTimeout as delay } from 'node:timers/promises'

/** How fast to replay. */
export type Pace =
  | { readonly kind: 'fastest' }
  | { readonly kind: 'rate'; readonly rowsPerSecond: number }
  /** So many times faster than the event times say. */
  | { readonly kind: 'speed'; readonly factor: number }

/** Time as a replay sees it. */
export interface Clock {
  /** Milliseconds that never run backwards; only differences count. */
  nowMs(): number
  /** The wall clock, epoch milliseconds. */
  epochMs(): number
  /** Resolves after `ms`, or at once when `signal` is aborted. */
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>
}

/** The time of this process. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  epochMs: () => Date.now(),
  sleep: async (ms, signal) => {
    const options = signal === undefined ? {} : { signal }
    // An aborted sleep is over; who sleeps looks at the signal.
    await delay(ms, undefined, options).catch(() => undefined)
  },
}

/** Tells how many milliseconds row `row` (from 0) with event time `timestampMs` must wait; 0 or less: none. */
export type WaitMs = (row: number, timestampMs: number) => number

/**
 * The waiting times of a pace. Rows are due by the time since the first one, not since the one before:
 * what a slow broker holds up is caught up with, so that the mean rate is the one asked for.
 */
export function pacer(pace: Pace, clock: Clock): WaitMs {
  if (pace.kind === 'fastest') return () => 0
  let startMs: number | undefined
  let firstTimestampMs = 0
  return (row, timestampMs) => {
    if (startMs === undefined) {
      startMs = clock.nowMs()
      firstTimestampMs = timestampMs
    }
    const dueMs =
      pace.kind === 'rate'
        ? (row * 1_000) / pace.rowsPerSecond
        : (timestampMs - firstTimestampMs) / pace.factor
    return dueMs === 0 ? 0 : startMs + dueMs - clock.nowMs()
  }
}
