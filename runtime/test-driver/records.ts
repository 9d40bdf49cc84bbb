// Records as a test writes and reads them: values in and out of the bytes of a topic, by its serdes.
import { partitionFor } from '../../broker/partitioner.ts'
import { headersOf, keyOf, valueOf, type RecordBatch } from '../../broker/record-batch.ts'
import type { RecordHeader } from '../../broker/record-headers.ts'
import { fromBytes, toBytes, type Serde, type Serializer } from '../../topology/serdes/serde.ts'
import { windowBytesOf } from '../../topology/serdes/windowed.ts'

/** A record that a test puts in. */
export interface InputRecord<K, V> {
  /** Null for a record without a key. */
  readonly key: K | null
  /** Null for a tombstone. */
  readonly value: V | null
  /** Epoch milliseconds; the driver's wall clock when left out. */
  readonly timestampMs?: number
  readonly headers?: readonly RecordHeader[]
  /** By the key as Kafka's default partitioner when left out; 0 without a key. */
  readonly partition?: number
}

/** A record that the topology put out. */
export interface OutputRecord<K, V> {
  readonly key: K | null
  readonly value: V | null
  /** Epoch milliseconds. */
  readonly timestampMs: number
  readonly headers: readonly RecordHeader[]
  readonly partition: number
}

/** How a topic's bytes are read and written. */
export interface Codec {
  readonly key: Serializer<never>
  readonly value: Serializer<never>
}

/** A record as bytes, and where it goes. */
export interface EncodedRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly partition: number
}

/** Writes a record with a topic's serdes. @throws SerdeError when a value is not of the topic's type. */
export function encode(
  codec: Codec,
  record: InputRecord<unknown, unknown>,
  partitions: number,
): EncodedRecord {
  const key = write(codec.key, record.key)
  const value = write(codec.value, record.value)
  if (record.partition !== undefined) return { key, value, partition: record.partition }
  if (key === null) return { key, value, partition: 0 }
  const length = key.length - windowBytesOf(codec.key)
  return { key, value, partition: partitionFor(key, partitions, 0, length) }
}

/** Reads the rows of a batch; serdes that only write leave the bytes as they are. */
export function decode(
  { key, value }: Codec,
  batch: RecordBatch,
  partition: number,
): OutputRecord<unknown, unknown>[] {
  return Array.from({ length: batch.count }, (_, row) => ({
    key: read(key, keyOf(batch, row)),
    value: read(value, valueOf(batch, row)),
    timestampMs: batch.timestamps[row]!,
    headers: headersOf(batch, row),
    partition,
  }))
}

function write(serde: Serializer<never>, value: unknown): Uint8Array | null {
  return value === null ? null : toBytes(serde as Serializer<unknown>, value)
}

function read(serde: Serializer<never>, bytes: Uint8Array | null): unknown {
  if (bytes === null) return null
  if (!('deserialize' in serde)) return bytes.slice()
  return fromBytes(serde as unknown as Serde<unknown>, bytes)
}
