// Partitioners of one's own: which partitions of a topic a record goes to.
import type { RecordContext } from './node.ts'

/** The topic that a record goes to. */
export interface PartitionedTopic {
  readonly topic: string
  readonly partitions: number
}

/**
 * Says which partition a record goes to, from 0 on; undefined leaves that to its key (Kafka's
 * `StreamPartitioner`).
 */
export type Partitioner<K, V> = (
  value: V,
  record: RecordContext<K>,
  to: PartitionedTopic,
) => number | undefined

/** As a `Partitioner`, which may name several partitions, or none at all: the record is dropped then (KIP-837). */
export type SinkPartitioner<K, V> = (
  value: V,
  record: RecordContext<K>,
  to: PartitionedTopic,
) => number | readonly number[] | undefined
