// The punctuators of one task on both of its clocks. The task calls them between records.
import { Punctuations } from '../processors/punctuations.ts'
import type { PunctuationType, Punctuator } from '../topology/process.ts'
import type { ThreadPhases } from './thread-phases.ts'

/** What a task's processors have scheduled. */
export class TaskSchedules {
  /** Whether there ever was one: a processor of a user's may forward what it has held back. */
  isUsed = false
  /** Whether there ever was one by the wall clock: it changes stores without any input. */
  isByWallClock = false
  readonly #phases: Pick<ThreadPhases, 'part'>
  readonly #byStreamTime = new Punctuations()
  readonly #byWallClock = new Punctuations()

  /** The stream time at which one is due next; Infinity for none. */
  get nextStreamMs(): number {
    return this.#byStreamTime.nextDueMs
  }

  /** @param phases where the time of the punctuators counts. */
  constructor(phases: Pick<ThreadPhases, 'part'>) {
    this.#phases = phases
  }

  /** @returns what cancels it. */
  schedule(
    type: PunctuationType,
    everyMs: number,
    punctuate: Punctuator,
    nowMs: number,
  ): () => void {
    this.isUsed = true
    this.isByWallClock ||= type === 'wall-clock'
    // By stream time the first record calls it, and multiples of the interval after that.
    return type === 'wall-clock'
      ? this.#byWallClock.schedule(nowMs + everyMs, everyMs, punctuate)
      : this.#byStreamTime.schedule(0, everyMs, punctuate)
  }

  /** Calls those that are due by the wall clock. @returns how many. */
  advance(nowMs: number): number {
    const isDue = this.#byWallClock.nextDueMs <= nowMs
    return isDue ? this.#timed(this.#byWallClock, nowMs) : this.#byWallClock.advance(nowMs)
  }

  /** Calls those that are due by stream time. */
  punctuate(streamTimeMs: number): void {
    if (this.nextStreamMs <= streamTimeMs) this.#timed(this.#byStreamTime, streamTimeMs)
  }

  #timed(punctuations: Punctuations, timeMs: number): number {
    const startMs = performance.now()
    try {
      return punctuations.advance(timeMs)
    } finally {
      this.#phases.part('punctuate', startMs)
    }
  }
}
