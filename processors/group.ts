// Grouping in place: the key did not change, so the task that reads a record owns its key. Kafka:
// KStream.groupByKey without a repartition topic.
import type { KeyTable } from '../state/key-table.ts'
import type { GroupNode } from '../topology/node.ts'
import { isCanonical } from '../topology/serdes/primitive.ts'
import { ByteBuffer } from '../topology/serdes/serde.ts'
import { userError, type Forward, type StreamRecord } from './processor.ts'

/**
 * Gives each record the id of its key, which counts are kept under; a null key has -1, and what aggregates
 * drops it.
 */
export function groupInPlace(node: GroupNode, keys: KeyTable, next: Forward): Forward {
  const { serde } = keys
  const isByBytes = isCanonical(serde)
  const buffer = new ByteBuffer()
  const idOf = (key: unknown): number => {
    if (key === null || key === undefined) return -1
    buffer.position = 0
    try {
      serde.serialize(key, buffer)
    } catch (cause) {
      throw userError(node.name, cause)
    }
    return keys.idOf(buffer.bytes, 0, buffer.position)
  }
  return (record: StreamRecord): void => {
    const { keys: keysBefore, keyId } = record
    const unread = isByBytes ? record.unreadKeyId(keys) : undefined
    record.keyId = unread ?? idOf(record.key)
    record.keys = keys
    next(record)
    record.keys = keysBefore
    record.keyId = keyId
  }
}
