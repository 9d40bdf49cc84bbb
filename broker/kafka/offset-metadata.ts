// What is kept beside a committed offset: how far event time had come. Bytes as Kafka Streams writes them
// (TopicPartitionMetadata): base64 of a version, a time, and what processors add.
import type { TaskPosition } from '../ports.ts'

const VERSION = 2
/** Of version 1, too, which has nothing behind the time. */
const BYTES_MIN = 9

/** The metadata of a position; undefined where nothing is known of its time. */
export function metadataOf({ partitionTimeMs }: TaskPosition): string | undefined {
  if (partitionTimeMs === undefined) return undefined
  const bytes = Buffer.alloc(BYTES_MIN)
  bytes.writeUInt8(VERSION, 0)
  bytes.writeBigInt64BE(BigInt(partitionTimeMs), 1)
  return bytes.toString('base64')
}

/** The time that metadata tells, epoch ms; undefined where it has none, or is of someone else's making. */
export function partitionTimeOf(metadata: string | undefined): number | undefined {
  if (metadata === undefined || metadata === '') return undefined
  const bytes = Buffer.from(metadata, 'base64')
  if (bytes.length < BYTES_MIN || bytes[0]! < 1 || bytes[0]! > VERSION) return undefined
  const timeMs = Number(bytes.readBigInt64BE(1))
  return timeMs < 0 ? undefined : timeMs
}
