// Reads the bytes of a source's rows as values and finds their event time; what cannot be read goes
// the way of the node's policy. The source calls it batch by batch, then row by row.
import { NULL_VALUE, type RecordBatch } from '../broker/record-batch.ts'
import type { ParseNode } from '../topology/node.ts'
import type { ErrorPolicy, InvalidTimestamp } from '../topology/policies.ts'
import type { RowReaderFactory } from '../topology/serdes/row-reader.ts'
import { writeDeadLetter } from './dead-letters.ts'
import {
  EPOCH_MS_MAX,
  isEpochMs,
  ProcessingError,
  type DropReason,
  type Forward,
  type StreamRecord,
  type TaskContext,
} from './processor.ts'
import type { RowPlace } from './row-place.ts'
import { rowDecoderOf, type RowDecoder } from './row-decoder.ts'

/** What is asked around each row while its bytes are read: there where a thread has died. */
export interface ReadingGuard {
  /** A row is about to be read. @returns why it is not to be, where threads die of it. */
  begin(offset: number): Error | undefined
  /** None is being read. */
  end(): void
}

type TimestampOf = (value: unknown, record: StreamRecord) => unknown

/** What a parser is told; a source that is read by its topic's serdes is one, too. */
export interface ParserSpec extends Pick<
  ParseNode,
  'name' | 'decode' | 'timestamp' | 'malformed' | 'invalidTimestamp'
> {
  /** Whether null values are records like others, and not malformed. */
  readonly takesNull?: boolean
  /** Whether values are made row by row even where the serde declares fields: user code may keep them. */
  readonly keepsValues?: boolean
}

/**
 * The event time of a record whose own is none, by the policy (Kafka's timestamp extractors); undefined
 * where that is to fail or to skip it. Times are epoch ms, -1 for unknown.
 */
export function substituteTimestamp(
  policy: InvalidTimestamp | undefined,
  partitionTimeMs: number,
  wallClockMs: number,
): number | undefined {
  if (policy === 'wall-clock') return wallClockMs
  if (policy === 'partition-time' && partitionTimeMs >= 0) return partitionTimeMs
  return undefined
}

/** One parse node of a task. */
export class Parser {
  /** Event time per row of the batch; rows that cannot be read are due with the row before. */
  timestamps = new Float64Array(0)
  readonly #node: ParserSpec
  readonly #next: Forward
  readonly #context: TaskContext
  readonly #decoder: RowDecoder
  readonly #timestampOf: TimestampOf | undefined
  readonly #futureMsMax: () => number
  /** The latest event time that a record of the batch may have, epoch ms. */
  #latestMs = EPOCH_MS_MAX
  #lastMs = 0
  /** Highest event time of the partition so far, epoch ms. */
  #partitionTimeMs = -1
  readonly #bad = new Map<number, { error: Error; reason: DropReason }>()
  #nulls: Uint8Array | undefined
  readonly #guard: ReadingGuard | undefined

  /** @param futureMsMax how far an event time may be ahead of the wall clock; asked each batch. */
  constructor(
    node: ParserSpec,
    next: Forward,
    context: TaskContext,
    readerOf?: RowReaderFactory,
    futureMsMax = () => Infinity,
    guard?: ReadingGuard,
  ) {
    this.#node = node
    this.#guard = guard
    this.#futureMsMax = futureMsMax
    this.#next = next
    this.#context = context
    const { keepsValues } = node
    const { endsViews } = context
    this.#decoder = rowDecoderOf(node.decode, readerOf, { keepsValues, endsViews })
    this.#timestampOf = node.timestamp as unknown as TimestampOf | undefined
  }

  /** The highest event time of the partition before what comes now, epoch ms. */
  restoreTime(partitionTimeMs: number): void {
    this.#partitionTimeMs = partitionTimeMs
  }

  /** Reads all rows of a batch; `record`, which has entered it, is what user code sees of each. */
  begin(batch: RecordBatch, record: StreamRecord): void {
    if (this.timestamps.length < batch.count) this.timestamps = new Float64Array(batch.count)
    if (this.#bad.size > 0) this.#bad.clear()
    this.#nulls = batch.nulls
    this.#decoder.begin(batch)
    this.#latestMs = Math.min(EPOCH_MS_MAX, this.#context.nowMs + this.#futureMsMax())
    for (let row = 0; row < batch.count; row++) {
      record.readKeyOf(row)
      const deadly = this.#guard?.begin(batch.offsets[row]!)
      if (deadly === undefined) this.#read(batch, row, record)
      else this.#bad.set(row, { error: deadly, reason: 'malformed' })
      this.timestamps[row] = this.#lastMs
    }
    this.#guard?.end()
  }

  #read(batch: RecordBatch, row: number, record: StreamRecord): void {
    record.timestampMs = batch.timestamps[row]!
    if (batch.nulls[row]! & NULL_VALUE) {
      if (this.#node.takesNull === true) this.#setTimestamp(row, record.timestampMs)
      else this.#bad.set(row, { error: new Error('the value is null'), reason: 'malformed' })
      return
    }
    const error = this.#decoder.read(row, record)
    if (error !== undefined) {
      this.#bad.set(row, { error, reason: 'malformed' })
      return
    }
    let timestampMs: unknown = record.timestampMs
    try {
      if (this.#timestampOf !== undefined) {
        timestampMs = this.#timestampOf(this.#decoder.valueAt(row), record)
      }
    } catch (cause) {
      timestampMs = cause
    }
    this.#setTimestamp(row, timestampMs)
  }

  #setTimestamp(row: number, timestampMs: unknown): void {
    if (isEpochMs(timestampMs, this.#latestMs)) {
      this.#lastMs = Math.floor(timestampMs)
    } else if (isEpochMs(timestampMs)) {
      const aheadMs = timestampMs - this.#context.nowMs
      const error = new Error(`the timestamp ${timestampMs} is ${aheadMs} ms ahead of the clock`)
      this.#bad.set(row, { error, reason: 'future-timestamp' })
      return
    } else {
      const { invalidTimestamp } = this.#node
      const { nowMs } = this.#context
      const substitute = substituteTimestamp(invalidTimestamp, this.#partitionTimeMs, nowMs)
      if (substitute === undefined) {
        const error = new Error(`the timestamp is ${String(timestampMs)}, not epoch milliseconds`)
        this.#bad.set(row, { error, reason: 'invalid-timestamp' })
        return
      }
      this.#lastMs = substitute
    }
    if (this.#lastMs > this.#partitionTimeMs) this.#partitionTimeMs = this.#lastMs
  }

  /** Whether a row came out; only such rows count for the task's stream time. */
  isGood(row: number): boolean {
    return this.#bad.size === 0 || !this.#bad.has(row)
  }

  /** Forwards a row of the batch, or deals with it by the policy. */
  process(place: RowPlace, record: StreamRecord): void {
    const bad = this.#bad.size === 0 ? undefined : this.#bad.get(place.row)
    if (bad === undefined) {
      const isNull = (this.#nulls![place.row]! & NULL_VALUE) !== 0
      record.value = isNull ? null : this.#decoder.valueAt(place.row)
      record.timestampMs = this.timestamps[place.row]!
      this.#next(record)
      return
    }
    const { invalidTimestamp, name } = this.#node
    const policy = this.#policyFor(bad.reason)
    if (policy === 'fail') {
      const isTime = bad.reason === 'invalid-timestamp' && invalidTimestamp !== undefined
      const setting = isTime ? SETTING : "malformed to 'skip' or deadLetter(topic)"
      throw new ProcessingError(`${name}: ${bad.error.message}; set ${setting} to go on`, bad.error)
    }
    const isWritten = policy !== 'skip'
    if (isWritten) writeDeadLetter(policy, place, bad.error, this.#context)
    this.#context.drop(name, bad.reason, isWritten)
  }

  #policyFor(reason: DropReason): ErrorPolicy {
    const { malformed, invalidTimestamp } = this.#node
    if (reason === 'future-timestamp') {
      // Who sets a bound wants to go on without what is beyond it.
      return typeof malformed === 'object' && invalidTimestamp !== 'skip' ? malformed : 'skip'
    }
    if (reason !== 'invalid-timestamp' || invalidTimestamp === undefined) return malformed
    return invalidTimestamp === 'skip' ? 'skip' : 'fail'
  }
}

const SETTING = "invalidTimestamp to 'skip', 'partition-time' or 'wall-clock'"
