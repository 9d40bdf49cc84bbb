// The head of a task that reads a topic: takes batches, runs their rows through the nodes behind the
// source, no further in event time than it is told.
import { bytesBetween, type RecordBatch } from '../broker/record-batch.ts'
import type { ErasedTopic } from '../topology/node.ts'
import type { Serde } from '../topology/serdes/serde.ts'
import type { InputHead } from './input-head.ts'
import type { Parser } from './parse.ts'
import { recordError, StreamRecord, type TaskContext } from './processor.ts'
import { SourcePlace } from './row-place.ts'

/** Runs the rows of one input partition. */
export class SourceInput implements InputHead {
  readonly #parsers: readonly Parser[]
  readonly #context: TaskContext
  readonly #keySerde: Serde<unknown>
  readonly #place: SourcePlace
  readonly #record = new StreamRecord()
  #batch: RecordBatch | undefined
  #row = 0
  #count = 0
  #partitionTimeMs = -1

  /** @param parsers what reads the source, at least one; the first one's event time counts. */
  constructor(
    topic: ErasedTopic,
    keySerde: Serde<never>,
    parsers: readonly Parser[],
    context: TaskContext,
  ) {
    this.#parsers = parsers
    this.#context = context
    this.#keySerde = keySerde
    this.#place = new SourcePlace(topic.name, context.partition)
    context.eventTime.addSource()
  }

  /** Whether all rows of the last batch were run. */
  get isEmpty(): boolean {
    return this.#batch === undefined
  }

  get waiting(): number {
    return this.#batch === undefined ? 0 : this.#count - this.#row
  }

  get waitingBytes(): number {
    return this.#batch === undefined ? 0 : bytesBetween(this.#batch, this.#row, this.#count)
  }

  /** Offset of the next row to run, undefined between batches. */
  get nextOffset(): number | undefined {
    return this.#batch?.offsets[this.#row]
  }

  /** Event time of the next row, undefined between batches. */
  get nextTimestampMs(): number | undefined {
    return this.#batch === undefined ? undefined : this.#timestamps()[this.#row]
  }

  /** The highest event time of the rows that were run, epoch ms; -1 for none (Kafka's partition time). */
  get partitionTimeMs(): number {
    return this.#partitionTimeMs
  }

  /** As it was committed. */
  restoreTime(partitionTimeMs: number): void {
    this.#partitionTimeMs = partitionTimeMs
    for (const parser of this.#parsers) parser.restoreTime(partitionTimeMs)
  }

  /** Takes a batch, its rows from offset `stopAt` on left out; the one before must have been run. */
  begin(batch: RecordBatch, stopAt: number): void {
    this.#count = batch.count
    while (this.#count > 0 && batch.offsets[this.#count - 1]! >= stopAt) this.#count -= 1
    if (this.#count === 0) return
    this.#batch = batch
    this.#place.batch = batch
    this.#row = 0
    this.#record.enter(batch, this.#keySerde)
    for (const parser of this.#parsers) parser.begin(batch, this.#record)
  }

  run(limitMs: number, rowsMax = Infinity): number {
    const batch = this.#batch
    if (batch === undefined) return 0
    const first = this.#parsers[0]!
    const { timestamps } = first
    const from = this.#row
    const context = this.#context
    let row = from
    let late = 0
    let partitionTimeMs = this.#partitionTimeMs
    const end = Math.min(this.#count, from + rowsMax)
    context.eventTime.rowLimitMs = Infinity
    for (; row < end; row++) {
      const timestampMs = timestamps[row]!
      if (timestampMs > limitMs) break
      this.#row = row
      if (timestampMs > partitionTimeMs && first.isGood(row)) {
        this.#partitionTimeMs = partitionTimeMs = timestampMs
      }
      const streamTimeMs = context.streamTimeMs
      if (timestampMs > streamTimeMs && first.isGood(row)) {
        context.streamTimeMs = timestampMs
      } else if (timestampMs < streamTimeMs) {
        late += 1
        context.behind(streamTimeMs - timestampMs, 1)
      }
      this.#process(batch, row)
      if (context.streamTimeMs >= context.punctuatesAtMs) context.punctuate()
    }
    context.place = undefined
    context.eventTime.rows.add(timestamps, from, row, first)
    this.#row = row
    if (row === this.#count) this.#batch = undefined
    if (row - from > late) context.behind(0, row - from - late)
    return row - from
  }

  #timestamps(): Float64Array {
    return this.#parsers[0]!.timestamps
  }

  #process(batch: RecordBatch, row: number): void {
    const record = this.#record
    const place = this.#place
    place.row = row
    this.#context.place = place
    try {
      record.readKeyOf(row)
      for (let i = 0; i < this.#parsers.length; i++) this.#parsers[i]!.process(place, record)
    } catch (cause) {
      const { topic, partition } = place
      throw recordError({ topic, partition, offset: batch.offsets[row]! }, cause)
    }
  }
}
