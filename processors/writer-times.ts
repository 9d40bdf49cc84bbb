// Event time over the tasks that write a repartition topic: what the task that reads it calls its
// stream time. Kafka's is the highest timestamp seen; where several tasks write at uneven speed, the
// fastest would then close windows that the slowest still has rows for. Here the slowest decides.

/**
 * A writer that is silent for so long while others write holds nobody back any more: its task runs
 * nowhere. Kafka's max.poll.interval.ms: a member that was killed, even several times one upon the other,
 * is back long before that, and its rows must still find their windows open.
 */
const SILENT_MS = 300_000

/**
 * The times of writers as a checkpoint holds them, epoch ms. Each number may be followed by how many more writers
 * have told the same, as a negative one less 1: of a thousand writers most are as far as all others.
 */
export interface SavedWriterTimes {
  readonly told: readonly number[]
  readonly vouched: readonly number[]
}

/** No time is as low; -1 is that of a writer that has not been heard of. */
const SAME = -1

function runsOf(times: Float64Array): number[] {
  const runs: number[] = []
  for (let i = 0; i < times.length;) {
    const time = times[i]!
    let end = i + 1
    while (end < times.length && times[end] === time) end += 1
    runs.push(time)
    // Two alike are no longer than what would tell of them.
    if (end - i > 2) runs.push(SAME - (end - i - 1))
    else if (end - i === 2) runs.push(time)
    i = end
  }
  return runs
}

function takeRuns(runs: readonly number[], times: Float64Array): void {
  let at = 0
  for (const [i, number] of runs.entries()) {
    const count = number < SAME ? SAME - number : 1
    const time = number < SAME ? runs[i - 1]! : number
    for (let n = 0; n < count && at < times.length; n++) times[at++] = time
  }
}

/** The event times that the writers of a topic have told, and when each was heard of. */
export class WriterTimes {
  readonly #timesMs: Float64Array
  /** What each vouches for, see `EventTimeLimits`. */
  readonly #vouchedMs: Float64Array
  readonly #heardMs: Float64Array
  /** The writers' wall clock: times of frames, not of this task, so that it can be repeated. */
  #nowMs = -Infinity

  constructor(writers: number) {
    // Until a writer is heard of, it may still have rows of any time.
    this.#timesMs = new Float64Array(writers).fill(-1)
    this.#vouchedMs = new Float64Array(writers).fill(-1)
    this.#heardMs = new Float64Array(writers)
  }

  /**
   * A writer has sent a frame. After a pause of all of them each is given time to speak.
   * @throws Error when there is no such writer.
   */
  heard(writer: number, sentAtMs: number): void {
    if (writer >= this.#timesMs.length) {
      throw new Error(
        `written by task ${writer} of ${this.#timesMs.length}: restart, the source has more partitions now`,
      )
    }
    if (sentAtMs - this.#nowMs > SILENT_MS) this.#heardMs.fill(sentAtMs)
    this.#nowMs = Math.max(this.#nowMs, sentAtMs)
    this.#heardMs[writer] = this.#nowMs
  }

  /**
   * The writer will send no more rows before `timeMs`, or only such as are out of order, and vouches for
   * `vouchedMs`.
   */
  told(writer: number, timeMs: number, vouchedMs = timeMs): void {
    this.#timesMs[writer] = Math.max(this.#timesMs[writer] ?? -1, timeMs)
    this.#vouchedMs[writer] = Math.max(this.#vouchedMs[writer] ?? -1, vouchedMs)
  }

  /** The time that writers other than this one hold stream time back to. */
  limitBeside(writer: number): number {
    return this.#lowest(this.#timesMs, writer)
  }

  /** The lowest time of all writers that speak. */
  get streamTimeMs(): number {
    return this.#lowest(this.#timesMs, -1)
  }

  /** The lowest time that all writers vouch for. */
  get vouchedMs(): number {
    return this.#lowest(this.#vouchedMs, -1)
  }

  save(): SavedWriterTimes {
    return { told: runsOf(this.#timesMs), vouched: runsOf(this.#vouchedMs) }
  }

  restore({ told, vouched }: SavedWriterTimes): void {
    takeRuns(told, this.#timesMs)
    takeRuns(vouched, this.#vouchedMs)
  }

  #lowest(timesMs: Float64Array, except: number): number {
    let lowest = Infinity
    for (let i = 0; i < timesMs.length; i++) {
      if (i === except || this.#nowMs - this.#heardMs[i]! > SILENT_MS) continue
      lowest = Math.min(lowest, timesMs[i]!)
    }
    return lowest
  }
}
