// Holds back the changes of a table (Kafka's KTableSuppressProcessor, KIP-328): until a time has passed
// since a key was first held, or until its window closes. Driven by the operator's own stream time.
import type { HeldChange, SuppressBuffer } from '../state/stores/suppress-buffer.ts'
import { userError } from './processor.ts'
import type { ObservedTime } from './window-aggregation.ts'

/** What happens when a buffer is full. */
export type WhenFull = 'emit-early' | 'fail'

/** How changes are held back. */
export interface Holding {
  /** The time that a change is held by: its own, or the end of its window. Epoch ms. */
  readonly timeOf: (change: HeldChange<unknown, unknown>) => number
  /** How long after that time it is held, ms of stream time. */
  readonly holdMs: number
  /** Whether only final results go out: a deletion of what never went out is none. */
  readonly isFinal: boolean
  readonly recordsMax: number
  readonly bytesMax: number
  readonly whenFull: WhenFull
}

/** A buffer that may not give anything out early is full; the run ends. */
export class SuppressBufferFullError extends Error {
  override readonly name = 'SuppressBufferFullError'
  readonly code = 'MILLRACE_SUPPRESS_BUFFER_FULL'
}

/** The suppress operator of one task. */
export class Suppress {
  readonly #name: string
  readonly #buffer: SuppressBuffer<unknown, unknown>
  readonly #spec: Holding
  readonly #time: ObservedTime
  readonly #forward: (change: HeldChange<unknown, unknown>) => void

  constructor(
    name: string,
    buffer: SuppressBuffer<unknown, unknown>,
    spec: Holding,
    time: ObservedTime,
    forward: (change: HeldChange<unknown, unknown>) => void,
  ) {
    this.#name = name
    this.#buffer = buffer
    this.#spec = spec
    this.#time = time
    this.#forward = forward
  }

  /**
   * Takes a change and gives out what is due.
   * @throws ProcessingError whose cause is a SuppressBufferFullError when the buffer is full and may not
   * give anything out early.
   */
  process(change: HeldChange<unknown, unknown>): void {
    const { timeOf, whenFull } = this.#spec
    const nowMs = this.#time.advance(change.timestampMs)
    this.#buffer.hold(timeOf(change), change)
    this.release(nowMs)
    if (!this.#isFull) return
    if (whenFull === 'fail') throw userError(this.#name, this.#fullError())
    while (this.#isFull) this.#giveOut()
  }

  /** Gives out what is due at a time of the operator. */
  release(nowMs: number): void {
    const dueMs = nowMs - this.#spec.holdMs
    while (this.#buffer.minTimeMs <= dueMs) this.#giveOut()
  }

  get #isFull(): boolean {
    const { recordsMax, bytesMax } = this.#spec
    return this.#buffer.rows > recordsMax || this.#buffer.bufferBytes > bytesMax
  }

  /** What goes out is held until it has gone: those behind see what they last saw, as in Kafka Streams. */
  #giveOut(): void {
    const change = this.#buffer.first()
    if (change.value !== null || !this.#spec.isFinal) this.#forward(change)
    this.#buffer.removeFirst()
  }

  #fullError(): SuppressBufferFullError {
    const { recordsMax, bytesMax } = this.#spec
    const { rows, bufferBytes } = this.#buffer
    return new SuppressBufferFullError(
      `the buffer holds ${rows} records (at most ${recordsMax}) and ${bufferBytes} bytes ` +
        `(at most ${bytesMax}); make it larger, or let it emit early`,
    )
  }
}
