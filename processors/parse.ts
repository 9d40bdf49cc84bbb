// Reads the bytes of a source's rows as values and finds their event time; what cannot be read goes
// the way of the node's policy. The source calls it batch by batch, then row by row.
import { NULL_VALUE, headersOf, keyOf, valueOf, type RecordBatch } from '../broker/record-batch.ts'
import { partitionFor } from '../broker/partitioner.ts'
import type { DeadLetter, ParseNode } from '../topology/node.ts'
import type { RowReaderFactory } from '../topology/serdes/row-reader.ts'
import type { Serde } from '../topology/serdes/serde.ts'
import {
  deadLetterHeaders,
  isEpochMs,
  ProcessingError,
  type DropReason,
  type Forward,
  type RowPlace,
  type StreamRecord,
  type TaskContext,
} from './processor.ts'
import { rowDecoderOf, type RowDecoder } from './row-decoder.ts'

type TimestampOf = (value: unknown, record: StreamRecord) => unknown

/** One parse node of a task. */
export class Parser {
  /** Event time per row of the batch; rows that cannot be read are due with the row before. */
  timestamps = new Float64Array(0)
  readonly #node: ParseNode
  readonly #next: Forward
  readonly #context: TaskContext
  readonly #decoder: RowDecoder
  readonly #timestampOf: TimestampOf | undefined
  #lastMs = 0
  readonly #bad = new Map<number, { error: Error; reason: DropReason }>()

  constructor(node: ParseNode, next: Forward, context: TaskContext, readerOf?: RowReaderFactory) {
    this.#node = node
    this.#next = next
    this.#context = context
    this.#decoder = rowDecoderOf(node.decode, readerOf)
    this.#timestampOf = node.timestamp as unknown as TimestampOf | undefined
  }

  /** Reads all rows of a batch; `record` is what user code sees of each. */
  begin(batch: RecordBatch, record: StreamRecord, keySerde: Serde<unknown>): void {
    if (this.timestamps.length < batch.count) this.timestamps = new Float64Array(batch.count)
    if (this.#bad.size > 0) this.#bad.clear()
    this.#decoder.begin(batch)
    for (let row = 0; row < batch.count; row++) {
      record.readKeyOf(batch, row, keySerde)
      this.#read(batch, row, record)
      this.timestamps[row] = this.#lastMs
    }
  }

  #read(batch: RecordBatch, row: number, record: StreamRecord): void {
    if (batch.nulls[row]! & NULL_VALUE) {
      this.#bad.set(row, { error: new Error('the value is null'), reason: 'malformed' })
      return
    }
    record.timestampMs = batch.timestamps[row]!
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
    if (isEpochMs(timestampMs)) {
      this.#lastMs = Math.floor(timestampMs)
    } else {
      const error = new Error(`the timestamp is ${String(timestampMs)}, not epoch milliseconds`)
      this.#bad.set(row, { error, reason: 'invalid-timestamp' })
    }
  }

  /** Whether a row came out; only such rows count for the task's stream time. */
  isGood(row: number): boolean {
    return this.#bad.size === 0 || !this.#bad.has(row)
  }

  /** Forwards a row of the batch, or deals with it by the policy. */
  process(place: RowPlace, record: StreamRecord): void {
    const bad = this.#bad.size === 0 ? undefined : this.#bad.get(place.row)
    if (bad === undefined) {
      record.value = this.#decoder.valueAt(place.row)
      record.timestampMs = this.timestamps[place.row]!
      this.#next(record)
      return
    }
    const { malformed, name } = this.#node
    if (malformed === 'fail') {
      throw new ProcessingError(
        `${name}: ${bad.error.message}; set malformed to 'skip' or deadLetter(topic) to go on`,
        bad.error,
      )
    }
    if (malformed !== 'skip') this.#writeDeadLetter(malformed, place, bad.error)
    this.#context.drop(name, bad.reason)
  }

  /** The record as it came, with where it stood and what is wrong with it. */
  #writeDeadLetter({ topic }: DeadLetter, place: RowPlace, error: Error): void {
    const { batch, row } = place
    const output = this.#context.output(topic)
    const key = keyOf(batch, row)
    const partition =
      key === null ? place.partition % output.partitions : partitionFor(key, output.partitions)
    const headers = [...headersOf(batch, row), ...deadLetterHeaders(place, error)]
    const timestampMs = batch.timestamps[row]!
    output.rowsOf(partition).append(key, valueOf(batch, row), timestampMs, headers)
  }
}
