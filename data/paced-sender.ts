// Rows on their way to topics at a pace: each goes to the partition of its key, many at a time. A replay
// sends through it, and a simulation.
import { partitionFor } from '../broker/partitioner.ts'
import type { Producer, TopicPartition } from '../broker/ports.ts'
import { RecordBatchBuilder } from '../broker/record-batch-builder.ts'
import { LivePace, pacer } from './pace.ts'
import type { Clock, Pace, WaitMs } from './pace.ts'

/** How fast to send, through what, and until when. */
export interface PacedOptions {
  readonly producer: Producer
  readonly pace: Pace | LivePace
  readonly signal?: AbortSignal | undefined
}

/** A topic to send to. */
export interface PacedTopic {
  readonly topic: string
  readonly partitions: number
}

/** A partition's rows go to the producer when they are this many bytes, or before a wait. */
const SEND_BYTES = 262_144
/** Timers are not finer; rows that are due sooner go out together. */
const WAIT_MS_MIN = 4
/** What a timer can wait for at once. */
const WAIT_MS_MAX = 3_600_000

interface Waiting {
  readonly target: TopicPartition
  readonly rows: RecordBatchBuilder
}

/** Sends rows when they are due. */
export class PacedSender {
  readonly #options: PacedOptions
  readonly #clock: Clock
  readonly #pace: LivePace
  readonly #waitMs: WaitMs
  readonly #waiting = new Map<PacedTopic, readonly Waiting[]>()
  #until: { readonly changed: AbortSignal; readonly either: AbortSignal } | undefined
  #sent = 0

  constructor(options: PacedOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#pace = options.pace instanceof LivePace ? options.pace : new LivePace(options.pace)
    this.#waitMs = pacer(this.#pace, clock)
  }

  /** Rows taken so far. */
  get sent(): number {
    return this.#sent
  }

  get isAborted(): boolean {
    return this.#options.signal?.aborted === true
  }

  /** Whether a row with this event time must still wait, with `untilDue`. */
  isEarly(timestampMs: number): boolean {
    return this.#waitMs(this.#sent, timestampMs) > 0
  }

  /** Hands over what waits, and resolves when a row with this event time is due, or the signal aborted. */
  async untilDue(timestampMs: number): Promise<void> {
    for (;;) {
      const waitMs = this.#waitMs(this.#sent, timestampMs)
      if (waitMs <= 0 || this.isAborted) return
      await this.handOver()
      const ms = Math.min(WAIT_MS_MAX, Math.max(WAIT_MS_MIN, waitMs))
      await this.#clock.sleep(ms, this.#untilChanged())
    }
  }

  /** Takes a row. @returns what to wait for before the next one, undefined for nothing. */
  append(to: PacedTopic, key: Uint8Array, value: Uint8Array | null): Promise<void> | undefined {
    const waiting = this.#waitingOf(to)[partitionFor(key, to.partitions)]!
    // A record's own time is when it was sent, as any producer's: retention and latencies count from
    // it. The event time is in the value.
    waiting.rows.append(key, value, this.#clock.epochMs())
    this.#sent += 1
    return waiting.rows.position >= SEND_BYTES ? this.#produce(waiting) : undefined
  }

  /** Gives the producer all rows that still wait. */
  async handOver(): Promise<void> {
    for (const partitions of this.#waiting.values()) {
      for (const waiting of partitions) if (waiting.rows.count > 0) await this.#produce(waiting)
    }
  }

  #waitingOf(to: PacedTopic): readonly Waiting[] {
    const known = this.#waiting.get(to)
    if (known !== undefined) return known
    const { topic, partitions } = to
    const waiting = Array.from({ length: partitions }, (_, partition) => ({
      target: { topic, partition },
      rows: new RecordBatchBuilder(),
    }))
    this.#waiting.set(to, waiting)
    return waiting
  }

  /** Aborted when sending is, or its pace changes; made anew for each pace, not for each wait. */
  #untilChanged(): AbortSignal {
    const { signal } = this.#options
    const { changed } = this.#pace
    if (this.#until?.changed !== changed) {
      const either = signal === undefined ? changed : AbortSignal.any([signal, changed])
      this.#until = { changed, either }
    }
    return this.#until.either
  }

  #produce({ target, rows }: Waiting): Promise<void> {
    return this.#options.producer.send(target, rows)
  }
}
