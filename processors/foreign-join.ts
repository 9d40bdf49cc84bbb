// Joins answers to the rows that asked for them (Kafka's ResponseJoinProcessor, and the KTableSource behind
// it): an answer to a value that the row has no more is left out, since another one is under way.
import type { ForeignJoinNode } from '../topology/foreign-join.ts'
import type { TablePlan } from '../topology/table-plan.ts'
import type { OnFailure } from './failures.ts'
import type { Answer } from './foreign-serdes.ts'
import type { Forward, StreamRecord, TaskContext } from './processor.ts'
import { toTable } from './table.ts'
import type { TableStore } from './table-store.ts'
import type { TableView } from './table-view.ts'
import { hasherOf, isSameHash } from './value-hash.ts'

type Merge = (left: unknown, right: unknown, record: StreamRecord) => unknown

/** What takes the answers; `rows` is the view of the left table. */
export function foreignJoin(
  node: ForeignJoinNode,
  plan: TablePlan,
  store: TableStore | undefined,
  rows: TableView,
  next: Forward,
  failed: OnFailure,
  context: TaskContext,
): Forward {
  const merge = node.merge as unknown as Merge
  const hash = hasherOf(node.value)
  const put = toTable(node, plan, store, next, failed, context)

  const joined = (left: unknown, right: unknown, record: StreamRecord): unknown => {
    const isNothing = right === null && (!node.isLeft || left === undefined)
    return isNothing ? null : (merge(left, right ?? undefined, record) ?? null)
  }

  return (record) => {
    const answer = record.value as Answer
    let result: unknown
    try {
      const left = rows.get(record.key)?.value
      if (!isSameHash(answer.hash, left === undefined ? null : hash(left))) {
        // It is counted, as Kafka Streams does; an answer is no record of the user's, to be written anywhere.
        context.drop(node.name, 'outdated', true)
        return
      }
      result = joined(left, answer.value, record)
    } catch (cause) {
      failed(cause)
      return
    }
    record.value = result
    put(record)
    record.value = answer
  }
}
