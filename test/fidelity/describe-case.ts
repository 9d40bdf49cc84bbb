// The sub-topologies of a case, by the names that Kafka Streams gives where the case says some.
import { buildCase } from './build-case.ts'
import { stringOf } from './built.ts'
import type { Case, CaseNode, CaseResult } from './case.ts'

interface Described {
  readonly subtopologies: readonly {
    readonly id: number
    readonly nodes: readonly {
      readonly kind: 'source' | 'processor' | 'sink'
      readonly topics: readonly string[]
    }[]
    readonly stores: readonly string[]
  }[]
}

/** Names without meaning have a number of ten digits, as those that Kafka Streams makes up. */
const madeUp = (index: number): string => `node-${String(index).padStart(10, '0')}`

/** What is described of a case. @throws TopologyError when Millrace refuses it, Unsupported */
export function describeCase(testCase: Case): Pick<CaseResult, 'subtopologies'> {
  const { topology, names } = buildCase(testCase, undefined, madeUp)
  const { subtopologies } = JSON.parse(topology.describe({ format: 'json' })) as Described
  const known = knownNames(testCase.topology?.nodes ?? [], names)
  const named = (all: readonly string[]): string[] =>
    [...new Set(all.map((name) => known.get(name) ?? name))].sort()
  return {
    subtopologies: subtopologies.map(({ id, nodes, stores }) => {
      const topicsOf = (kind: 'source' | 'sink') =>
        named(nodes.flatMap((node) => (node.kind === kind ? node.topics : [])))
      return { id, sources: topicsOf('source'), sinks: topicsOf('sink'), stores: named(stores) }
    }),
  }
}

/** What stores and topics between parts are called in the case, by the names that they have here. */
function knownNames(
  nodes: readonly CaseNode[],
  names: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const known = new Map<string, string>()
  for (const node of nodes) {
    const own = names.get(node.id ?? '')
    if (own === undefined) continue
    if (node.store !== undefined) {
      known.set(own, stringOf(node.store))
      known.set(`store.${stringOf(node.store)}`, stringOf(node.store))
    }
    const topic = node.name ?? aggregateOf(node, nodes)?.store
    if (topic !== undefined) known.set(`${own}-repartition`, `${stringOf(topic)}-repartition`)
  }
  return known
}

/** What aggregates a group, in windows or without: its store names the topic of a group without a name. */
function aggregateOf(group: CaseNode, nodes: readonly CaseNode[]): CaseNode | undefined {
  if (group.op !== 'groupBy' && group.op !== 'groupByKey') return undefined
  const reader = nodes.find(({ from }) => from === group.id)
  return reader?.op === 'windowedBy' ? nodes.find(({ from }) => from === reader.id) : reader
}
