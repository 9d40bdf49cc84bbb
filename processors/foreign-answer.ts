// The right side of a foreign-key join (Kafka's SubscriptionReceive, SubscriptionJoin and ForeignTableJoin
// processors): keeps who has subscribed to which row, and sends them the row when they come or it changes.
import { MemoryKeyValueStore } from '../state/stores/key-value-store.ts'
import { subscriptionStoreOf, type ForeignAnswerNode } from '../topology/foreign-join.ts'
import { bytes } from '../topology/serdes/primitive.ts'
import {
  subscriberSerde,
  SubscriptionKeys,
  type Answer,
  type Subscriber,
  type Subscription,
} from './foreign-serdes.ts'
import { userError, type Forward, type TaskContext } from './processor.ts'
import type { RepartitionWriter } from './repartition-writer.ts'
import type { TableView } from './table-view.ts'

/** Who has subscribed, by foreign key and key of the row. */
export type SubscriptionStore = MemoryKeyValueStore<Uint8Array, Subscriber>

/** The processors of both sides. */
export interface AnswerSides {
  readonly subscriptions: Forward
  readonly changes: Forward
}

/** The store of subscriptions, among those of the task. */
export function openSubscriptions(
  node: ForeignAnswerNode,
  context: TaskContext,
): SubscriptionStore {
  const store: SubscriptionStore = new MemoryKeyValueStore({
    name: subscriptionStoreOf(node),
    key: bytes,
    value: subscriberSerde,
  })
  context.addStore(store)
  return store
}

/** Answers through `writer`; `rows` is the view of the right table. */
export function foreignAnswer(
  node: ForeignAnswerNode,
  store: SubscriptionStore,
  rows: TableView,
  writer: RepartitionWriter,
  context: TaskContext,
): AnswerSides {
  const { join } = node
  const keys = new SubscriptionKeys(node.foreignKey, node.key)

  const keep = (foreignKey: unknown, { instruction, hash, key, partition }: Subscription): void => {
    const isKept = instruction === 'answer' || instruction === 'answer-if-found'
    store.put(keys.of(foreignKey, key), isKept ? { hash, partition } : null)
  }

  return {
    subscriptions({ key: foreignKey, value, timestampMs }) {
      const subscription = value as Subscription
      const { instruction, hash, partition } = subscription
      const hasKey = (foreignKey ?? null) !== null
      if (hasKey) keep(foreignKey, subscription)
      if (instruction === 'delete') return
      const row = hasKey ? rows.get(foreignKey) : undefined
      if (instruction === 'answer-if-found' && row === undefined) return
      const isDeleted = instruction === 'delete-and-answer'
      const answer: Answer = { hash, value: isDeleted ? null : (row?.value ?? null) }
      const answeredMs = Math.max(timestampMs, row?.timestampMs ?? -1)
      writer.sendTo(partition, subscription.key, answeredMs, answer)
    },

    changes(record) {
      const { key: foreignKey, value, timestampMs } = record
      if ((foreignKey ?? null) === null) {
        context.drop(join, 'null-key')
        return
      }
      if (!record.isLatest) {
        context.drop(join, 'outdated')
        return
      }
      let prefix: Uint8Array
      try {
        prefix = keys.prefixOf(foreignKey)
      } catch (cause) {
        throw userError(join, cause)
      }
      for (const { key, value: subscriber } of store.prefixScan(prefix)) {
        const answer: Answer = { hash: subscriber.hash, value: value ?? null }
        writer.sendTo(subscriber.partition, keys.keyIn(key, prefix.length), timestampMs, answer)
      }
    },
  }
}
