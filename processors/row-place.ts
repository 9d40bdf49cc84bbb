// Where the row in work stands, and its bytes as they came: for errors, dead letters and dropped records.
// The inputs of a task set it; the bytes are looked up when somebody asks for them.
import { headersOf, keyOf, NO_ROWS, valueOf, type RecordBatch } from '../broker/record-batch.ts'
import { unpackHeaders, type RecordHeader } from '../broker/record-headers.ts'
import type { ByteSink } from '../topology/serdes/serde.ts'
import { endOf, isNull, NO_KEY, type Frame } from './frame.ts'

/** The row in work. */
export interface RowPlace {
  readonly topic: string
  readonly partition: number
  /** Offset of its record in the partition. */
  readonly offset: number
  /** Its number where one record may carry several rows, else that in its batch. */
  readonly row: number
  /** Of the row itself, epoch ms. */
  readonly timestampMs: number
  readonly key: Uint8Array | null
  /** Null, too, where values do not travel. */
  readonly value: Uint8Array | null
  readonly headers: readonly RecordHeader[]
  /** Copies the packed headers to where a row is being written. */
  copyHeaders(to: ByteSink): void
}

/** A row of a source: one record. */
export class SourcePlace implements RowPlace {
  readonly topic: string
  readonly partition: number
  batch: RecordBatch = NO_ROWS
  row = 0

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  get offset(): number {
    return this.batch.offsets[this.row] ?? -1
  }

  get timestampMs(): number {
    return this.batch.timestamps[this.row]!
  }

  get key(): Uint8Array | null {
    return keyOf(this.batch, this.row)
  }

  get value(): Uint8Array | null {
    return valueOf(this.batch, this.row)
  }

  get headers(): readonly RecordHeader[] {
    return headersOf(this.batch, this.row)
  }

  copyHeaders(to: ByteSink): void {
    const { bytes, ends } = this.batch
    copy(bytes, ends[this.row * 3 + 1]!, ends[this.row * 3 + 2]!, to)
  }
}

/** What an input of frames has in work. */
export interface FrameRow {
  frame: Frame
  row: number
  offset: number
  /** Whether the row is a record of its own. */
  isRecord: boolean
}

/** A row of a repartition topic: many of them may be one record. */
export class FramePlace implements RowPlace {
  readonly topic: string
  readonly partition: number
  readonly #at: () => FrameRow

  /** @param at says which row is in work, when it is asked for. */
  constructor(topic: string, partition: number, at: () => FrameRow) {
    this.topic = topic
    this.partition = partition
    this.#at = at
  }

  get offset(): number {
    return this.#at().offset
  }

  get row(): number {
    const { row, isRecord } = this.#at()
    return isRecord ? 0 : row
  }

  get timestampMs(): number {
    const { frame, row } = this.#at()
    return frame.timestamps[row]!
  }

  get key(): Uint8Array | null {
    const { frame, row } = this.#at()
    const key = frame.keyOf[row]!
    if (key === NO_KEY) return null
    const start = key === 0 ? 0 : frame.keyEnds[key - 1]!
    return frame.bytes.subarray(frame.keysStart + start, frame.keysStart + frame.keyEnds[key]!)
  }

  get value(): Uint8Array | null {
    const { frame, row } = this.#at()
    const { valueEnds, valuesStart, bytes } = frame
    if (valueEnds === undefined || isNull(valueEnds[row]!)) return null
    const start = row === 0 ? 0 : endOf(valueEnds[row - 1]!)
    return bytes.subarray(valuesStart + start, valuesStart + endOf(valueEnds[row]!))
  }

  get headers(): readonly RecordHeader[] {
    const { frame, row } = this.#at()
    return unpackHeaders(frame.bytes.subarray(...headerSpan(frame, row)))
  }

  copyHeaders(to: ByteSink): void {
    const { frame, row } = this.#at()
    if (frame.headerEnds === undefined) return
    copy(frame.bytes, ...headerSpan(frame, row), to)
  }
}

function headerSpan({ headerEnds, headersStart }: Frame, row: number): [from: number, to: number] {
  if (headerEnds === undefined) return [0, 0]
  return [headersStart + (row === 0 ? 0 : headerEnds[row - 1]!), headersStart + headerEnds[row]!]
}

function copy(bytes: Uint8Array, from: number, end: number, to: ByteSink): void {
  if (from === end) return
  to.reserve(end - from)
  to.bytes.set(bytes.subarray(from, end), to.position)
  to.position += end - from
}
