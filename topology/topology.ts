// A topology: the frozen graph of a job. Building one touches nothing; every thread imports the same.
import { describeJson, describeMermaid, describeText } from './describe.ts'
import { TopologyError } from './errors.ts'
import type { HistoryOption } from './history.ts'
import type { ErasedTopic, Mapper, TopologyNode } from './node.ts'
import type { DropPolicy, ErrorPolicy, GlobalErrorPolicy } from './policies.ts'
import type { StoreSpec } from './processor-stores.ts'
import { rekeyed } from './rekey.ts'
import type { Append, OperatorOptions, SourceSpec } from './stream-specs.ts'
import { SourceStream } from './source-stream.ts'
import { partsOf, type GlobalPart, type Subtopology } from './subtopology.ts'
import { GlobalStore, type GlobalStoreNode, type GlobalStoreSpec } from './global-store.ts'
import { GlobalTable } from './global-table.ts'
import type { Table } from './table.ts'
import { tablePlansOf, type TablePlan } from './table-plan.ts'
import type { Topic, TopicPattern } from './topic.ts'
import { validate } from './validate.ts'
import { checkSourceTopics } from './validate-parameters.ts'

/** A declared job: what `defineTopology` gives and a job's module exports as default. */
export interface Topology {
  readonly name: string
  readonly nodes: readonly TopologyNode[]
  readonly subtopologies: readonly Subtopology[]
  /** Global tables and stores: each is a part without tasks, numbered with the others. */
  readonly globals: readonly GlobalPart[]
  /** Which tables are kept, and which send old values; by the name of the node. */
  readonly tables: ReadonlyMap<string, TablePlan>
  /** What becomes of records that user code fails on, where a node does not say. */
  readonly onError: ErrorPolicy
  /** What becomes of records that operators drop, where a node does not say. */
  readonly onDrop: DropPolicy
  /** Kafka's text, a mermaid flowchart, or JSON. */
  describe(options?: { format?: 'text' | 'mermaid' | 'json' }): string
}

/** What the function that defines a topology gets. */
export interface TopologyBuilder {
  /**
   * Reads a topic, or several whose keys and values are alike; their serdes are those of the first. A
   * topic is read by one source. With a pattern, those whose names match, also such as appear later.
   */
  source<K, V>(
    name: string,
    topic: Topic<K, V> | readonly [Topic<K, V>, ...Topic<K, V>[]] | TopicPattern<K, V>,
    spec?: SourceSpec<K, V>,
  ): SourceStream<K, V>
  /**
   * Reads a topic as a table: the last value of each key, null deletes. It is kept in a store where
   * something behind it needs that, or where `store` says so.
   */
  table<K, V>(
    name: string,
    topic: Topic<K, V>,
    spec?: SourceSpec<K, V> & { readonly store?: boolean } & HistoryOption & OperatorOptions,
  ): Table<K, V>
  /**
   * Reads all partitions of a topic as a table that every instance holds whole: streams join it by any
   * key. Its changes cause nothing by themselves, and no order holds between it and the streams.
   */
  globalTable<K, V>(
    name: string,
    topic: Topic<K, V>,
    spec?: { readonly malformed?: GlobalErrorPolicy },
  ): GlobalTable<K, V>
  /**
   * Reads all partitions of a topic into a store that every instance has, by a processor; processors anywhere
   * read it (Kafka's `addGlobalStore`). The topic itself is what it is made again from: it has no changelog.
   */
  globalStore<K, V, Store extends StoreSpec<unknown, unknown>>(
    name: string,
    topic: Topic<K, V>,
    spec: GlobalStoreSpec<K, V, Store>,
  ): GlobalStore<Store>
}

/** What holds for a whole topology. */
export interface TopologyOptions {
  /** What becomes of records that user code fails on, where an operator does not say. Default 'fail'. */
  readonly onError?: ErrorPolicy
  /** Where records go that operators drop, where an operator does not say. Default 'count': nowhere. */
  readonly onDrop?: DropPolicy
}

/**
 * Defines a job. `name` is the default application id.
 * @throws TopologyError naming the node that is wrong and how to mend it.
 */
export function defineTopology(
  name: string,
  build: (builder: TopologyBuilder) => void,
  options: TopologyOptions = {},
): Topology {
  const { onError = 'fail', onDrop = 'count' } = options
  const defined: TopologyNode[] = []
  const append = (node: TopologyNode): string => {
    defined.push(Object.freeze(node))
    return node.name
  }
  build(builderOf(append))
  const nodes = rekeyed(Object.freeze(defined))
  validate(name, nodes, { onError, onDrop })
  return assembled(name, nodes, { onError, onDrop })
}

/** A topology of nodes that are known to be right. */
export function assembled(
  name: string,
  nodes: readonly TopologyNode[],
  { onError, onDrop }: Pick<Topology, 'onError' | 'onDrop'>,
): Topology {
  const { subtopologies, globals } = partsOf(nodes)
  const topology: Topology = {
    name,
    nodes: Object.freeze(nodes),
    subtopologies: Object.freeze(subtopologies),
    globals: Object.freeze(globals),
    tables: tablePlansOf(nodes),
    onError,
    onDrop,
    describe({ format = 'text' } = {}) {
      if (format === 'json') return describeJson(topology)
      return format === 'mermaid' ? describeMermaid(topology) : describeText(topology)
    },
  }
  return Object.freeze(topology)
}

function builderOf(append: Append): TopologyBuilder {
  const builder: TopologyBuilder = {
    source<K, V>(
      name: string,
      topic: Topic<K, V> | readonly [Topic<K, V>, ...Topic<K, V>[]] | TopicPattern<K, V>,
      spec: SourceSpec<K, V> = {},
    ) {
      checkSourceTopics(name, topic)
      const pattern = 'pattern' in topic ? (topic as TopicPattern<never, never>) : undefined
      const all = Array.isArray(topic) ? (topic as Topic<K, V>[]) : [topic as Topic<K, V>]
      const topics = pattern === undefined ? (all as unknown as ErasedTopic[]) : []
      const { malformed = 'fail', invalidTimestamp = 'fail', onDrop } = spec
      const { offsetReset = 'earliest' } = spec
      const timestamp = spec.timestamp as Mapper | undefined
      const first = pattern ?? topics[0]
      if (first === undefined) throw new TopologyError(name, 'a source reads at least one topic')
      const policies = { malformed, invalidTimestamp, offsetReset, onDrop }
      const node = { kind: 'source', name, topics, pattern, timestamp, ...policies } as const
      return new SourceStream<K, V>({
        append,
        from: append(node),
        key: first.key,
        value: first.value,
      })
    },
    table: (name, topic, { store = false, history, ...spec } = {}) => {
      const { onDrop, onError } = spec
      const kept = {
        store,
        ...(history !== undefined && { history }),
        ...(onDrop !== undefined && { onDrop }),
        ...(onError !== undefined && { onError }),
      }
      return builder.source(`${name}-source`, topic, spec).toTable(name, kept)
    },
    globalTable(name, topic, { malformed = 'fail' } = {}) {
      const erased = topic as unknown as ErasedTopic
      append({ kind: 'global-table', name, topic: erased, malformed })
      return new GlobalTable(name)
    },
    globalStore(name, topic, { store, make, malformed = 'fail', onError = 'fail' }) {
      const erased = {
        topic: topic as unknown as ErasedTopic,
        make: make as GlobalStoreNode['make'],
      }
      append({ kind: 'global-store', name, ...erased, stores: [store], malformed, onError })
      return new GlobalStore(name, store)
    },
  }
  return builder
}

/** Whether a module's default export is a topology. @throws TopologyError when it is not. */
export function assertTopology(value: unknown, module: string): Topology {
  const candidate = value as Partial<Topology> | undefined
  if (typeof candidate?.describe === 'function' && Array.isArray(candidate.nodes)) {
    return candidate as Topology
  }
  throw new TopologyError(module, 'the default export is no topology; make it with defineTopology')
}
