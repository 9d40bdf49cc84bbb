// Rows of a repartition topic as records of their own, by the serdes of the DSL, for others to read: Kafka's
// format. Behind those of a flush a record without key and value tells the event time.
import type { Serde } from '../topology/serdes/serde.ts'
import { CUT_BYTES_MAX, NO_ID, sentMs, type CutRows } from './cut-rows.ts'
import type { FrameTimes } from './frame.ts'
import type { GroupKeys } from './group-keys.ts'
import { writeHeaders } from './headers.ts'
import type { OnFailure } from './failures.ts'
import type { TaskContext, TopicOutput } from './processor.ts'
import { assertTaken } from './topic-takes.ts'
import type { WriterSpec } from './repartition-writer.ts'
import { originOfRows, originOfTimes } from './row-origin.ts'

/** Writes a record for each row. */
export class RecordRows implements CutRows {
  readonly #failed: OnFailure
  readonly #value: Serde<unknown> | undefined
  readonly #groups: GroupKeys
  readonly #context: TaskContext
  readonly #topic: string
  readonly #output: TopicOutput
  readonly #origin: Uint8Array
  /** Bytes and rows of each partition since its times were told last. */
  readonly #bytes: Float64Array
  readonly #rows: Float64Array

  constructor({ topic, value, failed }: WriterSpec, groups: GroupKeys, context: TaskContext) {
    this.#failed = failed
    this.#value = value
    this.#groups = groups
    this.#context = context
    this.#topic = topic
    this.#output = context.output(topic)
    this.#origin = originOfRows(context.partition)
    this.#bytes = new Float64Array(this.#output.partitions)
    this.#rows = new Float64Array(this.#output.partitions)
  }

  learn(): void {
    // Each record has its key.
  }

  /** Brokers take the age of a record by its time, which is event time here: those that tell it keep the others. */
  isFull(partition: number): boolean {
    return this.#bytes[partition]! > CUT_BYTES_MAX
  }

  add(partition: number, id: number, timestampMs: number, value: unknown): boolean {
    const rows = this.#output.rowsOf(partition)
    const from = rows.position
    if (id !== NO_ID) this.#groups.write(id, rows)
    rows.endKey(id === NO_ID)
    const isNull = value === null || value === undefined
    try {
      if (!isNull) this.#value?.serialize(value, rows)
      rows.endValue(isNull)
      this.#writeOrigin(this.#origin, rows)
      writeHeaders(rows, this.#context)
      assertTaken(rows, timestampMs, this.#context, this.#topic, this.#output)
    } catch (cause) {
      rows.forgetRow()
      this.#failed(cause)
      return true
    }
    rows.endRecord(timestampMs)
    this.#bytes[partition]! += rows.position - from
    this.#rows[partition]! += 1
    return true
  }

  hasRows(partition: number): boolean {
    return this.#rows[partition]! > 0
  }

  end(partition: number, times: FrameTimes): void {
    const rows = this.#output.rowsOf(partition)
    rows.endKey(true)
    rows.endValue(true)
    this.#writeOrigin(originOfTimes([this.#context.partition], times), rows)
    rows.endRecord(sentMs(this.#context))
    this.#bytes[partition] = 0
    this.#rows[partition] = 0
  }

  tellTogether(partition: number, writers: readonly number[], times: FrameTimes): void {
    const rows = this.#output.rowsOf(partition)
    rows.endKey(true)
    rows.endValue(true)
    this.#writeOrigin(originOfTimes(writers, times), rows)
    rows.endRecord(times.sentAtMs)
  }

  #writeOrigin(origin: Uint8Array, rows: ReturnType<TopicOutput['rowsOf']>): void {
    rows.reserve(origin.length)
    rows.bytes.set(origin, rows.position)
    rows.position += origin.length
  }
}
