// The punctuators of a task by one clock, the earliest due first (Kafka's PunctuationQueue). The task asks
// it when its clock has moved.
import type { Punctuator } from '../topology/process.ts'

interface Schedule {
  dueMs: number
  readonly everyMs: number
  readonly punctuate: Punctuator
  isCancelled: boolean
}

/** Schedules of one clock. */
export class Punctuations {
  #schedules: Schedule[] = []
  /** Where the wall clock was. */
  #nowMs = -Infinity

  /** When the next one is due, Infinity for none; epoch ms. */
  get nextDueMs(): number {
    return this.#schedules[0]?.dueMs ?? Infinity
  }

  /** Adds a schedule that is due at a time, and each interval after. @returns what cancels it. */
  schedule(dueMs: number, everyMs: number, punctuate: Punctuator): () => void {
    const schedule: Schedule = { dueMs, everyMs, punctuate, isCancelled: false }
    this.#insert(schedule)
    return () => {
      schedule.isCancelled = true
      this.#schedules = this.#schedules.filter((other) => other !== schedule)
    }
  }

  /**
   * Calls each punctuator that is due, once: one that missed several times is next due at the first
   * multiple of its interval, from its start on, that is still to come.
   * @returns how many were called.
   */
  punctuate(nowMs: number): number {
    let called = 0
    for (let first = this.#schedules[0]; first !== undefined && first.dueMs <= nowMs;) {
      this.#schedules.shift()
      first.punctuate(nowMs)
      called += 1
      if (!first.isCancelled) {
        const { dueMs, everyMs } = first
        const missed = Math.floor((nowMs - dueMs) / everyMs)
        first.dueMs = dueMs + (missed + 1) * everyMs
        this.#insert(first)
      }
      first = this.#schedules[0]
    }
    return called
  }

  /**
   * The wall clock goes on, or is set back: then nothing waits longer than its interval because of that.
   * @returns how many punctuators were called.
   */
  advance(nowMs: number): number {
    if (nowMs < this.#nowMs) this.#setBack(nowMs)
    this.#nowMs = nowMs
    return this.nextDueMs <= nowMs ? this.punctuate(nowMs) : 0
  }

  #setBack(nowMs: number): void {
    for (const schedule of this.#schedules) {
      schedule.dueMs = Math.min(schedule.dueMs, nowMs + schedule.everyMs)
    }
    this.#schedules.sort((one, other) => one.dueMs - other.dueMs)
  }

  #insert(schedule: Schedule): void {
    const at = this.#schedules.findIndex(({ dueMs }) => dueMs > schedule.dueMs)
    this.#schedules.splice(at < 0 ? this.#schedules.length : at, 0, schedule)
  }
}
