// Makes frames of the rows of a repartition topic that are records of their own, so that all that runs frames
// runs these, too: those of one writer that follow each other, and what it tells behind them.
import { NULL_KEY, NULL_VALUE, rowStart, type RecordBatch } from '../broker/record-batch.ts'
import { FrameBuilder, FrameReader, NO_KEY, type Frame } from './frame.ts'
import { OriginReader, type Origin } from './row-origin.ts'
import type { ByteBuffer } from '../topology/serdes/serde.ts'

/** Nothing is told by rows alone. */
const NOTHING_TOLD = { streamTimeMs: -1, vouchedMs: -1, sentAtMs: -Infinity }

/** Reads rows as frames. */
export class RecordFrames {
  /** How many records the frame read last was. */
  records = 0
  readonly #origins = new OriginReader()
  readonly #hasValues: boolean
  readonly #builder: FrameBuilder
  readonly #reader = new FrameReader()
  #bytes = new Uint8Array(0)

  /** @param hasValues whether the values of rows are wanted. */
  constructor(hasValues: boolean) {
    this.#hasValues = hasValues
    this.#builder = new FrameBuilder(hasValues)
  }

  /** The frame that begins at a row. @throws Error when it is none of this application's records. */
  read(batch: RecordBatch, from: number): Frame {
    const origins = this.#origins
    const { writer } = origins.read(batch, from)
    let times = NOTHING_TOLD
    let others: readonly number[] | undefined
    let row = from
    for (; row < batch.count; row++) {
      if (!isRecord(batch, row)) break
      const origin = row === from ? origins.read(batch, row) : this.#originOf(batch, row)
      // What is none of this application's is told of where it is the first.
      if (origin?.writer !== writer) break
      if (origin.times !== undefined) {
        times = origin.times
        others = origin.others
        row += 1
        break
      }
      this.#add(batch, row)
    }
    this.records = row - from
    const builder = this.#builder
    const { byteLength } = builder
    if (this.#bytes.length < byteLength) this.#bytes = new Uint8Array(byteLength * 2)
    builder.write(this.#bytes, 0, writer, times)
    const frame = this.#reader.read(this.#bytes, 0, byteLength)
    return others === undefined ? frame : { together: others, ...frame }
  }

  #originOf(batch: RecordBatch, row: number): Origin | undefined {
    try {
      return this.#origins.read(batch, row)
    } catch {
      return undefined
    }
  }

  #add(batch: RecordBatch, row: number): void {
    const builder = this.#builder
    const { bytes, ends, nulls } = batch
    const keyEnd = ends[row * 3]!
    let key = NO_KEY
    if ((nulls[row]! & NULL_KEY) === 0) {
      append(bytes, rowStart(batch, row), keyEnd, builder.keys)
      key = builder.endKey()
    }
    if (this.#hasValues) {
      append(bytes, keyEnd, ends[row * 3 + 1]!, builder.values)
      builder.endValue((nulls[row]! & NULL_VALUE) !== 0)
    }
    append(bytes, this.#origins.headersStart, ends[row * 3 + 2]!, builder.headers)
    builder.addRow(key, batch.timestamps[row]!)
  }
}

/** Whether a record is a row of its own: frames have no headers. */
export function isRecord({ ends }: Pick<RecordBatch, 'ends'>, row: number): boolean {
  return ends[row * 3 + 1] !== ends[row * 3 + 2]
}

function append(bytes: Uint8Array, start: number, end: number, to: ByteBuffer): void {
  if (start === end) return
  to.reserve(end - start)
  to.bytes.set(bytes.subarray(start, end), to.position)
  to.position += end - start
}
