// Turns the nodes of a sub-topology into forward functions, composed once from the sinks up. The one place
// that knows all kinds, and where erased types meet the processors. The task's builder asks it.
import { KeyTable } from '../state/key-table.ts'
import { assertNever, type TopologyNode } from '../topology/node.ts'
import { reads, type WindowedAggregateNode } from '../topology/node.ts'
import { repartitionTopic, type CutNode, type Subtopology } from '../topology/subtopology.ts'
import { isPlainCount, type TablePlan } from '../topology/table-plan.ts'
import { closesAfterMs } from '../topology/validate-windows.ts'
import { aggregate, tableAggregate } from './aggregate.ts'
import { cogroupInput } from './cogroup.ts'
import { cutWriter } from './cut-writer.ts'
import { failuresOf, type OnFailure } from './failures.ts'
import { foreignSubscription } from './foreign-subscription.ts'
import { inTurn } from './forwards.ts'
import { JoinBuilder } from './join-builder.ts'
import type { BuildOptions } from './build.ts'
import { groupInPlace } from './group.ts'
import { lookupJoin } from './lookup-join.ts'
import { userProcessor, type Starts } from './process.ts'
import type { Forward, TaskContext } from './processor.ts'
import { recordWindowedAggregate } from './record-windowed-aggregate.ts'
import type { RepartitionWriter } from './repartition-writer.ts'
import { dynamicSink, sink } from './sink.ts'
import * as stateless from './stateless.ts'
import { staticJoin } from './static-join.ts'
import { suppress } from './suppress-node.ts'
import { tableFilter, tableMapper, tableMapValues, toTable } from './table.ts'
import { tableGroup } from './table-group.ts'
import { tableTransformation } from './table-transform.ts'
import { TaskState } from './task-state.ts'
import { windowedAggregate } from './windowed-aggregate.ts'
import { windowedCount } from './windowed-count.ts'
import { countAsAggregate } from './windowed-store.ts'

/** Makes the forwards of one task's nodes. */
export class NodeBuilder {
  readonly state: TaskState
  readonly writers: RepartitionWriter[] = []
  readonly #part: Subtopology
  readonly #context: TaskContext
  readonly #options: BuildOptions
  readonly #starts: Starts = new Map()
  readonly #joins: JoinBuilder
  /** What comes after a node, made once: a node that reads two others is one. */
  readonly #afters = new Map<string, Forward>()
  /** What a node that reads another does with its records, by the two names. */
  readonly #branches = new Map<string, Forward>()
  readonly #built = new Map<string, Forward>()
  /** The ids of keys behind a grouping, by its node. */
  readonly #keyTables = new Map<string, KeyTable>()

  constructor(part: Subtopology, context: TaskContext, options: BuildOptions) {
    const { topology } = options
    this.#part = part
    this.#context = context
    this.#options = options
    const state = new TaskState(part.nodes, topology.tables, context, this.#firstTopic())
    for (const [name, store] of options.globals.stores) state.processStores.set(name, store)
    this.state = state
    this.#joins = new JoinBuilder({
      topology,
      state,
      context,
      after: (name) => this.after(name),
      failuresOf: (node) => this.#failuresOf(node),
      writerOf: (node) => this.#writer(node, this.#failuresOf(node)),
    })
  }

  /** Makes the user's processors, now that all are there that they may forward to. */
  start(): void {
    for (const { name } of this.#part.nodes) this.#starts.get(name)?.()
  }

  /** The repartition topic of a node that cuts. */
  topicOf(cut: CutNode): string {
    return repartitionTopic(this.#options.applicationId, cut)
  }

  #firstTopic(): string {
    const input = this.#part.inputs[0]!
    return input.kind === 'source' ? (input.topics[0]?.name ?? '') : this.topicOf(input)
  }

  /** What reads a node, in the order of definition. */
  childrenOf(name: string): TopologyNode[] {
    return this.#part.nodes.filter((node) => reads(node, name))
  }

  /** What comes after a node. */
  after(name: string): Forward {
    let after = this.#afters.get(name)
    if (after === undefined) {
      const branches = this.childrenOf(name).map((node) => {
        const branch = this.forwardOf(node, name)
        this.#branches.set(`${name} ${node.name}`, branch)
        return branch
      })
      after = inTurn(branches)
      this.#afters.set(name, after)
    }
    return after
  }

  /** What a node does with the records of one that it reads, counted where that is asked for. */
  forwardOf(node: TopologyNode, from: string): Forward {
    const forward = this.#forwardOf(node, from)
    return this.#options.counted?.(node.name, forward) ?? forward
  }

  /** A join takes its sides apart. */
  #forwardOf(node: TopologyNode, from: string): Forward {
    if (node.kind === 'stream-join') return this.#joins.ofStreams(node, from)
    if (node.kind === 'cogroup') return cogroupInput(node, from, this.after(node.name))
    if (node.kind === 'stream-table-join' && from === node.with) return () => undefined
    if (node.kind === 'table-join') return this.#joins.ofTables(node, from)
    if (node.kind === 'foreign-answer') return this.#joins.ofSubscriptions(node, from)
    // Rows of the left table go out as subscriptions; here they are looked up.
    if (node.kind === 'foreign-join' && from === node.from) return () => undefined
    let forward = this.#built.get(node.name)
    if (forward === undefined) this.#built.set(node.name, (forward = this.#make(node)))
    return forward
  }

  #make(node: TopologyNode): Forward {
    const { topology, resolve } = this.#options
    const context = this.#context
    const state = this.state
    const { name } = node
    const failed = this.#failuresOf(node)
    const plan = (): TablePlan => topology.tables.get(name)!
    const after = (): Forward => this.after(name)
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
      case 'foreign-subscription':
        return foreignSubscription(node, this.#writer(node, failed), failed, context)
      case 'foreign-join':
        return this.#joins.ofAnswers(node)
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
        return toTable(node, plan(), state.tableOf(name), after(), failed, context)
      case 'table-filter':
        return tableFilter(node, plan(), state.tableOf(name), after(), failed, context)
      case 'table-map-values':
        return tableMapValues(
          tableMapper(node),
          plan(),
          state.tableOf(name),
          after(),
          failed,
          context,
        )
      case 'table-transform': {
        const around = { stores: state.processStores, failed, context }
        const { start, transform } = tableTransformation(node, around)
        this.#starts.set(name, start)
        return tableMapValues(transform, plan(), state.tableOf(name), after(), failed, context)
      }
      case 'process':
        return userProcessor(node, {
          stores: state.processStores,
          tableOf: (table) => state.queryable(table),
          next: after(),
          nextOf: (child) => this.#branches.get(`${name} ${child}`),
          failed,
          context,
          starts: this.#starts,
        })
      case 'static-join':
        return staticJoin(node, after(), failed, context)
      case 'stream-table-join':
        return this.#joins.withTable(node, failed)
      case 'global-join':
        return lookupJoin(node, this.#options.globals.viewOf(node.table), after(), failed, context)
      case 'sink':
        return sink(node, resolve(node.topic), failed, context)
      case 'dynamic-sink':
        return dynamicSink(node, failed, context)
      case 'source':
      case 'parse':
      case 'cogroup':
      case 'stream-join':
      case 'table-join':
      case 'foreign-answer':
      case 'global-table':
      case 'global-store':
        throw new Error(`${name} is made by what it reads`)
      default:
        return assertNever(node)
    }
  }

  #windowed(node: WindowedAggregateNode, failed: OnFailure): Forward {
    const { name, windows } = node
    const plan = this.#options.topology.tables.get(name)!
    const after = (): Forward => this.after(name)
    const state = this.state
    if (windows.kind === 'sliding-windows' || windows.kind === 'session-windows') {
      const store = state.recordWindowed(name)
      return recordWindowedAggregate(node, plan, store, after, failed, this.#context)
    }
    return windowedAggregate(node, plan, state.windowed(name), after, failed, this.#context)
  }

  #failuresOf(node: TopologyNode): OnFailure {
    const { name } = 'join' in node ? { name: node.join } : node
    return failuresOf(name, node.onError ?? this.#options.topology.onError, this.#context)
  }

  #isCut(node: TopologyNode): node is CutNode {
    const { subtopologies } = this.#options.topology
    return subtopologies.some(({ inputs }) => inputs.some((input) => input === node))
  }

  #writer(cut: CutNode, failed: OnFailure): RepartitionWriter {
    const { topology, repartitionFormat = 'frames' } = this.#options
    const topic = this.topicOf(cut)
    const { nodes } = topology
    const writer = cutWriter(cut, topic, repartitionFormat, nodes, failed, this.#context)
    this.writers.push(writer)
    return writer
  }

  /** A grouping in place; only counts by key id need the ids. */
  #group(node: Extract<TopologyNode, { kind: 'group' | 'repartition' }>): Forward {
    const needsIds = this.childrenOf(node.name).some(({ kind }) => kind === 'windowed-count')
    if (node.kind !== 'group' || !needsIds) return this.after(node.name)
    const keys = this.keysBehind(node.name, () => new KeyTable(node.key.serde))
    return groupInPlace(keys, this.after(node.name), this.#failuresOf(node))
  }

  /** The ids of keys behind a grouping. */
  keysBehind(name: string, make: () => KeyTable): KeyTable {
    const keys = this.#keyTables.get(name) ?? make()
    this.#keyTables.set(name, keys)
    return keys
  }

  /** By index; a branch that nothing reads takes its records all the same. */
  #branchesOf(split: string): (Forward | undefined)[] {
    const branches: (Forward | undefined)[] = []
    for (const node of this.childrenOf(split)) {
      if (node.kind === 'branch') branches[node.index] = this.forwardOf(node, split)
    }
    return branches
  }
}
