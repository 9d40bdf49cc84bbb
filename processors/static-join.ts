// Joins each record with a row of a static table (Kafka's KStreamKTableJoin on a table that stands still).
import { loadStaticTable } from '../state/static-rows.ts'
import type { StaticJoinNode } from '../topology/node.ts'
import type { OnFailure } from './failures.ts'
import type { Forward, StreamRecord, TaskContext } from './processor.ts'

/** The left join forwards records without a row too; the inner join ends them, unmatched and counted. */
export function staticJoin(
  node: StaticJoinNode,
  next: Forward,
  failed: OnFailure,
  context: TaskContext,
): Forward {
  const rows = loadStaticTable(node.table)
  const keyOf = node.on as unknown as (
    value: unknown,
    record: StreamRecord,
  ) => string | number | null
  const merge = node.merge as unknown as (
    value: unknown,
    row: unknown,
    record: StreamRecord,
  ) => unknown
  let lastKey: string | number | null = null
  let lastRow: unknown
  return (record) => {
    const { value } = record
    let merged: unknown
    try {
      const key = keyOf(value, record)
      // Results of an aggregate come in runs of one key.
      if (key !== lastKey) {
        lastKey = key
        lastRow = key === null ? undefined : rows.get(key)
      }
      const row = lastRow
      if (row === undefined) context.unmatched(node.name, key ?? 'null')
      if (row === undefined && !node.isLeft) return
      merged = merge(value, row, record)
    } catch (cause) {
      failed(cause)
      return
    }
    record.value = merged
    next(record)
    record.value = value
  }
}
