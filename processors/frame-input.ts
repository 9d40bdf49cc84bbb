// The head of a task that reads a repartition topic: unpacks frames, or makes them of records, follows the
// event time of the tasks that write them, and runs the rows through what is behind the topic.
import { bytesBetween, type RecordBatch } from '../broker/record-batch.ts'
import type { KeyTable } from '../state/key-table.ts'
import type { Serde } from '../topology/serdes/serde.ts'
import { BatchFrames } from './batch-frames.ts'
import { endOf, isNull, NO_KEY, type Frame } from './frame.ts'
import { FrameKeys } from './frame-keys.ts'
import type { OnFailure } from './failures.ts'
import type { InputHead } from './input-head.ts'
import {
  ProcessingError,
  recordError,
  StreamRecord,
  type Forward,
  type TaskContext,
} from './processor.ts'
import { FramePlace, SourcePlace, type FrameRow } from './row-place.ts'
import { rowsSentMs } from './row-origin.ts'
import type { SavedWriterTimes } from './saved-times.ts'
import { WriterTimes } from './writer-times.ts'

/** What a frame input is told of the topic that it reads. */
export interface FrameInputSpec {
  readonly topic: string
  /** The number of tasks that write to it. */
  readonly writers: number
  readonly keys: KeyTable
  /** How values travel; undefined where they do not. */
  readonly value: Serde<unknown> | undefined
  /** Whether the task's stream time follows its rows and its writers. */
  readonly movesTime: boolean
  /** What becomes of records that are no frames, and of rows whose key or value cannot be read. */
  readonly failed: OnFailure
}

/** Runs the frames of one partition of a repartition topic. */
export class FrameInput implements InputHead {
  readonly topic: string
  readonly writers: WriterTimes
  readonly #keys: FrameKeys
  readonly #value: Serde<unknown> | undefined
  readonly #movesTime: boolean
  readonly #next: Forward
  readonly #context: TaskContext
  readonly #place: FramePlace
  /** Of a record that is no frame. */
  readonly #recordPlace: SourcePlace
  readonly #failed: OnFailure
  readonly #frames: BatchFrames
  readonly #record = new StreamRecord()
  readonly #rowInWork = {} as FrameRow
  #batch: RecordBatch | undefined
  /** Number of the frame's first record in the batch, and of the next row in the frame. */
  #at = 0
  #row = 0
  #frame: Frame | undefined
  #limitMs = Infinity
  /** Highest timestamp of a row, epoch ms: it may lie beyond what the other writers have told. */
  #seenMs = -1

  constructor(spec: FrameInputSpec, next: Forward, context: TaskContext) {
    const { topic, writers, keys, value, movesTime, failed } = spec
    this.topic = topic
    this.#failed = failed
    this.#recordPlace = new SourcePlace(topic, context.partition)
    this.writers = new WriterTimes(writers)
    context.eventTime.addTopic(topic, movesTime)
    this.#keys = new FrameKeys(keys)
    this.#value = value
    this.#frames = new BatchFrames(value !== undefined)
    this.#movesTime = movesTime
    this.#next = next
    this.#context = context
    this.#place = new FramePlace(topic, context.partition, () => this.#inWork())
  }

  get isEmpty(): boolean {
    return this.#batch === undefined
  }

  get waiting(): number {
    return this.#batch === undefined ? 0 : this.#batch.count - this.#recordAt
  }

  get waitingBytes(): number {
    const batch = this.#batch
    return batch === undefined ? 0 : bytesBetween(batch, this.#recordAt, batch.count)
  }

  /** A frame that was begun counts as not run. */
  get nextOffset(): number | undefined {
    return this.#batch?.offsets[this.#recordAt]
  }

  get #recordAt(): number {
    return this.#frames.isOfRecords ? this.#at + this.#row : this.#at
  }

  /** When what is at hand was sent, epoch ms; Infinity where that is not told. */
  get sentMs(): number {
    return this.#batch === undefined ? Infinity : rowsSentMs(this.#batch)
  }

  get nextTimestampMs(): number | undefined {
    if (this.#batch === undefined) return undefined
    return this.#openFrame(this.#batch)?.timestamps[this.#row]
  }

  /** Whether a frame was begun and not run to its end: a commit must not come between. */
  get isWithinFrame(): boolean {
    return this.#batch !== undefined && this.#row > 0 && !this.#frames.isOfRecords
  }

  begin(batch: RecordBatch): void {
    if (batch.count === 0) return
    this.#batch = batch
    this.#at = 0
  }

  /** Runs the rest of a frame that was begun. @returns how many rows that were. */
  finishFrame(): number {
    return this.#frame === undefined ? 0 : this.run(Infinity, this.#frame.rowCount - this.#row)
  }

  /** Takes up what the writers had told. */
  restoreWriters(saved: SavedWriterTimes): void {
    this.writers.restore(saved)
    this.#tellLimits()
  }

  run(limitMs: number, rowsMax = Infinity): number {
    let rows = 0
    while (this.#batch !== undefined && rows < rowsMax) {
      const batch = this.#batch
      const frame = this.#openFrame(batch)
      if (frame === undefined) return rows
      try {
        const from = this.#row
        this.#runRows(frame, limitMs, Math.min(frame.rowCount, from + rowsMax - rows))
        rows += this.#row - from
        if (this.#row < frame.rowCount) return rows
        this.#endFrame(frame)
      } catch (cause) {
        this.#fail(batch, cause)
      }
      this.#at += this.#frames.records
      if (this.#at === batch.count) this.#endBatch()
    }
    return rows
  }

  /** The frame at hand, records that are none passed over; undefined where the batch has none any more. */
  #openFrame(batch: RecordBatch): Frame | undefined {
    while (this.#frame === undefined && this.#batch !== undefined) {
      const frame = this.#readOrPass(batch)
      if (frame !== undefined) this.#begin(frame, batch)
    }
    return this.#frame
  }

  #readOrPass(batch: RecordBatch): Frame | undefined {
    try {
      const frame = this.#frames.read(batch, this.#at)
      this.#keys.learn(frame)
      return frame
    } catch (cause) {
      this.#passOver(batch, cause)
      return undefined
    }
  }

  /** A writer that the plan does not know is no fault of the record's: no policy decides on that. */
  #begin(frame: Frame, batch: RecordBatch): void {
    try {
      this.writers.heard(frame.writer, frame.sentAtMs)
      this.#limitMs = this.writers.limitBeside(frame.writer)
    } catch (cause) {
      this.#fail(batch, cause)
    }
    this.#frame = frame
    this.#row = 0
  }

  /** @throws ProcessingError where that is the policy */
  #passOver(batch: RecordBatch, cause: unknown): void {
    const context = this.#context
    this.#recordPlace.batch = batch
    this.#recordPlace.row = this.#at
    context.place = this.#recordPlace
    try {
      this.#failed(cause)
    } catch (failure) {
      this.#fail(batch, failure instanceof ProcessingError ? cause : failure)
    } finally {
      context.place = undefined
    }
    this.#at += 1
    if (this.#at === batch.count) this.#endBatch()
  }

  #runRows(frame: Frame, limitMs: number, end: number): void {
    const record = this.#record
    const context = this.#context
    const writersLimitMs = this.#limitMs
    const ids = this.#keys.idsOf(frame)
    const keys = this.#keys.table
    context.eventTime.rowLimitMs = writersLimitMs
    context.place = this.#place
    const timeMsMax = this.#movesTime ? writersLimitMs : -1
    let row = this.#row
    let seenMs = this.#seenMs
    for (; row < end; row++) {
      const timestampMs = frame.timestamps[row]!
      if (timestampMs > limitMs) break
      if (timestampMs > seenMs) seenMs = timestampMs
      this.#row = row
      const timeMs = timestampMs < timeMsMax ? timestampMs : timeMsMax
      if (timeMs > context.streamTimeMs) context.streamTimeMs = timeMs
      const key = frame.keyOf[row]!
      const id = key === NO_KEY ? -1 : ids[key]!
      record.keys = keys
      record.keyId = id
      record.timestampMs = timestampMs
      let isReadable = true
      try {
        record.key = id < 0 ? null : keys.valueOf(id)
        if (frame.valueEnds !== undefined) this.#readValue(frame, frame.valueEnds, row)
      } catch (cause) {
        isReadable = false
        this.#failed(cause)
      }
      if (isReadable) this.#next(record)
      if (context.streamTimeMs >= context.punctuatesAtMs) context.punctuate()
    }
    this.#row = row
    this.#seenMs = seenMs
    context.place = undefined
  }

  /** One object, made over for each that asks: sinks ask for each row. */
  #inWork(): FrameRow {
    const at = this.#rowInWork
    at.frame = this.#frame!
    at.row = this.#row
    at.offset = this.nextOffset ?? -1
    at.isRecord = this.#frames.isOfRecords
    return at
  }

  #readValue(frame: Frame, valueEnds: Uint32Array, row: number): void {
    const start = row === 0 ? 0 : endOf(valueEnds[row - 1]!)
    const valueEnd = valueEnds[row]!
    const { bytes, valuesStart } = frame
    this.#record.value = isNull(valueEnd)
      ? null
      : this.#value!.deserialize(bytes, valuesStart + start, valuesStart + endOf(valueEnd))
  }

  #endFrame(frame: Frame): void {
    this.#frame = undefined
    this.#row = 0
    const context = this.#context
    this.writers.toldBy(frame)
    this.#tellLimits()
    if (!this.#movesTime) return
    // Without rows a task goes no further than all that it reads: what another input still has would be late.
    const rowsMs = Math.min(this.#seenMs, this.writers.streamTimeMs)
    const reachedMs = Math.max(rowsMs, context.eventTime.reachedMs)
    if (reachedMs > context.streamTimeMs) context.streamTimeMs = reachedMs
  }

  #tellLimits(): void {
    const { streamTimeMs, vouchedMs } = this.writers
    this.#context.eventTime.tell(this.topic, streamTimeMs, vouchedMs)
  }

  #endBatch(): void {
    this.#batch = undefined
    // No row is in work, so no id is.
    this.#keys.table.forgetSome()
  }

  #fail(batch: RecordBatch, cause: unknown): never {
    const { partition } = this.#context
    const offset = batch.offsets[this.#recordAt]!
    throw recordError({ topic: this.topic, partition, offset }, cause)
  }
}
