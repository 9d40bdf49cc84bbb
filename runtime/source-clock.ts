// The event time that a source task vouches for: no row before it will come, as far as can be known.
// While there is input that is the task's stream time; a partition without input follows the others,
// or it would hold back the windows of all.
import type { SourceAlignment } from './alignment.ts'

/** Rows of one time reach all partitions within this: a partition still empty then has none. */
const VOUCH_AFTER_MS = 500

export class SourceClock {
  /** Epoch ms, never falls; -1 before the first row. */
  timeMs = -1
  /** As `timeMs`, but of own rows only what lies a while back: operators may take it for their time. */
  vouchedMs = -1
  readonly #alignment: SourceAlignment
  #sampleMs = -1
  #sampledAtMs: number | undefined
  /** The time that all readers have been told, and when. */
  #toldMs = -1
  #toldAtMs = 0
  #toldVouchedMs = -1
  #ownMs = -1
  #ownAtMs: number | undefined

  constructor(alignment: SourceAlignment) {
    this.#alignment = alignment
  }

  /** The task has input, or had some just now. */
  active(streamTimeMs: number, nowMs: number): void {
    this.#sampledAtMs = undefined
    this.timeMs = Math.max(this.timeMs, streamTimeMs)
    // Rows that an operator leaves out must not close windows behind it at once, as Kafka's do not; but
    // where all are left out, something must in the end.
    if (this.#ownAtMs === undefined || nowMs - this.#ownAtMs >= VOUCH_AFTER_MS) {
      this.vouchedMs = Math.max(this.vouchedMs, this.#ownMs)
      this.#ownMs = this.timeMs
      this.#ownAtMs = nowMs
    }
  }

  /** The task has looked for input and found none. `isForGood`: it will not look again. */
  idle(nowMs: number, isForGood: boolean): void {
    if (isForGood) {
      this.vouch(this.#alignment.latestMs)
    } else if (this.#sampledAtMs === undefined || nowMs - this.#sampledAtMs >= VOUCH_AFTER_MS) {
      if (this.#sampledAtMs !== undefined) this.vouch(this.#sampleMs)
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
    if (this.timeMs <= this.#toldMs && this.vouchedMs <= this.#toldVouchedMs) return false
    if (!isUrgent && nowMs - this.#toldAtMs < VOUCH_AFTER_MS) return false
    this.#toldMs = this.timeMs
    this.#toldVouchedMs = this.vouchedMs
    this.#toldAtMs = nowMs
    return true
  }

  /** No row before this time will come, as far as can be known. */
  vouch(timeMs: number): void {
    this.timeMs = Math.max(this.timeMs, timeMs)
    this.vouchedMs = Math.max(this.vouchedMs, timeMs)
  }
}
