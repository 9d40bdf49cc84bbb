// The event time that a source task vouches for: no row before it will come, as far as can be known.
// While there is input that is the task's stream time; a partition without input follows the others,
// or it would hold back the windows of all.
import type { SourceAlignment } from './alignment.ts'

/** Rows of one time reach all partitions within this: a partition still empty then has none. */
const VOUCH_AFTER_MS = 500

export class SourceClock {
  /** Epoch ms, never falls; -1 before the first row. */
  timeMs = -1
  readonly #alignment: SourceAlignment
  #sampleMs = -1
  #sampledAtMs: number | undefined
  /** The time that all readers have been told, and when. */
  #toldMs = -1
  #toldAtMs = 0

  constructor(alignment: SourceAlignment) {
    this.#alignment = alignment
  }

  /** The task has input, or had some just now. */
  active(streamTimeMs: number): void {
    this.#sampledAtMs = undefined
    this.timeMs = Math.max(this.timeMs, streamTimeMs)
  }

  /** The task has looked for input and found none. `isForGood`: it will not look again. */
  idle(nowMs: number, isForGood: boolean): void {
    if (isForGood) {
      this.timeMs = Math.max(this.timeMs, this.#alignment.latestMs)
    } else if (this.#sampledAtMs === undefined || nowMs - this.#sampledAtMs >= VOUCH_AFTER_MS) {
      if (this.#sampledAtMs !== undefined) this.timeMs = Math.max(this.timeMs, this.#sampleMs)
      this.#sampleMs = this.#alignment.latestMs
      this.#sampledAtMs = nowMs
    }
  }

  /** Whether the readers know the latest event time that any source of this instance has reached. */
  get isLatestTold(): boolean {
    return this.#toldMs >= this.#alignment.latestMs
  }

  /** Whether all readers are to be told now; they are, then. Unless urgent, not with each row. */
  isDue(nowMs: number, isUrgent: boolean): boolean {
    if (this.timeMs <= this.#toldMs) return false
    if (!isUrgent && nowMs - this.#toldAtMs < VOUCH_AFTER_MS) return false
    this.#toldMs = this.timeMs
    this.#toldAtMs = nowMs
    return true
  }
}
