// Groups a table anew (Kafka's KTableRepartitionMap): a change leaves its old group and comes to its new
// one; within one group both sides travel as one record, so that its aggregate is sent once.
import type { TableGroupNode } from '../topology/table-nodes.ts'
import type { OnFailure } from './failures.ts'
import type { Forward, StreamRecord } from './processor.ts'
import type { RepartitionWriter } from './repartition-writer.ts'
import { sameKeys } from './same-keys.ts'

type Pair = { key: unknown; value: unknown }
type Select = (value: unknown, record: StreamRecord) => Pair

/** What comes out of it goes through `writer`; a null key or value leaves a side out. */
export function tableGroup(
  node: TableGroupNode,
  writer: RepartitionWriter,
  failed: OnFailure,
): Forward {
  const select = node.select as unknown as Select
  const isSame = sameKeys(node.key)
  return (record) => {
    // What only history took changes no group.
    if (!record.isLatest) return
    let newPair: Pair | undefined
    let oldPair: Pair | undefined
    let isOneGroup: boolean
    try {
      newPair = pairOf(select, record.value, record)
      oldPair = pairOf(select, record.oldValue, record)
      isOneGroup =
        newPair !== undefined && oldPair !== undefined && isSame(newPair.key, oldPair.key)
    } catch (cause) {
      failed(cause)
      return
    }
    const { timestampMs } = record
    if (isOneGroup) {
      const change = { newValue: newPair!.value, oldValue: oldPair!.value }
      writer.send(newPair!.key, timestampMs, change)
      return
    }
    if (oldPair !== undefined) {
      writer.send(oldPair.key, timestampMs, { newValue: null, oldValue: oldPair.value })
    }
    if (newPair !== undefined) {
      writer.send(newPair.key, timestampMs, { newValue: newPair.value, oldValue: null })
    }
  }
}

function pairOf(select: Select, value: unknown, record: StreamRecord): Pair | undefined {
  if (value === null || value === undefined) return undefined
  const pair = select(value, record)
  const isLeftOut = (pair.key ?? null) === null || (pair.value ?? null) === null
  return isLeftOut ? undefined : pair
}
