// The head of a task that reads a repartition topic: unpacks frames, follows the event time of the
// tasks that write them, and runs the rows through the aggregates behind the grouping.
import { NULL_VALUE, type RecordBatch } from '../broker/record-batch.ts'
import type { KeyTable } from '../state/key-table.ts'
import { FrameReader, type Frame } from './frame.ts'
import { ProcessingError, StreamRecord, type Forward, type TaskContext } from './processor.ts'

/**
 * Stream time over several writers. Kafka's is the highest timestamp seen; on a backlog that several
 * tasks write, the fastest of them would close windows that the slowest still has rows for. So a
 * writer that is behind holds stream time back to its own; once none is, it is Kafka's again.
 */
export class WriterTimes {
  readonly #timesMs: Float64Array
  readonly #isBehind: Uint8Array

  constructor(writers: number) {
    this.#timesMs = new Float64Array(writers).fill(-1)
    // Behind until heard of: a writer that starts slowly must not find its windows closed.
    this.#isBehind = new Uint8Array(writers).fill(1)
  }

  /** The time that writers other than this one hold stream time back to. */
  limitBeside(writer: number): number {
    let limit = Infinity
    for (let i = 0; i < this.#timesMs.length; i++) {
      if (i !== writer && this.#isBehind[i] === 1) limit = Math.min(limit, this.#timesMs[i]!)
    }
    return limit
  }

  /** What all writers together say: the lowest time of those behind, or the highest of all. */
  get streamTimeMs(): number {
    const limit = this.limitBeside(-1)
    return limit === Infinity ? Math.max(...this.#timesMs) : limit
  }

  told(writer: number, timeMs: number, isBehind: boolean): void {
    this.#timesMs[writer] = Math.max(this.#timesMs[writer] ?? -1, timeMs)
    this.#isBehind[writer] = isBehind ? 1 : 0
  }

  save(): { timesMs: number[]; isBehind: number[] } {
    return { timesMs: [...this.#timesMs], isBehind: [...this.#isBehind] }
  }

  restore(saved: { timesMs: readonly number[]; isBehind: readonly number[] }): void {
    this.#timesMs.set(saved.timesMs.slice(0, this.#timesMs.length))
    this.#isBehind.set(saved.isBehind.slice(0, this.#isBehind.length))
  }
}

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
    this.writers.told(frame.writer, frame.streamTimeMs, frame.isBehind)
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
