// The event times of the rows that a task has run since it was last asked: what a progress report tells of them.

/** Event times of some rows, epoch ms. */
export interface EventTimeSpan {
  readonly rows: number
  readonly minMs: number
  readonly maxMs: number
  readonly avgMs: number
}

/** Event times as they come, in plain numbers: it is asked for every row. */
export class EventTimes {
  #rows = 0
  #minMs = Infinity
  #maxMs = -Infinity
  /** Against one of them: a sum of epoch times would lose its last digits. */
  #baseMs = 0
  #sumMs = 0

  /** Takes the rows of a batch in, those that came to nothing left out. */
  add(
    timestamps: Float64Array,
    from: number,
    to: number,
    batch: { isGood(row: number): boolean },
  ): void {
    let [rows, minMs, maxMs, sumMs] = [this.#rows, this.#minMs, this.#maxMs, this.#sumMs]
    if (rows === 0 && from < to) this.#baseMs = timestamps[from]!
    const baseMs = this.#baseMs
    for (let row = from; row < to; row++) {
      if (!batch.isGood(row)) continue
      const ms = timestamps[row]!
      rows += 1
      sumMs += ms - baseMs
      if (ms < minMs) minMs = ms
      if (ms > maxMs) maxMs = ms
    }
    this.#rows = rows
    this.#minMs = minMs
    this.#maxMs = maxMs
    this.#sumMs = sumMs
  }

  /** What came since the last time; undefined when nothing did. */
  take(): EventTimeSpan | undefined {
    if (this.#rows === 0) return undefined
    const span = {
      rows: this.#rows,
      minMs: this.#minMs,
      maxMs: this.#maxMs,
      avgMs: this.#baseMs + this.#sumMs / this.#rows,
    }
    this.#rows = 0
    this.#sumMs = 0
    this.#minMs = Infinity
    this.#maxMs = -Infinity
    return span
  }
}

/** All rows of several spans; undefined for none. */
export function joined(spans: readonly (EventTimeSpan | undefined)[]): EventTimeSpan | undefined {
  return spans.reduce((all, span) => {
    if (all === undefined || span === undefined) return all ?? span
    const rows = all.rows + span.rows
    return {
      rows,
      minMs: Math.min(all.minMs, span.minMs),
      maxMs: Math.max(all.maxMs, span.maxMs),
      avgMs: all.avgMs + ((span.avgMs - all.avgMs) * span.rows) / rows,
    }
  }, undefined)
}
