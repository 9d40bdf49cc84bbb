// Signs of life in shared memory: the main thread sees a worker's even while that one is busy, and can
// wake it while it waits.

const BEATS = 0
const WAKE = 1
const IN_TRANSACTION = 2
const SLOTS = 3

export class Vitals {
  readonly #slots: Int32Array

  constructor(buffer: SharedArrayBuffer) {
    this.#slots = new Int32Array(buffer)
  }

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(SLOTS * Int32Array.BYTES_PER_ELEMENT)
  }

  /** The worker is alive. */
  beat(): void {
    Atomics.add(this.#slots, BEATS, 1)
  }

  /** A number that changes while the worker lives. */
  get beats(): number {
    return Atomics.load(this.#slots, BEATS)
  }

  /** Whether the worker is writing: ended then, it would take the whole process with it. */
  get isInTransaction(): boolean {
    return Atomics.load(this.#slots, IN_TRANSACTION) === 1
  }

  /** Runs a write transaction under the flag. */
  inTransaction(work: () => void): void {
    Atomics.store(this.#slots, IN_TRANSACTION, 1)
    try {
      work()
    } finally {
      Atomics.store(this.#slots, IN_TRANSACTION, 0)
    }
  }

  /** Ends the worker's wait, or its next one. */
  wake(): void {
    Atomics.store(this.#slots, WAKE, 1)
    Atomics.notify(this.#slots, WAKE)
  }

  /** Waits until woken, at most so long. Called in the worker. */
  wait(timeoutMs: number): void {
    Atomics.wait(this.#slots, WAKE, 0, timeoutMs)
    Atomics.store(this.#slots, WAKE, 0)
  }
}
