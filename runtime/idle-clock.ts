// Moves the event time of a source task on with the wall clock while nothing comes, so that the last windows
// close (stream.time.idle.advance.ms). Kafka Streams has none: there stream time moves with records only.

/** How often event time moves: each time is told to those behind repartition topics, and saved. */
const EVERY_MS = 1_000
/** Who has not looked for so long cannot tell that nothing came: the process stood still. */
const STANDSTILL_MS = 30_000

/** When event time goes on without records. */
export interface IdleTimes {
  /** How long nothing must have come. */
  readonly afterMs: number
  /** How often it then moves; each second where left out, 0 for each look. */
  readonly everyMs?: number | undefined
}

/** The idle clock of one task. */
export class IdleClock {
  readonly #afterMs: number
  readonly #everyMs: number
  /** Since when nothing came, by the wall clock, and how far event time was then. Epoch ms. */
  #sinceMs: number
  #fromMs: number | undefined
  #lookedAtMs: number
  #movedAtMs = -Infinity

  /** @param nowMs the wall clock, epoch ms: what was missed before is not made up for. */
  constructor({ afterMs, everyMs = EVERY_MS }: IdleTimes, nowMs: number) {
    this.#afterMs = afterMs
    this.#everyMs = everyMs
    this.#sinceMs = nowMs
    this.#lookedAtMs = nowMs
  }

  /** The task has input, or may have some. */
  active(nowMs: number): void {
    this.#sinceMs = nowMs
    this.#fromMs = undefined
    this.#lookedAtMs = nowMs
    this.#movedAtMs = -Infinity
  }

  /**
   * The task has looked for input and found none.
   * @param streamTimeMs what it has reached, epoch ms; -1 where no record ever came, which stays so.
   * @returns what it has reached now, when that is to be told; undefined when it is not.
   */
  idle(streamTimeMs: number, nowMs: number): number | undefined {
    const isLookingOn = this.#everyMs === 0 || nowMs - this.#lookedAtMs <= STANDSTILL_MS
    this.#lookedAtMs = nowMs
    if (!isLookingOn) this.active(nowMs)
    this.#fromMs ??= streamTimeMs
    const idleMs = nowMs - this.#sinceMs
    if (idleMs < this.#afterMs || nowMs - this.#movedAtMs < this.#everyMs) return undefined
    this.#movedAtMs = nowMs
    if (this.#fromMs < 0) return streamTimeMs
    return Math.max(streamTimeMs, this.#fromMs + idleMs)
  }
}
