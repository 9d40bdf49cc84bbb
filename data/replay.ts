// Replays a file of JSON objects into a topic: one record a row, keyed, stamped with its event time, in
// order of time. `millrace replay` calls it; it returns when every row has been delivered.
import { stat } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Producer } from '../broker/ports.ts'
import type { RecordBatch } from '../broker/record-batch.ts'
import { systemClock } from './pace.ts'
import type { Clock, Pace } from './pace.ts'
import { recordBatches } from './record-source.ts'
import type { SkippedRows } from './record-source.ts'
import { ReplayError } from './replay-error.ts'
import { ReplaySender } from './replay-sender.ts'
import { sortByTime } from './time-sort.ts'

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
  readonly pace: Pace
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
  /** How much of the phase is done, from 0 to 1. */
  readonly done: number
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

const SORT_MEMORY_BYTES = 268_435_456
/**
 * Replays a file; resolves when all that was sent is delivered.
 * @throws ReplayError, RowsError, ZoneError, BrokerError. What was sent before is delivered even then,
 * if the broker still takes it.
 */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  if (options.pace.kind === 'speed' && options.order === 'file') {
    throw new ReplayError(
      'MILLRACE_REPLAY_PACE',
      'a speed needs rows in order of time: use order event-time, or a rate instead of a speed',
    )
  }
  const { producer, signal, clock = systemClock } = options
  const startMs = clock.nowMs()
  const deliveredBefore = producer.delivered
  const delivered = (): number => producer.delivered - deliveredBefore
  const skipped: SkippedRows = { count: 0, named: [] }
  const sender = new ReplaySender(options, clock)
  const batches = orderedBatches(options, skipped, (phase, done) =>
    options.onProgress?.({ phase, done, delivered: delivered(), skipped: skipped.count }),
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

type OnPhase = (phase: ReplayProgress['phase'], done: number) => void

/** The file's records in the order asked for, with word of how far it is. */
async function* orderedBatches(
  options: ReplayOptions,
  skipped: SkippedRows,
  onPhase: OnPhase,
): AsyncGenerator<RecordBatch> {
  const { size } = await stat(options.file).catch(() => ({ size: 0 }))
  let fileDone = 0
  const source = { ...options, isStrict: options.strict }
  const read = recordBatches(
    { ...source, onFileBytes: (bytes) => void (fileDone = size === 0 ? 0 : bytes / size) },
    skipped,
  )
  if (options.order === 'file') {
    for await (const batch of read) {
      yield batch
      onPhase('sending', fileDone)
    }
    return
  }
  let total = 0
  const counted = counting(read, options.signal, (rows) => {
    total += rows
    onPhase('reading', fileDone)
  })
  const memoryBytes = options.sortMemoryBytes ?? SORT_MEMORY_BYTES
  let sent = 0
  for await (const batch of sortByTime(counted, {
    memoryBytes,
    directory: options.sortDirectory,
  })) {
    yield batch
    sent += batch.count
    onPhase('sending', sent / Math.min(total, options.limit ?? Infinity))
  }
}

/** The same batches; none any more when `signal` is aborted, since reading a large file takes long. */
async function* counting(
  batches: AsyncIterable<RecordBatch>,
  signal: AbortSignal | undefined,
  onRows: (rows: number) => void,
): AsyncGenerator<RecordBatch> {
  for await (const batch of batches) {
    if (signal?.aborted === true) return
    yield batch
    onRows(batch.count)
  }
}
