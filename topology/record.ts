// What records bear beside key, value and time: headers, and where they were read. Processors see it, and
// sinks that choose a topic.
import type { RecordContext } from './node.ts'

/** One header of a record (Kafka's `Header`). Names may repeat, and order is kept. */
export interface RecordHeader {
  readonly key: string
  readonly value: Uint8Array | null
}

/** Where the record in work was read: behind a repartition topic, that one (Kafka's `RecordMetadata`). */
export interface RecordMetadata {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** What processors see of the record beside its value. Valid during the call only. */
export interface ProcessedRecord<K> extends RecordContext<K> {
  /**
   * Those of the record that was read, or those that a processor gave it on its way. None where a result
   * goes out later than the records that it was made of: at a commit, by the clock, after being held back.
   */
  readonly headers: readonly RecordHeader[]
}

/** What a sink that chooses its topic sees of the record beside its value (Kafka's `RecordContext`). */
export interface SinkRecord<K> extends ProcessedRecord<K> {
  /** Where it was read; undefined where no record is in work. */
  readonly recordMetadata: RecordMetadata | undefined
}
