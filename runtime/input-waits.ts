// Whether a task with several inputs waits for one that is empty, so that an earlier record that is still to
// come is run first (Kafka's PartitionGroup.readyToProcess, KIP-353 and KIP-695). The inputs ask each turn.
import type { TaskInput } from './task-input.ts'

/** The wait for empty inputs of one task. */
export class InputWaits {
  readonly #inputs: readonly TaskInput[]
  readonly #idleMsMax: () => number
  /** Since when an input is empty and has nothing to fetch, epoch ms; Infinity while it is not so. */
  readonly #emptySinceMs: Float64Array

  /**
   * Whether what it last waited for may never come. Others must not wait for the task then: they may be
   * the ones to write it.
   */
  isForNothingKnown = false

  /**
   * @param idleMsMax how long to wait for an input that has nothing to fetch; -1 for not even waiting for
   * what is there and not at hand yet. Asked each time.
   */
  constructor(inputs: readonly TaskInput[], idleMsMax: () => number) {
    this.#inputs = inputs
    this.#idleMsMax = idleMsMax
    this.#emptySinceMs = new Float64Array(inputs.length).fill(Infinity)
  }

  /** @param nextMs event time of the row that is next among those at hand; -Infinity where it is none. */
  isWaiting(nextMs: number, nowMs: number): boolean {
    this.isForNothingKnown = false
    const idleMsMax = this.#idleMsMax()
    if (idleMsMax < 0) return false
    let isIdle = false
    for (let i = 0; i < this.#inputs.length; i++) {
      const input = this.#inputs[i]!
      if (!input.head.isEmpty) {
        // A frame without rows is no row to have waited for.
        if (input.head.nextTimestampMs !== undefined) this.#emptySinceMs[i] = Infinity
      } else if (input.isBehind) {
        // What it still has may be earlier than all that is at hand.
        this.#emptySinceMs[i] = Infinity
        return true
      } else if (this.#isAwaited(input, i, nextMs, nowMs, idleMsMax)) {
        isIdle = true
      }
    }
    this.isForNothingKnown = isIdle
    return isIdle
  }

  #isAwaited(
    input: TaskInput,
    i: number,
    nextMs: number,
    nowMs: number,
    idleMsMax: number,
  ): boolean {
    if (idleMsMax === 0 || input.isAtStop) return false
    if (this.#emptySinceMs[i] === Infinity) this.#emptySinceMs[i] = nowMs
    if (nowMs - this.#emptySinceMs[i]! >= idleMsMax) return false
    // Who writes it has told that nothing so early will come; a frame that only tells is run at once.
    const toldMs = input.frames?.writers.streamTimeMs ?? -Infinity
    return nextMs !== -Infinity && toldMs <= nextMs
  }
}
