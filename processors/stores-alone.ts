// The stores of a task without its processors: filled from what the task has saved, and read, never run. Kafka
// Streams' standby tasks have such stores. Used to answer from state that is behind its owner's.
import { KeyTable } from '../state/key-table.ts'
import type { Subtopology } from '../topology/subtopology.ts'
import { isPlainCount } from '../topology/table-plan.ts'
import type { Topology } from '../topology/topology.ts'
import { EventTimeLimits, OperatorTime } from './operator-time.ts'
import type { CacheCounts, TaskContext, TaskStore } from './processor.ts'
import { TaskState } from './task-state.ts'
import { windowedCount } from './windowed-count.ts'

/** Whose stores are wanted. */
export interface StoresAloneOptions {
  readonly topology: Topology
  readonly part: Subtopology
  readonly partition: number
  /** The first topic that the task reads. */
  readonly topic: string
}

/** All stores of one task, empty at first. */
export class StoresAlone {
  /** To be asked by name. */
  readonly state: TaskState
  readonly #context: ReadContext

  constructor({ topology, part, partition, topic }: StoresAloneOptions) {
    const context = new ReadContext(partition)
    const { nodes } = part
    this.state = new TaskState(nodes, topology.tables, context, topic)
    for (const node of nodes) {
      if (node.kind !== 'windowed-count' || !isPlainCount(topology.tables.get(node.name)!)) continue
      const nothing = () => (): void => undefined
      windowedCount(node, new KeyTable(node.key), nothing, context, this.state)
    }
    this.#context = context
  }

  /** In the order in which they were opened. */
  get all(): readonly TaskStore[] {
    return this.#context.stores
  }

  /** Takes over the times of operators as they were saved: what they have closed is not shown. */
  restoreTimes(times: Readonly<Record<string, number>>): void {
    for (const [node, timeMs] of Object.entries(times)) this.#context.timeOf(node).restore(timeMs)
  }
}

/** What stores need of a task to be opened; nothing runs, so nothing else is ever asked for. */
class ReadContext implements TaskContext {
  readonly stores: TaskStore[] = []
  readonly partition: number
  readonly eventTime = new EventTimeLimits()
  readonly nowMs = 0
  readonly oldestMs = Infinity
  readonly punctuatesAtMs = Infinity
  readonly headers = undefined
  readonly place = undefined
  streamTimeMs = -1
  readonly #times = new Map<string, OperatorTime>()

  constructor(partition: number) {
    this.partition = partition
  }

  addStore(store: TaskStore): void {
    this.stores.push(store)
  }

  timeOf(node: string): OperatorTime {
    let time = this.#times.get(node)
    if (time === undefined) this.#times.set(node, (time = new OperatorTime(this.eventTime)))
    return time
  }

  cacheOf(): CacheCounts {
    return { requests: 0, hits: 0, heldBytes: 0 }
  }

  onEmit(): void {
    // Nothing goes out.
  }

  behind(): void {
    // No row comes.
  }

  drop(): void {
    // No row comes.
  }

  unmatched(): void {
    // No row comes.
  }

  punctuate(): void {
    // Nothing is scheduled.
  }

  schedule(): never {
    throw new Error('stores that are only read have no punctuators')
  }

  output(): never {
    throw new Error('stores that are only read put nothing out')
  }
}
