// Times that only rise, and the lowest of them at any moment: of a thousand writers each tells of its own, and
// nobody looks through all of them each time.

/** Times by number; those that do not count are left out of the lowest. */
export class RisingTimes {
  readonly #timesMs: Float64Array
  readonly #isOut: Uint8Array
  #lowestMs = Infinity
  /** How many that count are at the lowest; 0 where that is to be looked for. */
  #atLowest = 0

  /** @param count of the numbers; all are at -1 and count. */
  constructor(count: number) {
    this.#timesMs = new Float64Array(count).fill(-1)
    this.#isOut = new Uint8Array(count)
  }

  get length(): number {
    return this.#timesMs.length
  }

  /** The times themselves, for those who save them. */
  get all(): Float64Array {
    return this.#timesMs
  }

  /** Takes times over from what was saved. */
  restore(fill: (timesMs: Float64Array) => void): void {
    fill(this.#timesMs)
    this.#atLowest = 0
  }

  /** A time goes on, or stays where it is beyond that. */
  raise(at: number, timeMs: number): void {
    const beforeMs = this.#timesMs[at]!
    if (timeMs <= beforeMs) return
    this.#timesMs[at] = timeMs
    if (beforeMs === this.#lowestMs && this.#isOut[at] === 0) this.#leaveLowest()
  }

  /** Whether a time counts. */
  counts(at: number): boolean {
    return this.#isOut[at] === 0
  }

  /** Has a time count from now on, or no more. */
  count(at: number, doesCount: boolean): void {
    if (this.counts(at) === doesCount) return
    this.#isOut[at] = doesCount ? 0 : 1
    const timeMs = this.#timesMs[at]!
    if (!doesCount) {
      if (timeMs === this.#lowestMs) this.#leaveLowest()
    } else if (timeMs < this.#lowestMs) this.#atLowest = 0
    else if (timeMs === this.#lowestMs && this.#atLowest > 0) this.#atLowest += 1
  }

  /** The lowest time that counts; Infinity where none does. */
  get lowestMs(): number {
    if (this.#atLowest === 0) this.#look()
    return this.#lowestMs
  }

  /** The same with one of them left out. */
  lowestBeside(at: number): number {
    const lowestMs = this.lowestMs
    const isAlone = this.#atLowest === 1 && this.#timesMs[at] === lowestMs && this.counts(at)
    if (!isAlone) return lowestMs
    let besideMs = Infinity
    for (let i = 0; i < this.#timesMs.length; i++) {
      if (i !== at && this.#isOut[i] === 0) besideMs = Math.min(besideMs, this.#timesMs[i]!)
    }
    return besideMs
  }

  #leaveLowest(): void {
    if (this.#atLowest > 0) this.#atLowest -= 1
  }

  #look(): void {
    let lowestMs = Infinity
    let atLowest = 0
    for (let i = 0; i < this.#timesMs.length; i++) {
      if (this.#isOut[i] === 1) continue
      const timeMs = this.#timesMs[i]!
      if (timeMs < lowestMs) {
        lowestMs = timeMs
        atLowest = 0
      }
      if (timeMs === lowestMs) atLowest += 1
    }
    this.#lowestMs = lowestMs
    this.#atLowest = atLowest
  }
}
