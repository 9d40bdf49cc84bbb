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

/** How fast a replay goes; it may change while the replay runs. */
export class LivePace {
  #pace: Pace
  #changed = new AbortController()

  constructor(pace: Pace) {
    this.#pace = pace
  }

  get pace(): Pace {
    return this.#pace
  }

  /** Aborted when the pace is another one: whoever waits for a row to be due asks anew. */
  get changed(): AbortSignal {
    return this.#changed.signal
  }

  /** From the next row on goes at another pace. */
  change(pace: Pace): void {
    this.#pace = pace
    const before = this.#changed
    this.#changed = new AbortController()
    before.abort()
  }
}

/** Tells how many milliseconds row `row` (from 0) with event time `timestampMs` must wait; 0 or less: none. */
export type WaitMs = (row: number, timestampMs: number) => number

/**
 * The waiting times of a pace. Rows are due by the time since the first one at that pace, not since the one
 * before: what a slow broker holds up is caught up with, so that the mean rate is the one asked for.
 */
export function pacer(live: LivePace, clock: Clock): WaitMs {
  let pace: Pace | undefined
  let startMs = 0
  let first = { row: 0, timestampMs: 0 }
  return (row, timestampMs) => {
    if (pace !== live.pace) {
      pace = live.pace
      startMs = clock.nowMs()
      first = { row, timestampMs }
    }
    if (pace.kind === 'fastest') return 0
    const dueMs =
      pace.kind === 'rate'
        ? ((row - first.row) * 1_000) / pace.rowsPerSecond
        : (timestampMs - first.timestampMs) / pace.factor
    return dueMs === 0 ? 0 : startMs + dueMs - clock.nowMs()
  }
}
