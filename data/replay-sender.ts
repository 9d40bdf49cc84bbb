// The sending half of a replay: rows at their pace, each to the partition of its key. replay.ts drives it.
import { partitionFor } from '../broker/partitioner.ts'
import type { Producer } from '../broker/ports.ts'
import { RecordBatchBuilder, keyOf, valueOf } from '../broker/record-batch.ts'
import type { RecordBatch } from '../broker/record-batch.ts'
import { LivePace, pacer } from './pace.ts'
import type { Clock, Pace, WaitMs } from './pace.ts'

/** Where to send, how fast and how much. */
export interface SendOptions {
  readonly producer: Producer
  readonly topic: string
  readonly partitions: number
  readonly pace: Pace | LivePace
  readonly afterMs?: number | undefined
  readonly limit?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** A partition's rows go to the producer when they are this many bytes, or before a wait. */
const SEND_BYTES = 262_144
/** Timers are not finer; rows that are due sooner go out together. */
const WAIT_MS_MIN = 4
/** What a timer can wait for at once. */
const WAIT_MS_MAX = 3_600_000

/** Sends rows at their pace, each to the partition of its key. */
export class ReplaySender {
  readonly #options: SendOptions
  readonly #clock: Clock
  readonly #pace: LivePace
  readonly #waitMs: WaitMs
  #until: { readonly changed: AbortSignal; readonly either: AbortSignal } | undefined
  readonly #waiting: readonly RecordBatchBuilder[]
  #sent = 0

  constructor(options: SendOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#pace = options.pace instanceof LivePace ? options.pace : new LivePace(options.pace)
    this.#waitMs = pacer(this.#pace, clock)
    this.#waiting = Array.from({ length: options.partitions }, () => new RecordBatchBuilder())
  }

  /** Sends a batch's rows; false when no more shall follow, because of the limit or the signal. */
  async send(batch: RecordBatch): Promise<boolean> {
    const { partitions, signal, limit = Infinity, afterMs = -Infinity } = this.#options
    for (let row = 0; row < batch.count; row++) {
      if (this.#sent >= limit) return false
      const timestampMs = batch.timestamps[row]!
      if (timestampMs <= afterMs) continue
      if (this.#waitMs(this.#sent, timestampMs) > 0) await this.#untilDue(timestampMs)
      if (signal?.aborted === true) return false
      const key = keyOf(batch, row)!
      const partition = partitionFor(key, partitions)
      const waiting = this.#waiting[partition]!
      // A record's own time is when it was sent, as any producer's: retention and latencies count from
      // it. The event time is in the value.
      waiting.append(key, valueOf(batch, row), this.#clock.epochMs())
      this.#sent += 1
      if (waiting.position >= SEND_BYTES) await this.#produce(partition)
    }
    return this.#sent < limit
  }

  /** Gives the producer all rows that still wait. */
  async handOver(): Promise<void> {
    for (let partition = 0; partition < this.#waiting.length; partition++) {
      if (this.#waiting[partition]!.count > 0) await this.#produce(partition)
    }
  }

  async #untilDue(timestampMs: number): Promise<void> {
    const { signal } = this.#options
    for (;;) {
      const waitMs = this.#waitMs(this.#sent, timestampMs)
      if (waitMs <= 0 || signal?.aborted === true) return
      await this.handOver()
      const ms = Math.min(WAIT_MS_MAX, Math.max(WAIT_MS_MIN, waitMs))
      await this.#clock.sleep(ms, this.#untilChanged())
    }
  }

  /** Aborted when the replay is, or its pace changes; made anew for each pace, not for each wait. */
  #untilChanged(): AbortSignal {
    const { signal } = this.#options
    const { changed } = this.#pace
    if (this.#until?.changed !== changed) {
      const either = signal === undefined ? changed : AbortSignal.any([signal, changed])
      this.#until = { changed, either }
    }
    return this.#until.either
  }

  async #produce(partition: number): Promise<void> {
    await this.#options.producer.send(
      { topic: this.#options.topic, partition },
      this.#waiting[partition]!,
    )
  }
}
