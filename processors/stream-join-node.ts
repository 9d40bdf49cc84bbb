// A stream-stream join as a node of a task: its stores, and the two ways into it.
import { UnmatchedStore } from '../state/stores/unmatched-store.ts'
import type { Serde } from '../topology/serdes/serde.ts'
import { joinStoresOf, type StreamJoinNode } from '../topology/stream-join.ts'
import type { OnFailure } from './failures.ts'
import { StreamRecord, type Forward, type TaskContext } from './processor.ts'
import { joinBuffer, StreamJoin, type JoinStores } from './stream-join.ts'

type Merge = (left: unknown, right: unknown, record: StreamRecord) => unknown

/** The stores of a join, among those of the task. */
export function openJoinStores(node: StreamJoinNode, context: TaskContext): JoinStores {
  const [leftName, rightName, unmatchedName] = joinStoresOf(node)
  const [key, left, right] = [node.key, node.left, node.right] as unknown as Serde<unknown>[]
  const stores: JoinStores = {
    left: joinBuffer(leftName!, key!, left!, node.windows),
    right: joinBuffer(rightName!, key!, right!, node.windows),
    unmatched:
      unmatchedName === undefined
        ? undefined
        : new UnmatchedStore({ name: unmatchedName, key: key!, left: left!, right: right! }),
  }
  context.addStore(stores.left)
  context.addStore(stores.right)
  if (stores.unmatched !== undefined) context.addStore(stores.unmatched)
  return stores
}

/** The join of a node; its sides take the records of the two streams. */
export function streamJoin(
  node: StreamJoinNode,
  stores: JoinStores,
  next: Forward,
  failed: OnFailure,
  context: TaskContext,
): StreamJoin {
  const userMerge = node.merge as unknown as Merge
  const merged = new StreamRecord()
  const result = new StreamRecord()
  const { windows, outer, name } = node
  const merge = (left: unknown, right: unknown, key: unknown, timestampMs: number): unknown => {
    merged.key = key
    merged.timestampMs = timestampMs
    return userMerge(left ?? undefined, right ?? undefined, merged)
  }
  const { eventTime } = context
  if (outer.length > 0 && eventTime.goesOnWhenIdle) {
    context.onEmit(() => {
      try {
        join.goOn(eventTime.vouchedMs)
      } catch (cause) {
        failed(cause)
      }
    })
  }
  const join = new StreamJoin(
    stores,
    { ...windows, outer, merge },
    {
      forward(key, value, timestampMs) {
        result.key = key
        result.value = value
        result.timestampMs = timestampMs
        next(result)
      },
      drop: (reason) => context.drop(name, reason),
      failed,
    },
  )
  return join
}

/** What a join does with the records of one of the streams that it reads; those of itself go both ways. */
export function joinInput(node: StreamJoinNode, join: StreamJoin, from: string): Forward {
  if (node.from === node.with) {
    return (record) => {
      join.left(record)
      join.right(record)
    }
  }
  return from === node.from ? (record) => join.left(record) : (record) => join.right(record)
}
