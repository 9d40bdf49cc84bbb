// The head of a task that reads a repartition topic: unpacks frames, follows the event time of the
// tasks that write them, and runs the rows through the aggregates behind the grouping.
import { NULL_VALUE, type RecordBatch } from '../broker/record-batch.ts'
import type { KeyTable } from '../state/key-table.ts'
import { FrameReader, type Frame } from './frame.ts'
import { ProcessingError, StreamRecord, type Forward, type TaskContext } from './processor.ts'
import { WriterTimes } from './writer-times.ts'

/** Runs the frames of one partition of a repartition topic. */
export class FrameInput {
  readonly writers: WriterTimes
  readonly #topic: string
  readonly #keys: KeyTable
  readonly #next: Forward
  readonly #context: TaskContext
  readonly #reader = new FrameReader()
  readonly #record = new StreamRecord()
  #ids = new Int32Array(1_024)

  /** `writers` is the number of tasks that write to the topic. */
  constructor(topic: string, writers: number, keys: KeyTable, next: Forward, context: TaskContext) {
    this.#topic = topic
    this.writers = new WriterTimes(writers)
    this.#keys = keys
    this.#next = next
    this.#context = context
    this.#record.keys = keys
  }

  /**
   * Runs all frames of a batch.
   * @returns how many rows they held.
   * @throws ProcessingError naming topic, partition and offset.
   */
  run(batch: RecordBatch): number {
    let rows = 0
    for (let i = 0; i < batch.count; i++) {
      try {
        if (batch.nulls[i]! & NULL_VALUE) throw new Error('the frame is null')
        rows += this.#runFrame(
          this.#reader.read(batch.bytes, batch.ends[i * 3]!, batch.ends[i * 3 + 1]!),
        )
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause)
        const place = `topic ${this.#topic}, partition ${this.#context.partition}`
        throw new ProcessingError(`${place}, offset ${batch.offsets[i]}: ${why}`, cause)
      }
    }
    return rows
  }

  #runFrame(frame: Frame): number {
    const ids = this.#idsOf(frame)
    this.writers.heard(frame.writer, frame.sentAtMs)
    const limitMs = this.writers.limitBeside(frame.writer)
    const record = this.#record
    const context = this.#context
    for (let row = 0; row < frame.rowCount; row++) {
      const timestampMs = frame.timestamps[row]!
      const timeMs = timestampMs < limitMs ? timestampMs : limitMs
      if (timeMs > context.streamTimeMs) context.streamTimeMs = timeMs
      const id = ids[frame.keyOf[row]!]!
      record.keyId = id
      record.key = this.#keys.valueOf(id)
      record.timestampMs = timestampMs
      this.#next(record)
    }
    this.writers.told(frame.writer, frame.streamTimeMs)
    context.streamTimeMs = Math.max(context.streamTimeMs, this.writers.streamTimeMs)
    return frame.rowCount
  }

  /** The task's ids of the frame's keys. */
  #idsOf(frame: Frame): Int32Array {
    const { keyEnds, keysStart, bytes } = frame
    if (this.#ids.length < keyEnds.length) this.#ids = new Int32Array(keyEnds.length * 2)
    let start = keysStart
    for (let key = 0; key < keyEnds.length; key++) {
      const end = keysStart + keyEnds[key]!
      this.#ids[key] = this.#keys.idOf(bytes, start, end)
      start = end
    }
    return this.#ids
  }
}
