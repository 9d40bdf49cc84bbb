// Builds the topology of a case by the public DSL, node by node, in the order of the case.
import {
  defineTopology,
  milliseconds,
  type CogroupedStream,
  type GlobalTable,
  type GroupedStream,
  type GroupedTable,
  type RecordContext,
  type SessionStream,
  type Stream,
  type Table,
  type Topology,
  type TopologyBuilder,
  type WindowedStream,
} from '../../index.ts'
import { Unsupported, type Case, type CaseNode, type FunctionSpec } from './case.ts'
import { caseTopic, keySerde, valueSerde } from './codecs.ts'
import { ofKeyAndValue, ofTwo, pieces, predicate, text, toKey, type Key } from './functions.ts'
import { joinedStreams } from './joins.ts'
import { processing, punctuating } from './processors.ts'
import {
  cogrouped,
  sessionAggregate,
  suppressed,
  windowedCogroup,
  type AggregateCase,
} from './windowed-case.ts'
import { windowsOf } from './windows.ts'

type CaseStream = Stream<Key, unknown>
type CaseTable = Table<Key, unknown>
type Built =
  | { readonly is: 'stream'; readonly stream: CaseStream }
  | { readonly is: 'table'; readonly table: CaseTable }
  | { readonly is: 'global'; readonly table: GlobalTable<string, unknown> }
  | { readonly is: 'group'; readonly group: GroupedStream<Key, unknown> }
  | { readonly is: 'cogroup'; readonly cogroup: CogroupedStream<Key, unknown> }
  | { readonly is: 'cogrouped-windows'; readonly aggregate: AggregateCase }
  | { readonly is: 'table-group'; readonly group: GroupedTable<Key, unknown> }
  | {
      readonly is: 'windows'
      readonly windows: WindowedStream<Key, unknown>
      readonly emit: 'on-update' | 'on-window-close'
    }
  | {
      readonly is: 'sessions'
      readonly windows: SessionStream<Key, unknown>
      readonly emit: 'on-update' | 'on-window-close'
    }

type Record = RecordContext<Key>

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

const fn = (node: CaseNode, field: string): FunctionSpec => node[field] as FunctionSpec
const stringOf = (value: unknown): string => String(value)
const streamKey = keySerde as never

/** @throws TopologyError when Millrace refuses it, Unsupported when it cannot be said in the DSL. */
export function buildCase(testCase: Case, tap?: string): BuiltCase {
  const names = new Map<string, string>()
  const tapped = new Map<string, unknown>()
  const { policies = {}, topology = { nodes: [] } } = testCase
  const policyOf = (name: string) => (policies[name] === 'continue' ? 'skip' : 'fail')
  const built = defineTopology(
    'case',
    (builder) => {
      const nodes = new CaseNodes(builder, policyOf('onMalformedRecord'), names)
      topology.nodes.forEach((node, i) => nodes.add(node, `n${i}`))
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
  readonly #built = new Map<string, Built>()

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
    const { table } = this.#of(id, 'table')
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
        const store = this.#hasStore(node)
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
        return this.#join(node, name)
      case 'to':
        return this.#to(node, name)
      case 'groupByKey':
        return {
          is: 'group',
          group: this.#from(node).groupByKey(name, streamKey, valueSerde),
        }
      case 'groupBy':
        return this.#groupBy(node, name)
      case 'cogroup':
        return this.#cogroup(node)
      case 'suppress':
        return asTable(suppressed(this.#of(node.from, 'table').table, node, name))
      case 'windowedBy': {
        const before = this.#built.get(node.from ?? '')
        if (before?.is === 'cogroup') {
          return { is: 'cogrouped-windows', aggregate: windowedCogroup(before.cogroup, node) }
        }
        const { group } = this.#of(node.from, 'group')
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
        return this.#aggregate(node, name)
      case 'filter':
      case 'filterNot':
      case 'mapValues':
        return this.#built.get(node.from!)?.is === 'table'
          ? this.#ofTable(node, name)
          : this.#ofStream(node, name)
      case 'toStream': {
        const stream = this.#of(node.from, 'table').table.toStream(name)
        if (node.key === undefined) return asStream(stream)
        const key = toKey(fn(node, 'key'))
        return asStream(stream.selectKey(`${name}-key`, (value, record) => key(record.key, value)))
      }
      case 'toTable': {
        const store = this.#hasStore(node)
        const serdes = { key: streamKey, value: valueSerde, store, ...historyOf(node) }
        return asTable(this.#from(node).toTable(name, serdes))
      }
      default:
        return this.#ofStream(node, name)
    }
  }

  #ofStream(node: CaseNode, name: string): Built | undefined {
    const stream = this.#from(node)
    switch (node.op) {
      case 'filter':
        return asStream(stream.filter(name, keeping(fn(node, 'pred'))))
      case 'filterNot':
        return asStream(stream.filterNot(name, keeping(fn(node, 'pred'))))
      case 'mapValues':
        return asStream(stream.mapValues(name, mapping(fn(node, 'value'))))
      case 'map': {
        const [key, value] = [toKey(fn(node, 'key')), ofKeyAndValue(fn(node, 'value'))]
        const map = (v: unknown, { key: k }: Record) => ({ key: key(k, v), value: value(k, v) })
        return asStream(stream.map(name, map))
      }
      case 'selectKey': {
        const key = toKey(fn(node, 'key'))
        return asStream(stream.selectKey(name, (value, record) => key(record.key, value)))
      }
      case 'flatMapValues': {
        const separator = stringOf(node.split)
        return asStream(stream.flatMapValues(name, (value) => pieces(value, separator)))
      }
      case 'flatMap': {
        const separator = stringOf(node.split)
        const [key, value] = [toKey(fn(node, 'key')), ofKeyAndValue(fn(node, 'value'))]
        const map = (v: unknown, { key: k }: Record) =>
          pieces(v, separator).map((piece) => ({ key: key(k, piece), value: value(k, piece) }))
        return asStream(stream.flatMap(name, map))
      }
      case 'peek':
        return asStream(stream.peek(name, () => undefined))
      case 'merge':
        return asStream(stream.merge(name, this.#of(node.with, 'stream').stream))
      case 'repartition': {
        const { partitions } = node as { partitions?: number }
        const spec = { key: streamKey, value: valueSerde }
        const more = partitions === undefined ? {} : { partitions }
        return asStream(stream.repartition(name, { ...spec, ...more }))
      }
      case 'split':
        return this.#split(stream, node, name)
      case 'process':
      case 'processValues':
        return asStream(processing(stream, name, node))
      case 'punctuate':
        return asStream(punctuating(stream, name, node))
      default:
        throw new Unsupported(`op ${node.op}`)
    }
  }

  #ofTable(node: CaseNode, name: string): Built {
    const { table } = this.#of(node.from, 'table')
    const options = this.#hasStore(node) ? { store: valueSerde, ...historyOf(node) } : {}
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
    const from = this.#built.get(node.from ?? '')
    const stream = from?.is === 'table' ? from.table.toStream(`${name}-stream`) : this.#from(node)
    if (node.topicBy === undefined) {
      stream.to(name, caseTopic(stringOf(node.topic)) as never)
      return
    }
    const topicOf = toKey(fn(node, 'topicBy'))
    stream.to(name, (value, { key }) => topicOf(key, value)!, { key: streamKey, value: valueSerde })
  }

  #split(stream: CaseStream, node: CaseNode, name: string): undefined {
    const branches = node.branches as { name: string; pred: FunctionSpec }[]
    let split = stream.split(name) as ReturnType<CaseStream['split']> & {
      branch(name: string, when: (value: unknown, record: Record) => boolean): typeof split
    }
    branches.forEach(({ pred }, i) => {
      split = split.branch(`b${i}`, keeping(pred)) as typeof split
    })
    const made: Readonly<globalThis.Record<string, CaseStream>> =
      node.default === undefined ? split.noDefaultBranch() : split.defaultBranch('rest')
    branches.forEach((branch, i) => {
      this.#built.set(`${node.id}.${branch.name}`, asStream(made[`b${i}`]!))
    })
    if (node.default !== undefined) {
      this.#built.set(`${node.id}.${stringOf(node.default)}`, asStream(made.rest!))
    }
  }

  #groupBy(node: CaseNode, name: string): Built {
    const key = toKey(fn(node, 'key'))
    const from = this.#built.get(node.from ?? '')
    if (from?.is !== 'table') {
      const by = (value: unknown, record: Record) => key(record.key, value)
      const group = this.#from(node).groupBy(name, by, streamKey, valueSerde)
      return { is: 'group', group: group as GroupedStream<Key, unknown> }
    }
    const value = node.value === undefined ? undefined : ofKeyAndValue(fn(node, 'value'))
    const select = (v: unknown, { key: k }: Record) => {
      return { key: key(k, v), value: value === undefined ? v : value(k, v) }
    }
    const serdes = { key: streamKey, value: valueSerde }
    const group = from.table.groupBy(name, select, serdes)
    return { is: 'table-group', group: group as unknown as GroupedTable<Key, unknown> }
  }

  #aggregate(node: CaseNode, name: string): Built {
    const from = this.#built.get(node.from ?? '')
    const value = valueSerde
    const initialize = () => node.init ?? null
    const of = (field: string) => {
      const two = node[field] === undefined ? undefined : ofTwo(fn(node, field))
      return (aggregate: unknown, next: unknown) => two?.(aggregate, next)
    }
    if (from?.is === 'table-group') {
      const subtract = of('subtractor')
      const spec = { emit: 'on-update', ...historyOf(node) } as const
      if (node.op === 'count') return asTable(from.group.count(name, spec))
      if (node.op === 'reduce') {
        return asTable(from.group.reduce(name, { add: of('reducer'), subtract, ...spec }))
      }
      const add = of('aggregator')
      return asTable(from.group.aggregate(name, { initialize, add, subtract, value, ...spec }))
    }
    if (from?.is === 'group') {
      const spec = { emit: 'on-update', ...historyOf(node) } as const
      if (node.op === 'count') return asTable(from.group.count(name, spec))
      if (node.op === 'reduce') {
        return asTable(from.group.reduce(name, { reduce: of('reducer'), value, ...spec }))
      }
      const add = of('aggregator')
      return asTable(from.group.aggregate(name, { initialize, add, value, ...spec }))
    }
    if (from?.is === 'cogroup') {
      return asTable(from.cogroup.aggregate(name, { initialize, value, emit: 'on-update' }))
    }
    if (from?.is === 'cogrouped-windows') return asTable(from.aggregate(node, name))
    if (from?.is === 'sessions')
      return asTable(sessionAggregate(from.windows, from.emit, node, name))
    if (from?.is !== 'windows') throw new Unsupported(`${node.op} of ${from?.is}`)
    const { windows, emit } = from
    const { retentionMs } = node as { retentionMs?: number }
    const options = retentionMs === undefined ? {} : { retention: milliseconds(retentionMs) }
    if (node.op === 'count') return asTable(windows.count(name, { emit, ...options }))
    if (node.op === 'reduce') {
      return asTable(windows.reduce(name, { reduce: of('reducer'), value, emit, ...options }))
    }
    const add = of('aggregator')
    return asTable(windows.aggregate(name, { initialize, add, value, emit, ...options }))
  }

  #join(node: CaseNode, name: string): Built {
    const [from, other] = [this.#built.get(node.from ?? ''), this.#built.get(node.with ?? '')]
    if (from?.is === 'stream' && other?.is === 'stream') {
      return asStream(joinedStreams(from.stream, other.stream, node, name))
    }
    const two = ofTwo(fn(node, 'joiner'))
    const merge = (left: unknown, right: unknown) => two(left ?? null, right ?? null)
    const { kind = 'inner' } = node as { kind?: string }
    if (node.foreignKey !== undefined) throw new Unsupported('foreign-key joins')
    if (from?.is === 'table' && other?.is === 'table') {
      const spec = { merge, ...(this.#hasStore(node) ? { store: valueSerde } : {}) }
      if (kind === 'inner') return asTable(from.table.join(name, other.table, spec))
      if (kind === 'left') return asTable(from.table.leftJoin(name, other.table, spec))
      return asTable(from.table.outerJoin(name, other.table, spec))
    }
    if (from?.is !== 'stream') throw new Unsupported(`join of ${from?.is}`)
    const { stream } = from
    if (other?.is === 'table') {
      const { graceMs } = node as { graceMs?: number }
      const grace = graceMs === undefined ? {} : { grace: milliseconds(graceMs) }
      const spec = { merge, key: streamKey, value: valueSerde, ...grace }
      return asStream(
        kind === 'left'
          ? stream.leftJoin(name, other.table, spec)
          : stream.join(name, other.table, spec),
      )
    }
    if (other?.is !== 'global') throw new Unsupported(`join with ${other?.is}`)
    const key = toKey(fn(node, 'key'))
    const spec = { merge, on: (value: unknown, record: Record) => key(record.key, value) }
    return asStream(
      kind === 'left'
        ? stream.leftJoin(name, other.table, spec)
        : stream.join(name, other.table, spec),
    )
  }

  #cogroup(node: CaseNode): Built {
    const inputs = node.inputs as readonly { from: string; aggregator: FunctionSpec }[]
    const groups = inputs.map(({ from, aggregator }) => {
      const add = ofTwo(aggregator)
      const { group } = this.#of(from, 'group')
      return { group, add: (aggregate: unknown, value: unknown) => add(aggregate, value) }
    })
    return { is: 'cogroup', cogroup: cogrouped(groups) }
  }

  #hasStore(node: CaseNode): boolean {
    return typeof node.store === 'string'
  }

  #from(node: CaseNode): CaseStream {
    return this.#of(node.from, 'stream').stream
  }

  #of<Is extends Built['is']>(id: string | undefined, is: Is): Extract<Built, { is: Is }> {
    const found = this.#built.get(id ?? '')
    if (found?.is !== is) throw new Unsupported(`${id} is ${found?.is ?? 'not there'}, not ${is}`)
    return found as Extract<Built, { is: Is }>
  }
}

/** How long a case wants former versions kept. */
function historyOf({ versionedHistoryMs }: CaseNode) {
  return versionedHistoryMs === undefined
    ? {}
    : { history: milliseconds(versionedHistoryMs as number) }
}

const asStream = (stream: unknown): Built => ({ is: 'stream', stream: stream as CaseStream })
const asTable = (table: unknown): Built => ({ is: 'table', table: table as CaseTable })

function keeping(spec: FunctionSpec): (value: unknown, record: Record) => boolean {
  const keep = predicate(spec)
  return (value, { key }) => keep(key, value)
}

function mapping(spec: FunctionSpec): (value: unknown, record: Record) => unknown {
  const map = ofKeyAndValue(spec)
  return (value, { key }) => map(key, value)
}
