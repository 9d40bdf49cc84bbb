// Builds the topology of a case by the public DSL, node by node, in the order of the case.
import {
  defineTopology,
  type GlobalTable,
  type GroupedStream,
  type GroupedTable,
  type Topology,
  type TopologyBuilder,
} from '../../index.ts'
import { aggregated } from './aggregates.ts'
import {
  asStream,
  asTable,
  BuiltNodes,
  fn,
  hasStore,
  historyOf,
  keeping,
  mapping,
  streamKey,
  stringOf,
  type Built,
  type CaseRecord,
} from './built.ts'
import { Unsupported, type Case, type CaseNode, type FunctionSpec } from './case.ts'
import { caseTopic, valueSerde } from './codecs.ts'
import { ofKeyAndValue, ofTwo, text, toKey, type Key } from './functions.ts'
import { joined } from './joins.ts'
import { ofStream } from './stream-ops.ts'
import { cogrouped, suppressed, windowedCogroup } from './windowed-case.ts'
import { windowsOf } from './windows.ts'

/** A topology with what a test needs to know of it. */
export interface BuiltCase {
  readonly topology: Topology
  /** Names of the DSL's nodes by ids of the case's. */
  readonly names: ReadonlyMap<string, string>
  /** What the changes of the tapped table add up to. */
  readonly tapped: Map<string, unknown>
}

/** What the DSL has so far. */
const OPS = new Set(
  (
    'stream table to groupByKey groupBy windowedBy count reduce aggregate filter filterNot mapValues toStream ' +
    'toTable suppress cogroup join globalTable map selectKey flatMapValues flatMap peek merge repartition split process processValues punctuate'
  ).split(' '),
)

/** @throws TopologyError when Millrace refuses it, Unsupported when it cannot be said in the DSL. */
export function buildCase(
  testCase: Case,
  tap?: string,
  nameOf: (index: number) => string = (index) => `n${index}`,
): BuiltCase {
  const names = new Map<string, string>()
  const tapped = new Map<string, unknown>()
  const { policies = {}, topology = { nodes: [] } } = testCase
  const policyOf = (name: string) => (policies[name] === 'continue' ? 'skip' : 'fail')
  const built = defineTopology(
    'case',
    (builder) => {
      const nodes = new CaseNodes(builder, policyOf('onMalformedRecord'), names)
      topology.nodes.forEach((node, i) => nodes.add(node, nameOf(i)))
      if (tap !== undefined) nodes.tap(tap, tapped)
    },
    { onError: policyOf('onProcessingError') },
  )
  return { topology: built, names, tapped }
}

class CaseNodes {
  readonly #builder: TopologyBuilder
  readonly #malformed: 'fail' | 'skip'
  readonly #names: Map<string, string>
  readonly #built = new BuiltNodes()

  constructor(builder: TopologyBuilder, malformed: 'fail' | 'skip', names: Map<string, string>) {
    this.#builder = builder
    this.#malformed = malformed
    this.#names = names
  }

  add(node: CaseNode, name: string): void {
    const made = this.#make(node, name)
    if (node.id === undefined || made === undefined) return
    this.#built.set(node.id, made)
    this.#names.set(node.id, name)
  }

  /** Follows the changes of a table. */
  tap(id: string, state: Map<string, unknown>): void {
    const { table } = this.#built.of(id, 'table')
    table.toStream('tap').forEach('tapped', (value, { key }) => {
      if (value === null) state.delete(text(key)!)
      else state.set(text(key)!, value)
    })
  }

  #make(node: CaseNode, name: string): Built | undefined {
    if (!OPS.has(node.op)) throw new Unsupported(`op ${node.op}`)
    switch (node.op) {
      case 'stream':
        return this.#stream(node, name)
      case 'table': {
        const store = hasStore(node)
        const spec = { store, malformed: this.#malformed, ...historyOf(node) }
        return asTable(this.#builder.table(name, caseTopic(stringOf(node.topic)), spec))
      }
      case 'globalTable': {
        // Kafka's test driver skips what it cannot read of a global table, whatever the policy.
        const table = this.#builder.globalTable(name, caseTopic(stringOf(node.topic)), {
          malformed: 'skip',
        })
        return { is: 'global', table: table as unknown as GlobalTable<string, unknown> }
      }
      case 'join':
        return joined(this.#built, node, name)
      case 'to':
        return this.#to(node, name)
      case 'groupByKey':
        return {
          is: 'group',
          group: this.#built.from(node).groupByKey(name, streamKey, valueSerde),
        }
      case 'groupBy':
        return this.#groupBy(node, name)
      case 'cogroup':
        return this.#cogroup(node)
      case 'suppress':
        return asTable(suppressed(this.#built.of(node.from, 'table').table, node, name))
      case 'windowedBy': {
        const before = this.#built.get(node.from)
        if (before?.is === 'cogroup') {
          return { is: 'cogrouped-windows', aggregate: windowedCogroup(before.cogroup, node) }
        }
        const { group } = this.#built.of(node.from, 'group')
        const emit = node.emit === 'onWindowClose' ? 'on-window-close' : 'on-update'
        const windows = windowsOf(node.window)
        if (windows.kind === 'session-windows') {
          return { is: 'sessions', windows: group.windowedBy(windows), emit }
        }
        return { is: 'windows', windows: group.windowedBy(windows), emit }
      }
      case 'count':
      case 'reduce':
      case 'aggregate':
        return aggregated(this.#built.get(node.from), node, name)
      case 'filter':
      case 'filterNot':
      case 'mapValues':
        return this.#built.get(node.from)?.is === 'table'
          ? this.#ofTable(node, name)
          : ofStream(this.#built, node, name)
      case 'toStream': {
        const stream = this.#built.of(node.from, 'table').table.toStream(name)
        if (node.key === undefined) return asStream(stream)
        const key = toKey(fn(node, 'key'))
        return asStream(stream.selectKey(`${name}-key`, (value, record) => key(record.key, value)))
      }
      case 'toTable': {
        const store = hasStore(node)
        const serdes = { key: streamKey, value: valueSerde, store, ...historyOf(node) }
        return asTable(this.#built.from(node).toTable(name, serdes))
      }
      default:
        return ofStream(this.#built, node, name)
    }
  }

  #ofTable(node: CaseNode, name: string): Built {
    const { table } = this.#built.of(node.from, 'table')
    const options = hasStore(node) ? { store: valueSerde, ...historyOf(node) } : {}
    switch (node.op) {
      case 'filter':
        return asTable(table.filter(name, keeping(fn(node, 'pred')), options))
      case 'filterNot':
        return asTable(table.filterNot(name, keeping(fn(node, 'pred')), options))
      default:
        return asTable(table.mapValues(name, mapping(fn(node, 'value')), options))
    }
  }

  #stream(node: CaseNode, name: string): Built {
    const topics = (node.topics as string[] | undefined) ?? [stringOf(node.topic)]
    const [first, ...rest] = topics.map(caseTopic)
    const spec = { malformed: this.#malformed }
    return asStream(this.#builder.source(name, [first!, ...rest], spec))
  }

  #to(node: CaseNode, name: string): undefined {
    const from = this.#built.get(node.from)
    const stream =
      from?.is === 'table' ? from.table.toStream(`${name}-stream`) : this.#built.from(node)
    if (node.topicBy === undefined) {
      stream.to(name, caseTopic(stringOf(node.topic)) as never)
      return
    }
    const topicOf = toKey(fn(node, 'topicBy'))
    stream.to(name, (value, { key }) => topicOf(key, value)!, { key: streamKey, value: valueSerde })
  }

  #groupBy(node: CaseNode, name: string): Built {
    const key = toKey(fn(node, 'key'))
    const from = this.#built.get(node.from)
    if (from?.is !== 'table') {
      const by = (value: unknown, record: CaseRecord) => key(record.key, value)
      const group = this.#built.from(node).groupBy(name, by, streamKey, valueSerde)
      return { is: 'group', group: group as GroupedStream<Key, unknown> }
    }
    const value = node.value === undefined ? undefined : ofKeyAndValue(fn(node, 'value'))
    const select = (v: unknown, { key: k }: CaseRecord) => {
      return { key: key(k, v), value: value === undefined ? v : value(k, v) }
    }
    const serdes = { key: streamKey, value: valueSerde }
    const group = from.table.groupBy(name, select, serdes)
    return { is: 'table-group', group: group as unknown as GroupedTable<Key, unknown> }
  }

  #cogroup(node: CaseNode): Built {
    const inputs = node.inputs as readonly { from: string; aggregator: FunctionSpec }[]
    const groups = inputs.map(({ from, aggregator }) => {
      const add = ofTwo(aggregator)
      const { group } = this.#built.of(from, 'group')
      return { group, add: (aggregate: unknown, value: unknown) => add(aggregate, value) }
    })
    return { is: 'cogroup', cogroup: cogrouped(groups) }
  }
}
