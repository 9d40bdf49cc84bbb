// The clock of a simulated process: what it waits for is an event of the scheduler.
import type { Clock } from '../../runtime/clock.ts'
import type { Life, Scheduler } from './scheduler.ts'

/** The wall clock of the world at its beginning. */
const START_MS = 1_700_000_000_000

/** A clock whose wall time can be put forward and back. */
export interface SimulatedClock extends Clock {
  skewMs: number
}

/** The clock of `life`. */
export function clockOf(scheduler: Scheduler, life: Life): SimulatedClock {
  return {
    skewMs: 0,
    nowMs() {
      return START_MS + scheduler.nowMs + this.skewMs
    },
    monotonicMs: () => scheduler.nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve()
        const done = (): void => {
          signal?.removeEventListener('abort', done)
          resolve()
        }
        signal?.addEventListener('abort', done)
        scheduler.after(ms, life, 'wakes', done)
      }),
    every(ms, tick) {
      let isOn = true
      const next = (): void =>
        scheduler.after(ms, life, 'ticks', () => {
          if (!isOn) return
          tick()
          next()
        })
      next()
      return () => (isOn = false)
    },
  }
}
