// Replays a file of JSON objects into a topic: one record a row, keyed, in order of event time, once or
// round after round. `millrace replay` and `millrace demo` call it; on return every row is delivered.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Producer } from '../broker/ports.ts'
import { LivePace, systemClock } from './pace.ts'
import type { Clock, Pace } from './pace.ts'
import type { SkippedRows } from './record-source.ts'
import { ReplayError } from './replay-error.ts'
import { replayRounds } from './replay-rounds.ts'
import { ReplaySender } from './replay-sender.ts'

/** What to replay, where to and how. */
export interface ReplayOptions {
  /** An array of objects or JSON lines, either of them gzipped. */
  readonly file: string
  readonly producer: Producer
  readonly topic: string
  /** Partitions that the topic has. */
  readonly partitions: number
  /** `event-time`: ascending by time, rows of one time as in the file. `file`: as they lie there. */
  readonly order: 'event-time' | 'file'
  /** A `LivePace` may change while the replay runs. */
  readonly pace: Pace | LivePace
  /**
   * Begin anew at the end of the file, for ever: each round with event times later by so many whole
   * days that they go on rising, and hours of the day stay. Only the time field is changed.
   */
  readonly repeat?: boolean | undefined
  /** Leave out the rows up to this event time, epoch ms: they are there already. */
  readonly afterMs?: number | undefined
  /** The zone of times that name none, such as `America/Los_Angeles`. */
  readonly zone: string
  readonly keyField: string
  readonly timeField: string
  /** Stop at the first row that makes no record; otherwise it is skipped and counted. */
  readonly strict: boolean
  /** How many records to replay, counted in the order in which they are sent; all by default. */
  readonly limit?: number | undefined
  /** Memory for sorting, 256 MiB by default; a larger file is sorted in runs on disk. */
  readonly sortMemoryBytes?: number | undefined
  /** Where such runs are written; the system's directory for temporary files by default. */
  readonly sortDirectory?: string | undefined
  /** When it is aborted, what was sent before is still delivered. */
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: (progress: ReplayProgress) => void
  readonly clock?: Clock
}

/** How far a replay is. */
export interface ReplayProgress {
  /** `reading`: nothing is sent yet, because the file is being sorted. */
  readonly phase: 'reading' | 'sending'
  /** How much of the phase is done, from 0 to 1; with `repeat` that of the round. */
  readonly done: number
  /** How many rounds later than the file the event times are, from 0. */
  readonly round: number
  readonly delivered: number
  readonly skipped: number
}

/** What came of a replay. */
export interface ReplayResult {
  /** Rows that the broker has acknowledged. */
  readonly delivered: number
  readonly skipped: number
  /** The first ten rows that were skipped: `file:line: reason`. */
  readonly named: readonly string[]
  /** From the call to the last delivery. */
  readonly elapsedMs: number
  /** Whether `signal` ended it. */
  readonly aborted: boolean
}

/**
 * Replays a file; resolves when all that was sent is delivered.
 * @throws ReplayError, RowsError, ZoneError, BrokerError. What was sent before is delivered even then,
 * if the broker still takes it.
 */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  refuseCombinations(options)
  const { producer, signal, clock = systemClock } = options
  const startMs = clock.nowMs()
  const deliveredBefore = producer.delivered
  const delivered = (): number => producer.delivered - deliveredBefore
  const skipped: SkippedRows = { count: 0, named: [] }
  const sender = new ReplaySender(options, clock)
  const batches = replayRounds(options, skipped, (place) =>
    options.onProgress?.({ ...place, delivered: delivered(), skipped: skipped.count }),
  )
  try {
    for await (const batch of batches) {
      const isMore = await sender.send(batch)
      // A turn for signals and timers: reading from memory would leave them none.
      await nextTurn()
      if (!isMore || signal?.aborted === true) break
    }
  } finally {
    await sender.handOver()
    await producer.flush()
  }
  return {
    delivered: delivered(),
    skipped: skipped.count,
    named: skipped.named,
    elapsedMs: clock.nowMs() - startMs,
    aborted: signal?.aborted === true,
  }
}

/**
 * Refuses a pace that goes with no such order or repetition; also one that is to be changed to.
 * @throws ReplayError MILLRACE_REPLAY_PACE
 */
export function refuseCombinations({
  pace: given,
  order,
  repeat = false,
  afterMs,
}: Pick<ReplayOptions, 'pace' | 'order' | 'repeat' | 'afterMs'>): void {
  const pace = given instanceof LivePace ? given.pace : given
  const needsOrder =
    pace.kind === 'speed' ? 'a speed' : repeat ? 'repeat' : afterMs !== undefined ? 'continue' : ''
  if (order === 'file' && needsOrder !== '') {
    throw new ReplayError(
      'MILLRACE_REPLAY_PACE',
      `${needsOrder} needs rows in order of time: use order event-time, or leave it out`,
    )
  }
  if (repeat && pace.kind === 'fastest') {
    throw new ReplayError(
      'MILLRACE_REPLAY_PACE',
      'repeat as fast as possible would fill the disk: give a rate or a speed with it',
    )
  }
}
