// The joins of a task: each is made once, though it reads two nodes, and takes the records of either side.
import type { ForeignAnswerNode, ForeignJoinNode } from '../topology/foreign-join.ts'
import type { StreamTableJoinNode, TableJoinNode } from '../topology/join-nodes.ts'
import type { StreamJoinNode } from '../topology/stream-join.ts'
import type { Topology } from '../topology/topology.ts'
import type { OnFailure } from './failures.ts'
import { foreignAnswer, type AnswerSides } from './foreign-answer.ts'
import { foreignJoin } from './foreign-join.ts'
import { lookupJoin } from './lookup-join.ts'
import type { Forward, TaskContext } from './processor.ts'
import type { RepartitionWriter } from './repartition-writer.ts'
import type { StreamJoin } from './stream-join.ts'
import { joinInput, streamJoin } from './stream-join-node.ts'
import { sideOf, tableJoin, type JoinSides } from './table-join.ts'
import type { TaskState } from './task-state.ts'
import { waitingFor } from './waiting-join.ts'

/** What joins are made of beside their nodes. */
export interface JoinSurroundings {
  readonly topology: Topology
  readonly state: TaskState
  readonly context: TaskContext
  readonly after: (name: string) => Forward
  readonly failuresOf: (node: StreamJoinNode | TableJoinNode | ForeignJoinNode) => OnFailure
  readonly writerOf: (node: ForeignAnswerNode) => RepartitionWriter
}

/** Makes the joins of one task. */
export class JoinBuilder {
  readonly #around: JoinSurroundings
  readonly #joins = new Map<string, StreamJoin>()
  readonly #sides = new Map<string, JoinSides>()
  readonly #answers = new Map<string, AnswerSides>()

  constructor(around: JoinSurroundings) {
    this.#around = around
  }

  /** What a join of streams does with the records of one of them. */
  ofStreams(node: StreamJoinNode, from: string): Forward {
    const { state, after, failuresOf, context } = this.#around
    let join = this.#joins.get(node.name)
    if (join === undefined) {
      const [stores, next] = [state.join(node.name), after(node.name)]
      join = streamJoin(node, stores, next, failuresOf(node), context)
      this.#joins.set(node.name, join)
    }
    return joinInput(node, join, from)
  }

  /** What a join of tables does with the changes of one of them. */
  ofTables(node: TableJoinNode, from: string): Forward {
    const { topology, state, after, failuresOf, context } = this.#around
    const { name } = node
    let sides = this.#sides.get(name)
    if (sides === undefined) {
      const both = { left: state.views.of(node.from), right: state.views.of(node.with) }
      const [plan, store] = [topology.tables.get(name)!, state.tableOf(name)]
      sides = tableJoin(node, plan, store, both, after(name), failuresOf(node), context)
      this.#sides.set(name, sides)
    }
    return sideOf(node, sides, from)
  }

  /** What the right side of a foreign-key join does with subscriptions, or with the changes of its table. */
  ofSubscriptions(node: ForeignAnswerNode, from: string): Forward {
    const { state, context, writerOf } = this.#around
    const { name } = node
    let sides = this.#answers.get(name)
    if (sides === undefined) {
      const [store, rows] = [state.subscriptions(name), state.views.of(node.with)]
      sides = foreignAnswer(node, store, rows, writerOf(node), context)
      this.#answers.set(name, sides)
    }
    return from === node.from ? sides.subscriptions : sides.changes
  }

  /** What a foreign-key join does with answers. */
  ofAnswers(node: ForeignJoinNode): Forward {
    const { topology, state, after, failuresOf, context } = this.#around
    const { name } = node
    const [plan, store] = [topology.tables.get(name)!, state.tableOf(name)]
    const rows = state.views.of(node.from)
    return foreignJoin(node, plan, store, rows, after(name), failuresOf(node), context)
  }

  /** What a stream joined with a table does with its records. */
  withTable(node: StreamTableJoinNode, failed: OnFailure): Forward {
    const { state, after, context } = this.#around
    const { name, graceMs } = node
    const join = lookupJoin(node, state.views.of(node.with), after(name), failed, context)
    const waiting = state.waiting(name)
    if (graceMs === undefined || waiting === undefined) return join
    return waitingFor(graceMs, waiting, context.timeOf(name), join, context)
  }
}
