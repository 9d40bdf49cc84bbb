// The frames in a batch of a repartition topic, however the rows were sent: as a record for many of them, as what
// tells of event time only, or as a record for each.
import { NULL_VALUE, type RecordBatch } from '../broker/record-batch.ts'
import { FrameReader, type Frame } from './frame.ts'
import { isRecord, RecordFrames } from './record-frames.ts'
import { isToldFrame, readToldFrame } from './told-frame.ts'

/** Reads the frames of batches; a frame is valid until the next is read. */
export class BatchFrames {
  /** Whether the frame read last is made of records, one a row. */
  isOfRecords = false
  /** How many records of the batch the frame read last is. */
  records = 1
  readonly #reader = new FrameReader()
  readonly #ofRecords: RecordFrames

  /** @param hasValues whether the values of rows are wanted. */
  constructor(hasValues: boolean) {
    this.#ofRecords = new RecordFrames(hasValues)
  }

  /** The frame that begins at a record of a batch. @throws Error when it is none. */
  read(batch: RecordBatch, at: number): Frame {
    this.isOfRecords = isRecord(batch, at)
    if (this.isOfRecords) {
      const frame = this.#ofRecords.read(batch, at)
      this.records = this.#ofRecords.records
      return frame
    }
    this.records = 1
    if (batch.nulls[at]! & NULL_VALUE) throw new Error('the frame is null')
    const [start, end] = [batch.ends[at * 3]!, batch.ends[at * 3 + 1]!]
    if (isToldFrame(batch.bytes, start)) return readToldFrame(batch.bytes, start, end)
    return this.#reader.read(batch.bytes, start, end)
  }
}
