// Grouping in place: the key did not change, so the task that reads a record owns its key. Kafka:
// KStream.groupByKey without a repartition topic.
import type { KeyTable } from '../state/key-table.ts'
import type { GroupNode } from '../topology/node.ts'
import { ByteBuffer } from '../topology/serdes/serde.ts'
import { userError, type Forward, type StreamRecord } from './processor.ts'

/**
 * Gives each record the id of its key, which counts are kept under; a null key has -1, and what aggregates
 * drops it.
 */
export function groupInPlace(node: GroupNode, keys: KeyTable, next: Forward): Forward {
  const serde = keys.serde
  const buffer = new ByteBuffer()
  return (record: StreamRecord): void => {
    const { keys: keysBefore, keyId, key } = record
    buffer.position = 0
    try {
      if (key !== null && key !== undefined) serde.serialize(key, buffer)
    } catch (cause) {
      throw userError(node.name, cause)
    }
    record.keys = keys
    record.keyId =
      key === null || key === undefined ? -1 : keys.idOf(buffer.bytes, 0, buffer.position)
    next(record)
    record.keys = keysBefore
    record.keyId = keyId
  }
}
