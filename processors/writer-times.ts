// Event time over the tasks that write a repartition topic: what the task that reads it calls its
// stream time. Kafka's is the highest timestamp seen; where several tasks write at uneven speed, the
// fastest would then close windows that the slowest still has rows for. Here the slowest decides.

import type { Frame } from './frame.ts'
import { RisingTimes } from './rising-times.ts'
import { saved, takeSaved, type SavedWriterTimes } from './saved-times.ts'

/**
 * A writer that is silent for so long while others write holds nobody back any more: its task runs
 * nowhere. Kafka's max.poll.interval.ms: a member that was killed, even several times one upon the other,
 * is back long before that, and its rows must still find their windows open.
 */
const SILENT_MS = 300_000

/** The event times that the writers of a topic have told, and when each was heard of. */
export class WriterTimes {
  readonly #times: RisingTimes
  /** What each vouches for, see `EventTimeLimits`. */
  readonly #vouched: RisingTimes
  readonly #heardMs: Float64Array
  /** The writers' wall clock: times of frames, not of this task, so that it can be repeated. */
  #nowMs = -Infinity
  /** Until then nobody is silent for too long. */
  #nextSilenceMs = -Infinity

  constructor(writers: number) {
    // Until a writer is heard of, it may still have rows of any time.
    this.#times = new RisingTimes(writers)
    this.#vouched = new RisingTimes(writers)
    this.#heardMs = new Float64Array(writers)
  }

  /**
   * A writer has sent a frame. After a pause of all of them each is given time to speak.
   * @throws Error when there is no such writer.
   */
  heard(writer: number, sentAtMs: number): void {
    const { length } = this.#times
    if (writer >= length) {
      throw new Error(
        `written by task ${writer} of ${length}: restart, the source has more partitions now`,
      )
    }
    if (sentAtMs - this.#nowMs > SILENT_MS) {
      this.#heardMs.fill(sentAtMs)
      for (let i = 0; i < length; i++) this.#count(i, true)
    }
    this.#nowMs = Math.max(this.#nowMs, sentAtMs)
    this.#heardMs[writer] = this.#nowMs
    this.#count(writer, true)
    if (this.#nowMs > this.#nextSilenceMs) this.#leaveOutSilent()
  }

  /**
   * The writer will send no more rows before `timeMs`, or only such as are out of order, and vouches for
   * `vouchedMs`.
   */
  told(writer: number, timeMs: number, vouchedMs = timeMs): void {
    this.#times.raise(writer, timeMs)
    this.#vouched.raise(writer, vouchedMs)
  }

  /** Takes up what a frame tells, of its writer and of those that it speaks for. */
  toldBy({ writer, streamTimeMs, vouchedMs, sentAtMs, together, told }: Frame): void {
    this.told(writer, streamTimeMs, vouchedMs)
    if (together !== undefined) {
      // A thousand of them in each of a thousand frames: nothing is made for any of them.
      for (const other of together) {
        this.heard(other, sentAtMs)
        this.told(other, streamTimeMs, vouchedMs)
      }
    }
    for (const other of told) {
      this.heard(other.writer, other.sentAtMs)
      this.told(other.writer, other.streamTimeMs, other.vouchedMs)
    }
  }

  /** The time that writers other than this one hold stream time back to. */
  limitBeside(writer: number): number {
    return this.#times.lowestBeside(writer)
  }

  /** The lowest time of all writers that speak. */
  get streamTimeMs(): number {
    return this.#times.lowestMs
  }

  /** The lowest time that all writers vouch for. */
  get vouchedMs(): number {
    return this.#vouched.lowestMs
  }

  save(): SavedWriterTimes {
    return { told: saved(this.#times.all), vouched: saved(this.#vouched.all) }
  }

  restore({ told, vouched }: SavedWriterTimes): void {
    this.#times.restore((timesMs) => takeSaved(told, timesMs))
    this.#vouched.restore((timesMs) => takeSaved(vouched, timesMs))
  }

  #leaveOutSilent(): void {
    let earliestMs = Infinity
    for (let i = 0; i < this.#heardMs.length; i++) {
      const isSilent = this.#nowMs - this.#heardMs[i]! > SILENT_MS
      this.#count(i, !isSilent)
      if (!isSilent) earliestMs = Math.min(earliestMs, this.#heardMs[i]!)
    }
    this.#nextSilenceMs = earliestMs + SILENT_MS
  }

  #count(writer: number, doesCount: boolean): void {
    this.#times.count(writer, doesCount)
    this.#vouched.count(writer, doesCount)
  }
}
