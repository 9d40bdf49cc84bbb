// The left side of a foreign-key join (Kafka's SubscriptionSendProcessor): tells the tasks that own the
// foreign keys which rows point to them, and which do no more.
import type { ForeignSubscriptionNode } from '../topology/foreign-join.ts'
import type { OnFailure } from './failures.ts'
import type { Instruction } from './foreign-serdes.ts'
import type { Forward, StreamRecord, TaskContext } from './processor.ts'
import type { RepartitionWriter } from './repartition-writer.ts'
import { sameKeys } from './same-keys.ts'
import { hasherOf } from './value-hash.ts'

type On = (value: unknown, record: StreamRecord) => unknown

/** Sends subscriptions through `writer`. A change that user code fails on goes to `failed`. */
export function foreignSubscription(
  node: ForeignSubscriptionNode,
  writer: RepartitionWriter,
  failed: OnFailure,
  context: TaskContext,
): Forward {
  const { isLeft, join } = node
  const on = node.on as unknown as On
  const isSame = sameKeys(node.foreignKey)
  const hash = hasherOf(node.value)

  const foreignKeyOf = (value: unknown, record: StreamRecord): unknown =>
    (value ?? null) === null ? null : (on(value, record) ?? null)

  return (record) => {
    const { value, oldValue, timestampMs } = record
    // What only history took changes no row.
    if (!record.isLatest) {
      context.drop(join, 'outdated')
      return
    }
    const isDeleted = (value ?? null) === null
    if (isDeleted && (oldValue ?? null) === null) return
    let before: unknown
    let after: unknown
    let isMoved: boolean
    let valueHash: Uint8Array | null
    try {
      before = foreignKeyOf(oldValue, record)
      after = foreignKeyOf(value, record)
      isMoved = before !== null && (after === null || !isSame(before, after))
      valueHash = isDeleted ? null : hash(value)
    } catch (cause) {
      failed(cause)
      return
    }
    const { key } = record
    const { partition } = context
    const send = (foreignKey: unknown, instruction: Instruction): void =>
      writer.send(foreignKey, timestampMs, { instruction, hash: valueHash, key, partition })

    if (isLeft) {
      if (isMoved) send(before, 'delete')
      // A row without a foreign key, or deleted, is answered, too: its result comes from the answer.
      send(after, 'answer')
      return
    }
    if (after === null) {
      if (before !== null) send(before, 'delete-and-answer')
      else context.drop(join, 'null-key')
      return
    }
    if (isMoved) send(before, 'delete')
    // Only what pointed elsewhere before may have a result to be deleted.
    send(after, isMoved ? 'answer' : 'answer-if-found')
  }
}
