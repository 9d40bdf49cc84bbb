// Holds input partitions together in event time: one that runs ahead of the slowest waits. The times lie
// in shared memory, since the partitions are read by different workers.

const IDLE = 0
const BEHIND = 1

/** The event times of all input partitions, seen from one thread. */
export class SourceAlignment {
  readonly #driftMs: () => number
  readonly #states: Int32Array
  readonly #times: Float64Array
  readonly #reached: Float64Array

  /** `driftMs` below 0 turns alignment off; a function is asked each time. */
  constructor(buffer: SharedArrayBuffer, slots: number, driftMs: number | (() => number)) {
    this.#driftMs = typeof driftMs === 'number' ? () => driftMs : driftMs
    // Doubles first: they must lie at a multiple of eight. Each has one writer, and a reader that sees
    // a moment's old time only waits a moment longer.
    this.#times = new Float64Array(buffer, 0, slots)
    this.#reached = new Float64Array(buffer, slots * 8, slots)
    this.#states = new Int32Array(buffer, slots * 16, slots)
  }

  /** Memory for so many partitions; none of them holds up any other at first. */
  static allocate(slots: number): SharedArrayBuffer {
    return new SharedArrayBuffer(Math.max(slots, 1) * 20)
  }

  /** Tells where a partition stands: `timeMs` is that of its next row, or of its last. */
  behind(slot: number, timeMs: number): void {
    this.#times[slot] = timeMs
    Atomics.store(this.#states, slot, BEHIND)
  }

  /** The stream time that a partition's task has reached. */
  reached(slot: number, timeMs: number): void {
    this.#reached[slot] = timeMs
  }

  /** The highest stream time of all that have reached one, which those without input take over. */
  get latestMs(): number {
    return this.furthestMs
  }

  /** The highest stream time of all. */
  get furthestMs(): number {
    let latest = -1
    for (const timeMs of this.#reached) if (timeMs > latest) latest = timeMs
    return latest
  }

  /** A partition without rows at hand, or without a reader, holds nobody up. */
  idle(slot: number): void {
    Atomics.store(this.#states, slot, IDLE)
  }

  /** The event time up to which a partition may run: the slowest other one's plus the drift. */
  limitFor(slot: number): number {
    const driftMs = this.#driftMs()
    if (driftMs < 0) return Infinity
    let slowest = Infinity
    for (let other = 0; other < this.#times.length; other++) {
      if (other === slot || Atomics.load(this.#states, other) === IDLE) continue
      slowest = Math.min(slowest, this.#times[other]!)
    }
    return slowest + driftMs
  }
}
