// Where the row in work stands, and its bytes as they came: for errors, dead letters and dropped records.
// The inputs of a task set it; the bytes are looked up when somebody asks for them.
import { headersOf, keyOf, NO_ROWS, valueOf, type RecordBatch } from '../broker/record-batch.ts'
import type { RecordHeader } from '../broker/record-headers.ts'
import { endOf, isNull, NO_KEY, type Frame } from './frame.ts'

/** The row in work. */
export interface RowPlace {
  readonly topic: string
  readonly partition: number
  /** Offset of its record in the partition. */
  readonly offset: number
  /** Its number where one record carries several rows, else that in its batch. */
  readonly row: number
  /** Of the row itself, epoch ms. */
  readonly timestampMs: number
  readonly key: Uint8Array | null
  /** Null, too, where values do not travel. */
  readonly value: Uint8Array | null
  readonly headers: readonly RecordHeader[]
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
}

/** What an input of frames has in work. */
export interface FrameRow {
  readonly frame: Frame
  readonly row: number
  readonly offset: number
}

/** A row of a repartition topic: many of them are one record. */
export class FramePlace implements RowPlace {
  readonly topic: string
  readonly partition: number
  readonly headers = []
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
    return this.#at().row
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
}
