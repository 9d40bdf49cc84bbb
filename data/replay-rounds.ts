// The records of a file in the order of a replay, once or round after round. replay.ts sends them.
import { stat } from 'node:fs/promises'
import type { RecordBatch } from '../broker/record-batch.ts'
import { zoneOffsets } from '../topology/time/zoned-time.ts'
import { recordBatches } from './record-source.ts'
import type { SkippedRows } from './record-source.ts'
import type { ReplayOptions, ReplayProgress } from './replay.ts'
import { shiftDays } from './shift-days.ts'
import { sortByTime } from './time-sort.ts'

const SORT_MEMORY_BYTES = 268_435_456
const DAY_MS = 86_400_000
/** A clock is set forward or back by this much, twice a year. */
const CLOCK_CHANGE_MS = 3_600_000

type Place = Pick<ReplayProgress, 'phase' | 'done' | 'round'>
type OnPlace = (place: Place) => void

/** What one time through a file has seen; epoch milliseconds. */
interface Span {
  firstMs: number
  lastMs: number
  rows: number
}

/**
 * The records of a file. With `repeat` rounds follow for ever, each so many whole days later that event
 * time goes on rising; the first one is the one that `afterMs` falls into.
 */
export async function* replayRounds(
  options: ReplayOptions,
  skipped: SkippedRows,
  onPlace: OnPlace,
): AsyncGenerator<RecordBatch> {
  const { repeat = false, afterMs = -Infinity, signal } = options
  const shift = shiftDays(options.timeField, zoneOffsets(options.zone))
  let round: number | undefined
  let days = 0
  for (;;) {
    const span: Span = { firstMs: Infinity, lastMs: -Infinity, rows: 0 }
    const isFirst = round === undefined
    const told = isFirst ? skipped : { count: 0, named: [] }
    const batches = orderedBatches(options, told, span, (phase, done) => {
      // A file that is read again is sorted between two rows, and nobody need know.
      if (isFirst || phase === 'sending') onPlace({ phase, done, round: round ?? 0 })
    })
    for await (const batch of batches) {
      if (repeat && round === undefined) {
        days = Math.floor((span.lastMs - span.firstMs + CLOCK_CHANGE_MS) / DAY_MS) + 1
        const roundsBehind = (afterMs - span.lastMs - CLOCK_CHANGE_MS) / (days * DAY_MS)
        round = Math.max(0, Math.ceil(roundsBehind))
      }
      shift(batch, (round ?? 0) * days)
      yield batch
    }
    if (round === undefined || span.rows === 0 || signal?.aborted === true) return
    round += 1
  }
}

type OnPhase = (phase: ReplayProgress['phase'], done: number) => void

/** The file's records in the order asked for, with word of how far it is. */
async function* orderedBatches(
  options: ReplayOptions,
  skipped: SkippedRows,
  span: Span,
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
  const counted = spanning(read, span, options.signal, () => onPhase('reading', fileDone))
  const memoryBytes = options.sortMemoryBytes ?? SORT_MEMORY_BYTES
  let sent = 0
  for await (const batch of sortByTime(counted, {
    memoryBytes,
    directory: options.sortDirectory,
  })) {
    yield batch
    sent += batch.count
    onPhase('sending', Math.min(1, sent / Math.min(span.rows, options.limit ?? Infinity)))
  }
}

/** The same batches; none any more when `signal` is aborted, since reading a large file takes long. */
async function* spanning(
  batches: AsyncIterable<RecordBatch>,
  span: Span,
  signal: AbortSignal | undefined,
  onRows: () => void,
): AsyncGenerator<RecordBatch> {
  for await (const batch of batches) {
    if (signal?.aborted === true) return
    for (const timestampMs of batch.timestamps) {
      if (timestampMs < span.firstMs) span.firstMs = timestampMs
      if (timestampMs > span.lastMs) span.lastMs = timestampMs
    }
    span.rows += batch.count
    yield batch
    onRows()
  }
}
