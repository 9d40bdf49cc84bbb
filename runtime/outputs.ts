// The rows that a worker's tasks have produced and not yet handed to the data port, per target partition.
import type { DataPort } from '../broker/ports.ts'
import { RecordBatchBuilder } from '../broker/record-batch.ts'
import type { TopicOutput } from '../processors/processor.ts'
import type { MetricSlab } from './metrics/slab.ts'

/** Rows are handed over in lumps of this size even while more are coming. */
const LUMP_BYTES = 262_144

interface Target {
  readonly topic: string
  readonly partition: number
  readonly rows: RecordBatchBuilder
  readonly sent: (records: number, bytes: number) => void
}

/** All targets of one worker. */
export class Outputs {
  /** Records handed over so far. */
  records = 0
  readonly #port: DataPort
  readonly #metrics: MetricSlab
  readonly #partitions: Readonly<Record<string, number>>
  readonly #topics = new Map<string, TopicOutput>()
  readonly #targets: Target[] = []

  constructor(port: DataPort, metrics: MetricSlab, partitions: Readonly<Record<string, number>>) {
    this.#port = port
    this.#metrics = metrics
    this.#partitions = partitions
  }

  /** Where the rows of a topic go. */
  topic(name: string): TopicOutput {
    let output = this.#topics.get(name)
    if (output === undefined) this.#topics.set(name, (output = this.#open(name)))
    return output
  }

  /** Records waiting here. */
  get waiting(): number {
    let records = 0
    for (const { rows } of this.#targets) records += rows.count
    return records
  }

  /** Bytes waiting here. */
  get waitingBytes(): number {
    let bytes = 0
    for (const { rows } of this.#targets) bytes += rows.position
    return bytes
  }

  /** Hands rows over: all of them, or those that make a lump. */
  flush(all: boolean): void {
    for (const { topic, partition, rows, sent } of this.#targets) {
      if (rows.count === 0 || (!all && rows.position < LUMP_BYTES)) continue
      sent(rows.count, rows.position)
      this.records += rows.count
      this.#port.produce({ topic, partition }, rows)
    }
  }

  #open(topic: string): TopicOutput {
    const records = this.#metrics.counter('kafka_stream_topic_records_produced_total', { topic })
    const bytes = this.#metrics.counter('kafka_stream_topic_bytes_produced_total', { topic })
    const sent = (count: number, length: number): void => {
      records.add(count)
      bytes.add(length)
    }
    const partitions = this.#partitions[topic] ?? 1
    const builders = Array.from({ length: partitions }, () => new RecordBatchBuilder())
    builders.forEach((rows, partition) => this.#targets.push({ topic, partition, rows, sent }))
    return { partitions, rowsOf: (partition) => builders[partition]! }
  }
}
