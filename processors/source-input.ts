// The head of a task that reads a topic: takes batches, runs their rows through the nodes behind the
// source, no further in event time than it is told.
import { NULL_VALUE, RecordBatchBuilder, unpack, type RecordBatch } from '../broker/record-batch.ts'
import type { ErasedTopic } from '../topology/node.ts'
import type { Serde } from '../topology/serdes/serde.ts'
import type { Parser } from './parse.ts'
import {
  isEpochMs,
  ProcessingError,
  StreamRecord,
  type Forward,
  type RowPlace,
  type TaskContext,
} from './processor.ts'

const NO_ROWS = unpack(new RecordBatchBuilder().pack())

/** Runs the rows of one input partition. */
export class SourceInput {
  readonly #topic: ErasedTopic
  readonly #parsers: readonly Parser[]
  readonly #next: Forward | undefined
  readonly #context: TaskContext
  readonly #keySerde: Serde<unknown>
  readonly #place: RowPlace
  readonly #record = new StreamRecord()
  #batch: RecordBatch | undefined
  #row = 0
  #count = 0

  /** `next` is what reads the source without a parse node, by the topic's own serdes. */
  constructor(
    topic: ErasedTopic,
    parsers: readonly Parser[],
    next: Forward | undefined,
    context: TaskContext,
  ) {
    this.#topic = topic
    this.#parsers = parsers
    this.#next = next
    this.#context = context
    this.#keySerde = topic.key
    this.#place = { topic: topic.name, partition: context.partition, batch: NO_ROWS, row: 0 }
  }

  /** Whether all rows of the last batch were run. */
  get isEmpty(): boolean {
    return this.#batch === undefined
  }

  /** Offset of the next row to run, undefined between batches. */
  get nextOffset(): number | undefined {
    return this.#batch?.offsets[this.#row]
  }

  /** Event time of the next row, undefined between batches. */
  get nextTimestampMs(): number | undefined {
    return this.#batch === undefined ? undefined : this.#timestamps()[this.#row]
  }

  /** Takes a batch, its rows from offset `stopAt` on left out; the one before must have been run. */
  begin(batch: RecordBatch, stopAt: number): void {
    this.#count = batch.count
    while (this.#count > 0 && batch.offsets[this.#count - 1]! >= stopAt) this.#count -= 1
    if (this.#count === 0) return
    this.#batch = batch
    this.#row = 0
    for (const parser of this.#parsers) {
      parser.begin(batch, this.#record, this.#keySerde)
    }
  }

  /**
   * Runs rows, at most `rowsMax`, until the batch ends or one lies after `limitMs` in event time.
   * @returns how many were run.
   * @throws ProcessingError naming topic, partition and offset.
   */
  run(limitMs: number, rowsMax = Infinity): number {
    const batch = this.#batch
    if (batch === undefined) return 0
    const timestamps = this.#timestamps()
    const from = this.#row
    const context = this.#context
    let row = from
    const end = Math.min(this.#count, from + rowsMax)
    for (; row < end; row++) {
      const timestampMs = timestamps[row]!
      if (timestampMs > limitMs) break
      this.#row = row
      if (timestampMs > context.streamTimeMs && (this.#parsers[0]?.isGood(row) ?? true)) {
        context.streamTimeMs = timestampMs
      }
      this.#process(batch, row)
    }
    this.#row = row
    if (row === this.#count) this.#batch = undefined
    return row - from
  }

  #timestamps(): Float64Array {
    return this.#parsers[0]?.timestamps ?? this.#batch!.timestamps
  }

  #process(batch: RecordBatch, row: number): void {
    const record = this.#record
    const place = this.#place
    place.batch = batch
    place.row = row
    try {
      record.readKeyOf(batch, row, this.#keySerde)
      for (let i = 0; i < this.#parsers.length; i++) this.#parsers[i]!.process(place, record)
      if (this.#next !== undefined) {
        record.value = this.#readValue(batch, row)
        record.timestampMs = timestampOf(batch, row)
        this.#next(record)
      }
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new ProcessingError(
        `topic ${place.topic}, partition ${place.partition}, offset ${batch.offsets[row]}: ${why}`,
        cause,
      )
    }
  }

  #readValue(batch: RecordBatch, row: number): unknown {
    if (batch.nulls[row]! & NULL_VALUE) return null
    const serde = this.#topic.value as unknown as Serde<unknown>
    return serde.deserialize(batch.bytes, batch.ends[row * 3]!, batch.ends[row * 3 + 1]!)
  }
}

function timestampOf(batch: RecordBatch, row: number): number {
  const timestampMs = batch.timestamps[row]
  if (isEpochMs(timestampMs)) return timestampMs
  throw new Error(
    `the timestamp is ${String(timestampMs)}, not epoch milliseconds; parse the record to skip it`,
  )
}
