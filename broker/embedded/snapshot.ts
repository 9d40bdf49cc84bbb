// Which state of the log a thread reads. Renewing costs about 1 µs and a timer inside lmdb, so that
// idle readers share one renewal; an old snapshot keeps deleted pages from being used again.
import type { OpenedEnvironment } from '../lmdb.ts'

const RENEW_AFTER_MS = 0.1
const AGE_MS_MAX = 5

export class Snapshot {
  readonly #environment: OpenedEnvironment
  #epoch = 0
  #renewedAtMs = -Infinity

  constructor(environment: OpenedEnvironment) {
    this.#environment = environment
  }

  /** Renews unless that was done within the last 0.1 ms; a new number says that something may be new. */
  latest(): number {
    return this.#renewedBefore(RENEW_AFTER_MS)
  }

  /** Renews when the snapshot is old, for readers that find all they need in it. */
  keepYoung(): void {
    this.#renewedBefore(AGE_MS_MAX)
  }

  /** Renews at once. */
  renew(): void {
    this.#renewedBefore(-1)
  }

  #renewedBefore(ageMs: number): number {
    const now = performance.now()
    if (now - this.#renewedAtMs > ageMs) {
      this.#environment.refresh()
      this.#renewedAtMs = now
      this.#epoch += 1
    }
    return this.#epoch
  }
}
