// What those who post may do together: so many records a second, and so many bytes that wait.
import { tooMany } from './ingest-error.ts'

/** Lets so many records a second through, those of one second at once. */
export class RecordRate {
  readonly #perSecond: number
  readonly #nowMs: () => number
  #left: number
  #atMs: number

  constructor(perSecond: number, nowMs: () => number = () => performance.now()) {
    this.#perSecond = perSecond
    this.#nowMs = nowMs
    this.#left = perSecond
    this.#atMs = nowMs()
  }

  /** Takes the records of a request: one may go beyond what is left, and others wait for it. @throws IngestError 429 */
  take(records: number): void {
    const nowMs = this.#nowMs()
    const come = ((nowMs - this.#atMs) * this.#perSecond) / 1_000
    this.#left = Math.min(this.#perSecond, this.#left + come)
    this.#atMs = nowMs
    if (this.#left <= 0) {
      const seconds = Math.ceil((1 - this.#left) / this.#perSecond)
      throw tooMany(`more than ${this.#perSecond} records a second`, seconds)
    }
    this.#left -= records
  }
}

/** Counts bytes that wait. */
export class ByteBudget {
  readonly #max: number
  #taken = 0

  constructor(max: number) {
    this.#max = max
  }

  /** Bytes that wait now. */
  get taken(): number {
    return this.#taken
  }

  /** Takes bytes, which must be given back. @throws IngestError 429 when there is no room */
  take(bytes: number): void {
    if (this.#taken + bytes > this.#max) throw tooMany('too much waits for the broker', 1)
    this.#taken += bytes
  }

  /** Gives bytes back. */
  giveBack(bytes: number): void {
    this.#taken -= bytes
  }
}
