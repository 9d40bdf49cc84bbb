// Turns one sub-topology into the processors of a task: what reads its topics, with all that is behind.
import { KeyTable } from '../state/key-table.ts'
import { isForeignCut } from '../topology/foreign-join.ts'
import {
  serdesOfSource,
  type ErasedSinkTopic,
  type ErasedTopic,
  type SourceNode,
} from '../topology/node.ts'
import type { RowReaderFactory } from '../topology/serdes/row-reader.ts'
import type { CutNode, Subtopology } from '../topology/subtopology.ts'
import type { Topology } from '../topology/topology.ts'
import type { RepartitionFormat } from './cut-rows.ts'
import { failuresOf } from './failures.ts'
import { inTurn, unpackingChange } from './forwards.ts'
import { FrameInput } from './frame-input.ts'
import { NodeBuilder } from './node-builder.ts'
import { Parser, type ReadingGuard } from './parse.ts'
import type { Forward, TaskContext } from './processor.ts'
import type { RepartitionWriter } from './repartition-writer.ts'
import { SourceInput } from './source-input.ts'
import type { GlobalTables } from './global-tables.ts'
import type { TaskState } from './task-state.ts'
import { keyOfCut, travellingOf } from './travelling.ts'

/** The processors of a task. */
export interface TaskProcessors {
  /** What reads each topic, in the order of the sub-topology's inputs. */
  readonly heads: ReadonlyMap<string, SourceInput | FrameInput>
  /** The repartition topics that this task writes. */
  readonly writers: readonly RepartitionWriter[]
  readonly state: TaskState
}

/** A node that reads a topic, and whether one of the topic's records carries several rows. */
export interface Reading {
  readonly node: string
  readonly isOfMany: boolean
}

/** What building needs to know beside the nodes. */
export interface BuildOptions {
  readonly topology: Topology
  readonly applicationId: string
  /** Tasks that write the repartition topic of a node that cuts. */
  readonly writersOf: (cut: string) => number
  /** The topic with the value format that the configuration picked. */
  readonly resolve: <T extends ErasedSinkTopic>(topic: T) => T
  /** The global tables and stores of the worker. */
  readonly globals: Pick<GlobalTables, 'viewOf' | 'stores'>
  /** How rows are written to repartition topics; in frames where left out. Either is read. */
  readonly repartitionFormat?: RepartitionFormat | undefined
  /** What reads rows with declared fields; the one in TypeScript where it is not given. */
  readonly readerOf?: RowReaderFactory | undefined
  /** Counts the records that come to a node on their way to a forward; nothing is counted where left out. */
  readonly counted?: ((node: string, next: Forward) => Forward) | undefined
  /** What is to run in the place of what is behind a node that reads a topic. */
  readonly guard?: (next: Forward, reading: Reading) => Forward
  /** What is asked while the rows of a topic are read by the parse node of that number of its source. */
  readonly guardReading?: ((topic: string, parser: number) => ReadingGuard | undefined) | undefined
  /** How far an event time may be ahead of the wall clock; any distance where left out. */
  readonly futureMsMax?: (() => number) | undefined
}

/** Makes the processors of one task. @throws StaticTableError when a static table cannot be read. */
export function buildTask(
  part: Subtopology,
  context: TaskContext,
  options: BuildOptions,
): TaskProcessors {
  return new TaskBuilder(part, context, options).build()
}

class TaskBuilder {
  readonly #part: Subtopology
  readonly #context: TaskContext
  readonly #options: BuildOptions
  readonly #nodes: NodeBuilder

  constructor(part: Subtopology, context: TaskContext, options: BuildOptions) {
    this.#part = part
    this.#context = context
    this.#options = options
    this.#nodes = new NodeBuilder(part, context, options)
  }

  build(): TaskProcessors {
    const heads = new Map<string, SourceInput | FrameInput>()
    for (const input of this.#part.inputs) {
      if (input.kind === 'source') this.#addSource(input, heads)
      else heads.set(this.#nodes.topicOf(input), this.#frameInput(input))
    }
    this.#nodes.start()
    return { heads, writers: this.#nodes.writers, state: this.#nodes.state }
  }

  #addSource(node: SourceNode, heads: Map<string, SourceInput | FrameInput>): void {
    const [first] = node.topics
    for (const topic of node.topics) {
      const parsers = this.#parsersOf(node, topic)
      heads.set(topic.name, new SourceInput(topic, first!.key, parsers, this.#context))
    }
  }

  #parsersOf(node: SourceNode, topic: ErasedTopic): Parser[] {
    const context = this.#context
    const { readerOf, futureMsMax, guardReading, resolve, counted = uncounted } = this.#options
    const guarded = (name: string, next: Forward): Forward => this.#guarded(name, false, next)
    const children = this.#nodes.childrenOf(node.name)
    const parsers = children.flatMap((child, i) =>
      child.kind === 'parse'
        ? [
            new Parser(
              child,
              guarded(child.name, counted(child.name, this.#nodes.after(child.name))),
              context,
              readerOf,
              futureMsMax,
              guardReading?.(topic.name, i),
            ),
          ]
        : [],
    )
    const others = children.filter(({ kind }) => kind !== 'parse')
    if (others.length > 0 || parsers.length === 0) {
      const { value: decode } = serdesOfSource(node, topic, resolve)
      const spec = { ...node, decode, takesNull: true, keepsValues: true }
      const next = inTurn(others.map((child) => this.#nodes.forwardOf(child, node.name)))
      const guard = guardReading?.(topic.name, children.length)
      parsers.push(
        new Parser(spec, guarded(node.name, next), context, undefined, futureMsMax, guard),
      )
    }
    return parsers
  }

  #frameInput(cut: CutNode): FrameInput {
    const { topology, writersOf } = this.#options
    const keys = this.#nodes.keysBehind(cut.name, () => new KeyTable(keyOfCut(cut).serde))
    const value = travellingOf(cut, topology.nodes)
    const [topic, writers] = [this.#nodes.topicOf(cut), writersOf(cut.name)]
    // The tables of a foreign-key join read each other: what is behind one of them must not close windows
    // because the other has come further.
    const movesTime = !isForeignCut(cut)
    const failed = failuresOf(cut.name, cut.onError ?? topology.onError, this.#context)
    const spec = { topic, writers, keys, value, movesTime, failed }
    const after = this.#nodes.after(cut.name)
    const next = cut.kind === 'table-group' ? unpackingChange(after) : after
    return new FrameInput(spec, this.#guarded(cut.name, true, next), this.#context)
  }

  #guarded(node: string, isOfMany: boolean, next: Forward): Forward {
    return this.#options.guard?.(next, { node, isOfMany }) ?? next
  }
}

const uncounted = (_node: string, next: Forward): Forward => next
