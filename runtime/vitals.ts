// Signs of life in shared memory: the main thread sees a worker's even while that one is busy, and can
// wake it while it waits.

const BEATS = 0
const WAKE = 1
const IN_TRANSACTION = 2
const SLOTS = 4
const SLOT_BYTES = SLOTS * Int32Array.BYTES_PER_ELEMENT
const ROW_FIELDS = 4
const NO_ROW = -1

/** A row that a thread is running, or what it does between rows. */
export interface RowInWork {
  /** The topic's number in the plan; below -1 for what is no row, see crashing-rows.ts. */
  readonly topic: number
  readonly partition: number
  readonly offset: number
  /** Its number where one record carries several; below 0 while its bytes are read. */
  readonly row: number
}

export class Vitals {
  readonly #slots: Int32Array
  readonly #row: Float64Array

  constructor(buffer: SharedArrayBuffer) {
    this.#slots = new Int32Array(buffer, 0, SLOTS)
    this.#row = new Float64Array(buffer, SLOT_BYTES, ROW_FIELDS)
  }

  static allocate(): SharedArrayBuffer {
    const bytes = SLOT_BYTES + ROW_FIELDS * Float64Array.BYTES_PER_ELEMENT
    const buffer = new SharedArrayBuffer(bytes)
    new Vitals(buffer).endRow()
    return buffer
  }

  /** What the worker is running, where it runs carefully; undefined between rows. */
  get rowInWork(): RowInWork | undefined {
    const [topic = NO_ROW, partition = 0, offset = 0, row = 0] = this.#row
    return topic === NO_ROW ? undefined : { topic, partition, offset, row }
  }

  /** A row begins to run; see `RowInWork`. */
  beginRow(topic: number, partition: number, offset: number, row: number): void {
    const slots = this.#row
    slots[1] = partition
    slots[2] = offset
    slots[3] = row
    slots[0] = topic
  }

  /** It has run. */
  endRow(): void {
    this.#row[0] = NO_ROW
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
