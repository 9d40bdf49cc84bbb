// The sending half of a replay: rows at their pace, each to the partition of its key. replay.ts drives it.
import { keyOf, valueOf } from '../broker/record-batch.ts'
import type { RecordBatch } from '../broker/record-batch.ts'
import type { Clock } from './pace.ts'
import { PacedSender, type PacedOptions, type PacedTopic } from './paced-sender.ts'

/** Where to send, how fast and how much. */
export interface SendOptions extends PacedOptions, PacedTopic {
  readonly afterMs?: number | undefined
  readonly limit?: number | undefined
}

/** Sends rows at their pace, each to the partition of its key. */
export class ReplaySender {
  readonly #options: SendOptions
  readonly #sender: PacedSender

  constructor(options: SendOptions, clock: Clock) {
    this.#options = options
    this.#sender = new PacedSender(options, clock)
  }

  /** Sends a batch's rows; false when no more shall follow, because of the limit or the signal. */
  async send(batch: RecordBatch): Promise<boolean> {
    const { limit = Infinity, afterMs = -Infinity } = this.#options
    const sender = this.#sender
    for (let row = 0; row < batch.count; row++) {
      if (sender.sent >= limit) return false
      const timestampMs = batch.timestamps[row]!
      if (timestampMs <= afterMs) continue
      if (sender.isEarly(timestampMs)) await sender.untilDue(timestampMs)
      if (sender.isAborted) return false
      const full = sender.append(this.#options, keyOf(batch, row)!, valueOf(batch, row))
      if (full !== undefined) await full
    }
    return sender.sent < limit
  }

  /** Gives the producer all rows that still wait. */
  handOver(): Promise<void> {
    return this.#sender.handOver()
  }
}
