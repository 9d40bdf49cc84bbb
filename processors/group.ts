// Grouping in place: the key did not change, so the task that reads a record owns its key. Kafka:
// KStream.groupByKey without a repartition topic.
import type { KeyTable } from '../state/key-table.ts'
import { isCanonical } from '../topology/serdes/primitive.ts'
import { ByteBuffer } from '../topology/serdes/serde.ts'
import type { OnFailure } from './failures.ts'
import type { Forward, StreamRecord } from './processor.ts'

/**
 * Gives each record the id of its key, which counts are kept under; a null key has -1, and what aggregates
 * drops it. A key that its serde cannot write goes the way of the grouping's `onError`.
 */
export function groupInPlace(keys: KeyTable, next: Forward, failed: OnFailure): Forward {
  const { serde } = keys
  const isByBytes = isCanonical(serde)
  const buffer = new ByteBuffer()
  const idOf = (key: unknown): number => {
    if (key === null || key === undefined) return -1
    buffer.position = 0
    serde.serialize(key, buffer)
    return keys.idOf(buffer.bytes, 0, buffer.position)
  }
  return (record: StreamRecord): void => {
    const { keys: keysBefore, keyId } = record
    const unread = isByBytes ? record.unreadKeyId(keys) : undefined
    let id: number
    try {
      id = unread ?? idOf(record.key)
    } catch (cause) {
      failed(cause)
      return
    }
    record.keyId = id
    record.keys = keys
    next(record)
    record.keys = keysBefore
    record.keyId = keyId
  }
}
