// Joins two tables by their keys (Kafka's KTableKTableInnerJoin, -LeftJoin, -RightJoin and -OuterJoin, and
// the merger behind them): a change of either side looks the other side up.
import type { JoinKind, TableJoinNode } from '../topology/join-nodes.ts'
import type { TablePlan } from '../topology/table-plan.ts'
import type { OnFailure } from './failures.ts'
import type { Forward, StreamRecord, TaskContext } from './processor.ts'
import type { TableStore } from './table-store.ts'
import type { TableView } from './table-view.ts'

type MergeValues = (left: unknown, right: unknown, record: StreamRecord) => unknown

/** The processors of both sides. */
export interface JoinSides {
  readonly left: Forward
  readonly right: Forward
}

/** A join's result for a pair of values, null where there is none. */
export type Pairing = (left: unknown, right: unknown, record: StreamRecord) => unknown

/** What a kind of join makes of a pair; null stands for a missing side. */
export function pairingOf({ how, merge }: TableJoinNode): Pairing {
  const mergeValues = merge as unknown as MergeValues
  return (left, right, record) => {
    if (!isThere(how, left, right)) return null
    return mergeValues(left ?? undefined, right ?? undefined, record) ?? null
  }
}

function isThere(how: JoinKind, left: unknown, right: unknown): boolean {
  if (how === 'inner') return left !== null && right !== null
  return left !== null || (how === 'outer' && right !== null)
}

/** The processors of a join; `views` are those of the two tables. */
export function tableJoin(
  node: TableJoinNode,
  plan: TablePlan,
  store: TableStore | undefined,
  views: { readonly left: TableView; readonly right: TableView },
  next: Forward,
  failed: OnFailure,
  context: TaskContext,
): JoinSides {
  const pair = pairingOf(node)
  const { how, name } = node

  /** Whether a change matters: nothing came of it where the other side, or both, are missing. */
  const isIdle = (record: StreamRecord, other: unknown, isLeft: boolean): boolean => {
    if (other !== null) return false
    if (how === 'inner' || (how === 'left' && !isLeft)) return true
    return isNull(record.value) && isNull(record.oldValue)
  }

  const isKept = (record: StreamRecord): boolean => {
    try {
      store?.put(record.key, record.value, record.timestampMs)
      return true
    } catch (cause) {
      failed(cause)
      return false
    }
  }

  const sideOf = (isLeft: boolean): Forward => {
    const otherView = isLeft ? views.right : views.left
    return (record) => {
      if (isNull(record.key)) {
        context.drop(name, 'null-key')
        return
      }
      if (!record.isLatest) {
        context.drop(name, 'outdated')
        return
      }
      const { value, oldValue, timestampMs } = record
      let found: ReturnType<typeof otherView.get>
      let after: unknown
      let before: unknown = null
      try {
        // A table that is kept nowhere is worked out here, by functions of the user's.
        found = otherView.get(record.key)
        const other = found?.value ?? null
        if (isIdle(record, other, isLeft)) return
        const join = (own: unknown): unknown =>
          isLeft ? pair(own ?? null, other, record) : pair(other, own ?? null, record)
        after = join(value)
        if (plan.sendsOldValues) before = join(oldValue)
      } catch (cause) {
        failed(cause)
        return
      }
      record.value = after
      record.oldValue = before
      record.timestampMs = Math.max(timestampMs, found?.timestampMs ?? -1)
      if (isKept(record)) next(record)
      record.value = value
      record.oldValue = oldValue
      record.timestampMs = timestampMs
    }
  }
  return { left: sideOf(true), right: sideOf(false) }
}

/** What a join does with the changes of one of the tables that it reads; those of itself go both ways. */
export function sideOf(node: TableJoinNode, sides: JoinSides, from: string): Forward {
  const { left, right } = sides
  if (node.from !== node.with) return from === node.from ? left : right
  return (record) => {
    left(record)
    right(record)
  }
}

/** The joined table for those who look it up, worked out of both sides. */
export function joinView(node: TableJoinNode, left: TableView, right: TableView): TableView {
  const pair = pairingOf(node)
  return {
    get(key) {
      const [one, other] = [left.get(key), right.get(key)]
      const timestampMs = Math.max(one?.timestampMs ?? -1, other?.timestampMs ?? -1)
      const record = { key, timestampMs } as StreamRecord
      const value = pair(one?.value ?? null, other?.value ?? null, record)
      return value === null ? undefined : { value, timestampMs }
    },
  }
}

function isNull(value: unknown): boolean {
  return value === null || value === undefined
}
