// Joins each record of a stream with the row that a table has for it at that moment (Kafka's
// KStreamKTableJoin and KStreamGlobalKTableJoin). Changes of the table cause nothing.
import type { GlobalJoinNode, StreamTableJoinNode } from '../topology/join-nodes.ts'
import type { OnFailure } from './failures.ts'
import type { Forward, StreamRecord, TaskContext } from './processor.ts'
import type { TableView } from './table-view.ts'

type MergeValues = (value: unknown, row: unknown, record: StreamRecord) => unknown

/** A left join forwards records without a row, too, and those without a key to look up. */
export function lookupJoin(
  node: StreamTableJoinNode | GlobalJoinNode,
  table: TableView,
  next: Forward,
  failed: OnFailure,
  context: TaskContext,
): Forward {
  const { isLeft, name } = node
  const merge = node.merge as unknown as MergeValues
  const on =
    node.kind === 'global-join'
      ? (node.on as unknown as (value: unknown, record: StreamRecord) => unknown)
      : undefined
  return (record) => {
    const { value } = record
    let merged: unknown
    try {
      const key = on === undefined ? record.key : on(value, record)
      const hasKey = key !== null && key !== undefined
      const hasValue = value !== null && value !== undefined
      if (!hasValue || (!hasKey && !isLeft)) {
        context.drop(name, hasValue ? 'null-key' : 'null-value')
        return
      }
      const row = hasKey ? table.get(key, record.timestampMs)?.value : undefined
      if (row === undefined && !isLeft) return
      merged = merge(value, row, record) ?? null
    } catch (cause) {
      failed(cause)
      return
    }
    record.value = merged
    next(record)
    record.value = value
  }
}
