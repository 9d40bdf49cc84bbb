// Rows of a repartition topic in frames: one record carries all of a flush, each key once.
import type { RecordBatchBuilder } from '../broker/record-batch-builder.ts'
import type { Serde } from '../topology/serdes/serde.ts'
import { CUT_BYTES_MAX, doubled, NO_ID, sentMs, type CutRows } from './cut-rows.ts'
import { FrameBuilder, NO_KEY, TOLD_BYTES, writeTold, type FrameTimes } from './frame.ts'
import type { GroupKeys } from './group-keys.ts'
import { writeHeaders } from './headers.ts'
import type { OnFailure } from './failures.ts'
import type { TaskContext, TopicOutput } from './processor.ts'
import { RecordTooLargeError } from './topic-takes.ts'
import type { WriterSpec } from './repartition-writer.ts'
import { writeToldFrame } from './told-frame.ts'

/** Room that is begun with: each task has one for each topic. */
const KEYS_MIN = 64

// What is known of a key, side by side.
const FRAME = 0
const KEY = 1

/** What a row and its key take beside their bytes, at most. */
const ROW_BYTES = 24

/** More than so many builders that nobody uses are given back. */
const SPARE_MAX = 4_096
const NUMBER_MAX = 0x7fff_ffff

/**
 * Builders without rows, of frames with and without values: the tasks of a thread pass them on, since each of
 * a thousand may write to a thousand partitions, and has rows for few of them at once.
 */
const spare: { readonly plain: FrameBuilder[]; readonly valued: FrameBuilder[] } = {
  plain: [],
  valued: [],
}

/** Packs the rows of each partition into frames. */
export class FrameRows implements CutRows {
  readonly #failed: OnFailure
  readonly #carriesHeaders: boolean
  readonly #value: Serde<unknown> | undefined
  readonly #groups: GroupKeys
  readonly #context: TaskContext
  readonly #topic: string
  readonly #output: TopicOutput
  /** Where a frame ends by itself: in good time before its record has no room for another row of usual size. */
  readonly #cutBytes: number
  /** By partition, while it has rows. */
  readonly #frames: (FrameBuilder | undefined)[]
  /** For those that only tell the time. */
  readonly #empty: FrameBuilder
  /** By id the number of the frame that a key was written to last, and the key's number there. */
  #keys = new Int32Array(KEYS_MIN * 2)
  readonly #spare: FrameBuilder[]
  #lastNumber = 0

  constructor(spec: WriterSpec, groups: GroupKeys, context: TaskContext) {
    this.#failed = spec.failed
    this.#carriesHeaders = spec.carriesHeaders
    this.#value = spec.value
    this.#groups = groups
    this.#context = context
    this.#topic = spec.topic
    this.#output = context.output(spec.topic)
    this.#cutBytes = Math.min(CUT_BYTES_MAX, this.#output.recordBytesMax / 2)
    const hasValues = spec.value !== undefined
    const { partitions } = this.#output
    this.#frames = Array.from({ length: partitions }, () => undefined)
    this.#empty = new FrameBuilder(hasValues)
    this.#spare = hasValues ? spare.valued : spare.plain
  }

  learn(id: number): void {
    if (id * 2 >= this.#keys.length) this.#keys = doubled(this.#keys)
    // Its number is one in a frame of another partition, or of another key.
    this.#keys[id * 2 + FRAME] = 0
  }

  isFull(partition: number, id: number): boolean {
    const frame = this.#frames[partition]
    if (frame === undefined) return false
    const isKnown = id !== NO_ID && this.#keys[id * 2 + FRAME] === frame.number
    // What a row adds to keys that are there is of a fixed length.
    if (isKnown && this.#value === undefined) return false
    return frame.byteLength > this.#cutBytes
  }

  add(partition: number, id: number, timestampMs: number, value: unknown): boolean {
    const frame = (this.#frames[partition] ??= this.#begin())
    const { values, headers } = frame
    const valuesFrom = values.position
    const headersFrom = headers.position
    if (this.#value !== undefined && !this.#writeValue(frame, this.#value, value)) return true
    if (this.#carriesHeaders) writeHeaders(headers, this.#context)
    const tooMany = frame.byteLength > this.#cutBytes ? this.#tooMuchWith(frame, id) : 0
    if (tooMany > 0) {
      values.position = valuesFrom
      headers.position = headersFrom
      if (frame.rowCount > 0) return false
      this.#failed(new RecordTooLargeError(this.#topic, tooMany, this.#output.recordBytesMax))
      return true
    }
    frame.addRow(id === NO_ID ? NO_KEY : this.#keyIn(frame, id), timestampMs)
    return true
  }

  /** A frame without rows, whose number is that of no key. */
  #begin(): FrameBuilder {
    if (this.#lastNumber === NUMBER_MAX) {
      this.#lastNumber = 0
      this.#keys.fill(0)
    }
    const frame = this.#spare.pop() ?? new FrameBuilder(this.#value !== undefined)
    frame.number = this.#lastNumber += 1
    return frame
  }

  /** Bytes of a frame with the row that is being added, where those are more than a record may have; else 0. */
  #tooMuchWith(frame: FrameBuilder, id: number): number {
    const isNew = id !== NO_ID && this.#keys[id * 2 + FRAME] !== frame.number
    const keyBytes = isNew ? this.#groups.bytesOf(id).length : 0
    const bytes = frame.byteLength + ROW_BYTES + keyBytes
    return bytes > this.#output.recordBytesMax ? bytes : 0
  }

  /** The number of a key in a frame, which it is written to when it is not there yet. */
  #keyIn(frame: FrameBuilder, id: number): number {
    const keys = this.#keys
    const at = id * 2
    if (keys[at + FRAME] === frame.number) return keys[at + KEY]!
    this.#groups.write(id, frame.keys)
    keys[at + FRAME] = frame.number
    return (keys[at + KEY] = frame.endKey())
  }

  hasRows(partition: number): boolean {
    return (this.#frames[partition]?.rowCount ?? 0) > 0
  }

  end(partition: number, times: FrameTimes): void {
    const frame = this.#frames[partition] ?? this.#empty
    const rows = this.#output.rowsOf(partition)
    if (frame.rowCount === 0 && rows.count > 0 && rows.lastValueBytes < this.#cutBytes) {
      this.#tellBehind(rows, times)
      return
    }
    const { byteLength } = frame
    rows.reserve(byteLength)
    rows.endKey(true)
    frame.write(rows.bytes, rows.position, this.#context.partition, times)
    rows.position += byteLength
    this.#giveBack(partition)
    rows.endValue()
    // The rows' own times lie in the frame.
    rows.endRecord(sentMs(this.#context))
  }

  #giveBack(partition: number): void {
    const frame = this.#frames[partition]
    if (frame === undefined) return
    this.#frames[partition] = undefined
    if (this.#spare.length < SPARE_MAX) this.#spare.push(frame)
  }

  tellTogether(partition: number, writers: readonly number[], times: FrameTimes): void {
    const rows = this.#output.rowsOf(partition)
    rows.endKey(true)
    writeToldFrame(rows, writers, times)
    rows.endValue()
    rows.endRecord(times.sentAtMs)
  }

  /** Of a thousand tasks each tells a thousand partitions: a record for each of all these would be the job's work. */
  #tellBehind(rows: RecordBatchBuilder, times: FrameTimes): void {
    rows.reserve(TOLD_BYTES)
    writeTold(rows.view, rows.position, this.#context.partition, times)
    rows.position += TOLD_BYTES
    rows.lengthenValue()
  }

  /** @returns false where that failed and the row is not to be sent. */
  #writeValue(frame: FrameBuilder, serde: Serde<unknown>, value: unknown): boolean {
    const isNull = value === null || value === undefined
    const { values } = frame
    const from = values.position
    try {
      if (!isNull) serde.serialize(value, values)
    } catch (cause) {
      values.position = from
      this.#failed(cause)
      return false
    }
    frame.endValue(isNull)
    return true
  }
}
