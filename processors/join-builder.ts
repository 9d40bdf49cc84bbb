// The joins of a task: each is made once, though it reads two nodes, and takes the records of either side.
import type { StreamTableJoinNode, TableJoinNode } from '../topology/join-nodes.ts'
import type { StreamJoinNode } from '../topology/stream-join.ts'
import type { Topology } from '../topology/topology.ts'
import type { OnFailure } from './failures.ts'
import { lookupJoin } from './lookup-join.ts'
import type { Forward, TaskContext } from './processor.ts'
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
  readonly failuresOf: (node: StreamJoinNode | TableJoinNode) => OnFailure
}

/** Makes the joins of one task. */
export class JoinBuilder {
  readonly #around: JoinSurroundings
  readonly #joins = new Map<string, StreamJoin>()
  readonly #sides = new Map<string, JoinSides>()

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

  /** What a stream joined with a table does with its records. */
  withTable(node: StreamTableJoinNode, failed: OnFailure): Forward {
    const { state, after, context } = this.#around
    const { name, graceMs } = node
    const join = lookupJoin(node, state.views.of(node.with), after(name), failed, context)
    const waiting = state.waiting(name)
    if (graceMs === undefined || waiting === undefined) return join
    return waitingFor(graceMs, waiting, context.timeOf(name), join)
  }
}
