// What is kept beside a committed offset: how far event time had come, and from where changelogs have the stores whole.
// Bytes as Kafka Streams writes them (TopicPartitionMetadata): base64 of a version, a time, and numbers by name that
// processors add (ProcessorMetadata).
import type { RestorePoint, RestorePoints, TaskPosition } from '../ports.ts'

/** What is known of a position beside its offset. */
export type PositionMetadata = Pick<TaskPosition, 'partitionTimeMs' | 'restorePoints'>

const VERSION = 2
/** Of version 1, too, which has nothing behind the time. */
const BYTES_MIN = 9
const UNKNOWN = -1
/** Brokers take 4,096 characters of metadata (`offset.metadata.max.bytes`). */
const BYTES_MAX = 2_048
const OFFSET = 'restore-offset/'
const NUMBER = 'restore-number/'

/** The metadata of a position; undefined where nothing is known of it. Restore points that find no room are left out. */
export function metadataOf({ partitionTimeMs, restorePoints }: TaskPosition): string | undefined {
  if (partitionTimeMs === undefined && restorePoints === undefined) return undefined
  const time = Buffer.alloc(BYTES_MIN)
  time.writeUInt8(VERSION, 0)
  time.writeBigInt64BE(BigInt(partitionTimeMs ?? UNKNOWN), 1)
  const stores = Object.entries(restorePoints ?? {}).map(([store, { offset, number }]) =>
    Buffer.concat([namedNumber(OFFSET + store, offset), namedNumber(NUMBER + store, number)]),
  )
  const room = BYTES_MAX - BYTES_MIN - 4
  while (stores.reduce((sum, { length }) => sum + length, 0) > room) stores.pop()
  if (stores.length === 0) return time.toString('base64')
  const count = Buffer.alloc(4)
  count.writeInt32BE(2 * stores.length)
  return Buffer.concat([time, count, ...stores]).toString('base64')
}

/** What metadata tells; nothing where there is none, or it is of someone else's making. */
export function metadataFrom(metadata: string | undefined): PositionMetadata {
  if (metadata === undefined || metadata === '') return {}
  const bytes = Buffer.from(metadata, 'base64')
  if (bytes.length < BYTES_MIN || bytes[0]! < 1 || bytes[0]! > VERSION) return {}
  const partitionTimeMs = Number(bytes.readBigInt64BE(1))
  const restorePoints = restorePointsOf(namedNumbers(bytes.subarray(BYTES_MIN)))
  return {
    ...(partitionTimeMs < 0 ? {} : { partitionTimeMs }),
    ...(restorePoints === undefined ? {} : { restorePoints }),
  }
}

function namedNumber(name: string, value: number): Buffer {
  const length = Buffer.byteLength(name)
  const bytes = Buffer.alloc(12 + length)
  bytes.writeInt32BE(length)
  bytes.write(name, 4)
  bytes.writeBigInt64BE(BigInt(value), 4 + length)
  return bytes
}

/** Up to where they are cut short, if they are. */
function namedNumbers(bytes: Buffer): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>()
  for (let at = 4; at + 4 <= bytes.length;) {
    const end = at + 4 + bytes.readInt32BE(at)
    if (end < at || end + 8 > bytes.length) break
    numbers.set(bytes.toString('utf8', at + 4, end), Number(bytes.readBigInt64BE(end)))
    at = end + 8
  }
  return numbers
}

function restorePointsOf(numbers: ReadonlyMap<string, number>): RestorePoints | undefined {
  const points: Record<string, RestorePoint> = {}
  for (const [name, offset] of numbers) {
    if (!name.startsWith(OFFSET)) continue
    const store = name.slice(OFFSET.length)
    const number = numbers.get(NUMBER + store)
    if (number !== undefined) points[store] = { offset, number }
  }
  return Object.keys(points).length === 0 ? undefined : points
}
