// Turns one sub-topology into the processors of a task: nodes become forward functions, composed once
// from the sinks up. The one place that knows all kinds, and where erased types meet the processors.
import { KeyTable } from '../state/key-table.ts'
import { assertNever, type ErasedSinkTopic, type TopologyNode } from '../topology/node.ts'
import { keepsNullKeys } from '../topology/null-keys.ts'
import { reads, type SourceNode, type WindowedAggregateNode } from '../topology/node.ts'
import type { RowReaderFactory } from '../topology/serdes/row-reader.ts'
import type { StreamTableJoinNode, TableJoinNode } from '../topology/join-nodes.ts'
import { repartitionTopic, type CutNode, type Subtopology } from '../topology/subtopology.ts'
import type { StreamJoinNode } from '../topology/stream-join.ts'
import { isPlainCount, type TablePlan } from '../topology/table-plan.ts'
import type { Topology } from '../topology/topology.ts'
import { closesAfterMs } from '../topology/validate-windows.ts'
import { aggregate, tableAggregate } from './aggregate.ts'
import { cogroupInput } from './cogroup.ts'
import { failuresOf, type OnFailure } from './failures.ts'
import { inTurn, unpackingChange } from './forwards.ts'
import { FrameInput } from './frame-input.ts'
import { groupInPlace } from './group.ts'
import { lookupJoin } from './lookup-join.ts'
import { Parser } from './parse.ts'
import { userProcessor, type Starts } from './process.ts'
import type { Forward, TaskContext } from './processor.ts'
import { recordWindowedAggregate } from './record-windowed-aggregate.ts'
import { RepartitionWriter } from './repartition-writer.ts'
import { dynamicSink, sink } from './sink.ts'
import { SourceInput } from './source-input.ts'
import * as stateless from './stateless.ts'
import { staticJoin } from './static-join.ts'
import type { StreamJoin } from './stream-join.ts'
import { joinInput, streamJoin } from './stream-join-node.ts'
import { suppress } from './suppress-node.ts'
import { tableFilter, tableMapValues, toTable } from './table.ts'
import { tableGroup } from './table-group.ts'
import { sideOf, tableJoin, type JoinSides } from './table-join.ts'
import type { TableView } from './table-view.ts'
import { TaskState } from './task-state.ts'
import { keyOfCut, travellingOf } from './travelling.ts'
import { waitingFor } from './waiting-join.ts'
import { countAsAggregate, windowedAggregate } from './windowed-aggregate.ts'
import { windowedCount } from './windowed-count.ts'

/** The processors of a task. */
export interface TaskProcessors {
  /** What reads each topic, in the order of the sub-topology's inputs. */
  readonly heads: ReadonlyMap<string, SourceInput | FrameInput>
  /** The repartition topics that this task writes. */
  readonly writers: readonly RepartitionWriter[]
  readonly state: TaskState
}

/** What building needs to know beside the nodes. */
export interface BuildOptions {
  readonly topology: Topology
  readonly applicationId: string
  /** Tasks that write the repartition topic of a node that cuts. */
  readonly writersOf: (cut: string) => number
  /** The topic with the value format that the configuration picked. */
  readonly resolve: (topic: ErasedSinkTopic) => ErasedSinkTopic
  /** The global table that a node gives. */
  readonly globals: (node: string) => TableView
  /** What reads rows with declared fields; the one in TypeScript where it is not given. */
  readonly readerOf?: RowReaderFactory | undefined
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
  readonly #writers: RepartitionWriter[] = []
  readonly #starts: Starts = new Map()
  readonly #state: TaskState
  /** What comes after a node, made once: a node that reads two others is one. */
  readonly #afters = new Map<string, Forward>()
  readonly #joins = new Map<string, StreamJoin>()
  readonly #built = new Map<string, Forward>()
  readonly #sides = new Map<string, JoinSides>()
  /** The ids of keys behind a grouping, by its node. */
  readonly #keyTables = new Map<string, KeyTable>()

  constructor(part: Subtopology, context: TaskContext, options: BuildOptions) {
    this.#part = part
    this.#context = context
    this.#options = options
    const topic = this.#firstTopic()
    this.#state = new TaskState(part.nodes, options.topology.tables, context, topic)
  }

  build(): TaskProcessors {
    const heads = new Map<string, SourceInput | FrameInput>()
    for (const input of this.#part.inputs) {
      if (input.kind === 'source') this.#addSource(input, heads)
      else heads.set(this.#topicOf(input), this.#frameInput(input))
    }
    for (const { name } of this.#part.nodes) this.#starts.get(name)?.()
    return { heads, writers: this.#writers, state: this.#state }
  }

  #addSource(node: SourceNode, heads: Map<string, SourceInput | FrameInput>): void {
    const [first] = node.topics
    for (const topic of node.topics) {
      const parsers = this.#parsersOf(node)
      heads.set(topic.name, new SourceInput(topic, first!.key, parsers, this.#context))
    }
  }

  #parsersOf(node: SourceNode): Parser[] {
    const context = this.#context
    const children = this.#childrenOf(node.name)
    const parsers = children.flatMap((child) =>
      child.kind === 'parse'
        ? [new Parser(child, this.#after(child.name), context, this.#options.readerOf)]
        : [],
    )
    const others = children.filter(({ kind }) => kind !== 'parse')
    if (others.length > 0 || parsers.length === 0) {
      const spec = { ...node, decode: node.topics[0]!.value, takesNull: true, keepsValues: true }
      const next = inTurn(others.map((child) => this.#forwardOf(child, node.name)))
      parsers.push(new Parser(spec, next, context))
    }
    return parsers
  }

  #frameInput(cut: CutNode): FrameInput {
    const { topology, writersOf } = this.#options
    const keys = this.#keysBehind(cut.name, () => new KeyTable(keyOfCut(cut).serde))
    const value = travellingOf(cut, topology.nodes)
    const spec = { topic: this.#topicOf(cut), writers: writersOf(cut.name), keys, value }
    const after = this.#after(cut.name)
    const next = cut.kind === 'table-group' ? unpackingChange(after) : after
    return new FrameInput(spec, next, this.#context)
  }

  #firstTopic(): string {
    const input = this.#part.inputs[0]!
    return input.kind === 'source' ? input.topics[0]!.name : this.#topicOf(input)
  }

  #topicOf(cut: CutNode): string {
    return repartitionTopic(this.#options.applicationId, cut.name)
  }

  #childrenOf(name: string): TopologyNode[] {
    return this.#part.nodes.filter((node) => reads(node, name))
  }

  #after(name: string): Forward {
    let after = this.#afters.get(name)
    if (after === undefined) {
      after = inTurn(this.#childrenOf(name).map((node) => this.#forwardOf(node, name)))
      this.#afters.set(name, after)
    }
    return after
  }

  /** What a node does with the records of one that it reads; a join takes its sides apart. */
  #forwardOf(node: TopologyNode, from: string): Forward {
    if (node.kind === 'stream-join') return joinInput(node, this.#joinOf(node), from)
    if (node.kind === 'cogroup') return cogroupInput(node, from, this.#after(node.name))
    if (node.kind === 'stream-table-join' && from === node.with) return () => undefined
    if (node.kind === 'table-join') return sideOf(node, this.#sidesOf(node), from)
    let forward = this.#built.get(node.name)
    if (forward === undefined) this.#built.set(node.name, (forward = this.#make(node)))
    return forward
  }

  #tableLookup(node: StreamTableJoinNode, failed: OnFailure): Forward {
    const { name, graceMs } = node
    const table = this.#state.views.of(node.with)
    const join = lookupJoin(node, table, this.#after(name), failed, this.#context)
    const waiting = this.#state.waiting(name)
    if (graceMs === undefined || waiting === undefined) return join
    return waitingFor(graceMs, waiting, this.#context.timeOf(name), join)
  }

  #sidesOf(node: TableJoinNode): JoinSides {
    let sides = this.#sides.get(node.name)
    if (sides === undefined) {
      const { topology } = this.#options
      const { name } = node
      const failed = failuresOf(name, node.onError ?? topology.onError, this.#context)
      const { views } = this.#state
      const both = { left: views.of(node.from), right: views.of(node.with) }
      const [plan, store] = [topology.tables.get(name)!, this.#state.tableOf(name)]
      sides = tableJoin(node, plan, store, both, this.#after(name), failed, this.#context)
      this.#sides.set(name, sides)
    }
    return sides
  }

  #make(node: TopologyNode): Forward {
    const { topology, resolve } = this.#options
    const context = this.#context
    const state = this.#state
    const { name } = node
    const failed = this.#failuresOf(node)
    const plan = (): TablePlan => topology.tables.get(name)!
    const after = (): Forward => this.#after(name)
    switch (node.kind) {
      case 'filter':
        return stateless.filter(node, after(), failed)
      case 'map':
        return stateless.map(node, after(), failed)
      case 'map-values':
        return stateless.mapValues(node, after(), failed)
      case 'flat-map':
        return stateless.flatMap(node, after(), failed)
      case 'flat-map-values':
        return stateless.flatMapValues(node, after(), failed)
      case 'select-key':
        return stateless.selectKey(node, after(), failed)
      case 'peek':
        return stateless.peek(node, after(), failed)
      case 'for-each':
        return stateless.forEach(node, failed)
      case 'merge':
      case 'branch':
      case 'to-stream':
        return after()
      case 'split':
        return stateless.split(node, this.#branchesOf(name), failed, context)
      case 'group':
      case 'repartition':
        return this.#isCut(node) ? this.#writer(node, failed).process : this.#group(node)
      case 'table-group':
        return tableGroup(node, this.#writer(node, failed), failed)
      case 'windowed-count':
        if (!isPlainCount(plan())) return this.#windowed(countAsAggregate(node), failed)
        return windowedCount(node, this.#keyTables.get(node.from)!, after, context, state)
      case 'aggregate':
        return aggregate(node, plan(), state.table(name), after, failed, context)
      case 'windowed-aggregate':
        return this.#windowed(node, failed)
      case 'table-aggregate':
        return tableAggregate(node, plan(), state.table(name), after, failed, context)
      case 'suppress': {
        const waitsMs =
          node.suppression.until === 'window-close' ? closesAfterMs(name, topology.nodes) : 0
        return suppress(node, state.suppressed(name), waitsMs, after, context)
      }
      case 'to-table':
        return toTable(node, plan(), state.tableOf(name), after(), context)
      case 'table-filter':
        return tableFilter(node, plan(), state.tableOf(name), after(), failed, context)
      case 'table-map-values':
        return tableMapValues(node, plan(), state.tableOf(name), after(), failed, context)
      case 'process':
        return userProcessor(node, state.processStores, after(), failed, context, this.#starts)
      case 'static-join':
        return staticJoin(node, after(), context)
      case 'stream-table-join':
        return this.#tableLookup(node, failed)
      case 'global-join':
        return lookupJoin(node, this.#options.globals(node.table), after(), failed, context)
      case 'sink':
        return sink(node, resolve(node.topic), context)
      case 'dynamic-sink':
        return dynamicSink(node, failed, context)
      case 'source':
      case 'parse':
      case 'cogroup':
      case 'stream-join':
      case 'table-join':
      case 'global-table':
        throw new Error(`${name} is made by what it reads`)
      default:
        return assertNever(node)
    }
  }

  #windowed(node: WindowedAggregateNode, failed: OnFailure): Forward {
    const { name, windows } = node
    const plan = this.#options.topology.tables.get(name)!
    const after = (): Forward => this.#after(name)
    const state = this.#state
    if (windows.kind === 'time-windows' || windows.kind === 'unlimited-windows') {
      return windowedAggregate(node, plan, state.windowed(name), after, failed, this.#context)
    }
    const store = state.recordWindowed(name)
    return recordWindowedAggregate(node, plan, store, after, failed, this.#context)
  }

  #joinOf(node: StreamJoinNode): StreamJoin {
    const { name } = node
    const known = this.#joins.get(name)
    if (known !== undefined) return known
    const [stores, next, failed] = [
      this.#state.join(name),
      this.#after(name),
      this.#failuresOf(node),
    ]
    const join = streamJoin(node, stores, next, failed, this.#context)
    this.#joins.set(name, join)
    return join
  }

  #failuresOf(node: TopologyNode): OnFailure {
    return failuresOf(node.name, node.onError ?? this.#options.topology.onError, this.#context)
  }

  #isCut(node: TopologyNode): node is CutNode {
    const { subtopologies } = this.#options.topology
    return subtopologies.some(({ inputs }) => inputs.some((input) => input === node))
  }

  #writer(cut: CutNode, failed: OnFailure): RepartitionWriter {
    const value = travellingOf(cut, this.#options.topology.nodes)
    const vouches = cut.kind === 'group'
    const topic = this.#topicOf(cut)
    const takesNullKeys = keepsNullKeys(cut.name, this.#options.topology.nodes)
    const key = keyOfCut(cut)
    const spec = { node: cut.name, topic, key, value, vouches, takesNullKeys, failed }
    const writer = new RepartitionWriter(spec, this.#context)
    this.#writers.push(writer)
    return writer
  }

  /** A grouping in place; only counts by key id need the ids. */
  #group(node: Extract<TopologyNode, { kind: 'group' | 'repartition' }>): Forward {
    const needsIds = this.#childrenOf(node.name).some(({ kind }) => kind === 'windowed-count')
    if (node.kind !== 'group' || !needsIds) return this.#after(node.name)
    const keys = this.#keysBehind(node.name, () => new KeyTable(node.key.serde))
    return groupInPlace(node, keys, this.#after(node.name))
  }

  #keysBehind(name: string, make: () => KeyTable): KeyTable {
    const keys = this.#keyTables.get(name) ?? make()
    this.#keyTables.set(name, keys)
    return keys
  }

  /** By index; a branch that nothing reads takes its records all the same. */
  #branchesOf(split: string): (Forward | undefined)[] {
    const branches: (Forward | undefined)[] = []
    for (const node of this.#childrenOf(split)) {
      if (node.kind === 'branch') branches[node.index] = this.#forwardOf(node, split)
    }
    return branches
  }
}
