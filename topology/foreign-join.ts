// Joins of two tables by a foreign key: what they take, and the three nodes that each becomes. Two of them
// cut: subscriptions go to the tasks that own the foreign keys, answers go back to those of the rows.
import type { JoinKind, Merge } from './join-nodes.ts'
import { TopologyError } from './errors.ts'
import type { Derived, Joined, Mapper, RecordContext, TopologyNode } from './node.ts'
import type { Serde } from './serdes/serde.ts'
import { orFail } from './skin.ts'
import type { OperatorOptions, Origin } from './stream-specs.ts'
import type { TableStore } from './table-nodes.ts'

/** How a row finds one of another table, and what becomes of both. */
export interface ForeignJoinSpec<K, V, F, R, M, W> extends OperatorOptions {
  /** The foreign key of a row: the key of the other table's row. Null finds none. */
  readonly on: (value: V, record: RecordContext<K>) => F | null
  /** The result of two that belong together. */
  readonly merge: (left: V, right: M, record: RecordContext<K>) => W
  /** Keeps the result in a store of the node's name, written with this serde. */
  readonly store?: Serde<W>
  /** Serdes where they do not follow from what comes before. */
  readonly serdes?: {
    readonly left?: Serde<V>
    readonly right?: Serde<R>
    /** Of what `merge` makes: for a result that is kept only where something behind looks it up. */
    readonly result?: Serde<W>
  }
}

interface Foreign {
  /** Name of the join that the node belongs to, for drops and errors. */
  readonly join: string
}

/** Subscribes each row of the left table to its foreign key (Kafka's SubscriptionSendProcessor). */
export interface ForeignSubscriptionNode extends Derived<'foreign-subscription'>, Foreign {
  readonly isLeft: boolean
  readonly on: Mapper
  /** Of the left table. */
  readonly key: Serde<never>
  readonly value: Serde<never>
  readonly foreignKey: Serde<never>
}

/**
 * Answers subscriptions with rows of the right table, the node's `with`: when they come, and when the rows
 * change (Kafka's SubscriptionReceive, SubscriptionJoin and ForeignTableJoin processors).
 */
export interface ForeignAnswerNode extends Joined<'foreign-answer'>, Foreign {
  /** Of the left table. */
  readonly key: Serde<never>
  readonly foreignKey: Serde<never>
  /** Of the right table. */
  readonly value: Serde<never>
}

/** Joins the answers, the node's `with`, to the rows of the left table (Kafka's ResponseJoinProcessor). */
export interface ForeignJoinNode extends Joined<'foreign-join'> {
  readonly isLeft: boolean
  readonly merge: Merge
  readonly key: Serde<never>
  /** Of the left table: answers to a value that it has no more are left out, its bytes tell. */
  readonly value: Serde<never>
  /** How the result is kept, where it is; undefined where no serde is known. */
  readonly store: TableStore | undefined
  /** Whether it is kept even when nothing behind it needs it, to be queried. */
  readonly isKept: boolean
}

/** The nodes of foreign-key joins that cut: their topics have the partitions of the table they go to. */
export type ForeignCutNode = ForeignSubscriptionNode | ForeignAnswerNode

/** Whether the records of a node are those between the two tables of a foreign-key join. */
export function isForeignCut(node: TopologyNode): node is ForeignCutNode {
  return node.kind === 'foreign-subscription' || node.kind === 'foreign-answer'
}

/** Name of the store in which an answering node keeps who has subscribed to what. */
export const subscriptionStoreOf = ({ join }: Foreign): string => `${join}-subscription-store`

/**
 * The nodes of a join, in the order in which they are to be appended.
 * @throws TopologyError when a serde is missing, or the join is an outer one.
 */
export function foreignJoin(
  name: string,
  how: JoinKind,
  left: Origin,
  right: Origin,
  spec: ForeignJoinSpec<never, never, never, never, never, unknown>,
): readonly [ForeignSubscriptionNode, ForeignAnswerNode, ForeignJoinNode] {
  const { on, merge, store: kept, serdes = {}, onError, onDrop } = spec
  if (how === 'outer') {
    throw new TopologyError(
      name,
      'there is no outer join by a foreign key: rows that none points to have no key to come out with; use leftJoin',
    )
  }
  const isLeft = how === 'left'
  const key = orFail(name, left.key)
  const foreignKey = orFail(name, right.key)
  const [leftValue, rightValue] = [serdes.left ?? left.value, serdes.right ?? right.value]
  const [of, answered] = [valueOf(name, 'left', leftValue), valueOf(name, 'right', rightValue)]
  const result = (kept ?? serdes.result) as Serde<never> | undefined
  const subscription = `${name}-subscription-registration`
  const answer = `${name}-subscription-response`
  const shared = { join: name, key, foreignKey } as const
  return [
    {
      ...{ kind: 'foreign-subscription', name: subscription, from: left.from, ...shared },
      ...{ isLeft, on, value: of, onError },
    },
    {
      ...{ kind: 'foreign-answer', name: answer, from: subscription, with: right.from, ...shared },
      value: answered,
    },
    {
      ...{ kind: 'foreign-join', name, from: left.from, with: answer, isLeft, merge, key },
      value: of,
      store: result === undefined ? undefined : { key, value: result },
      isKept: kept !== undefined,
      onError,
      onDrop,
    },
  ]
}

function valueOf(name: string, side: string, serde: Serde<never> | undefined): Serde<never> {
  if (serde !== undefined) return serde
  throw new TopologyError(
    name,
    `rows of the ${side} table go from task to task, and how they are written does not follow from what comes before: give it as serdes.${side}`,
  )
}
