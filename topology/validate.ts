// What makes a topology wrong; called once, when it is built.
import { TopologyError } from './errors.ts'
import { isGlobal } from './global-store.ts'
import { parentsOf, reads, type TopologyNode } from './node.ts'
import type { DropPolicy, ErrorPolicy } from './policies.ts'
import { tablesReadBy } from './processor-stores.ts'
import { isCut } from './subtopology.ts'
import { isTopicName, matches } from './topic.ts'
import { checkName } from './validate-names.ts'
import { checkPolicy, validateParameters } from './validate-parameters.ts'
import { validateJoin } from './validate-joins.ts'
import { checkProcessStores, checkReadTables, checkStoreNames } from './validate-stores.ts'
import { validateSuppress, validateWindows } from './validate-windows.ts'

/** @throws TopologyError for the first thing that is wrong. */
export function validate(
  topology: string,
  nodes: readonly TopologyNode[],
  { onError, onDrop }: { readonly onError: ErrorPolicy; readonly onDrop: DropPolicy },
): void {
  checkName(topology, topology)
  checkPolicy(topology, 'onError', onError, ['fail', 'skip'])
  checkPolicy(topology, 'onDrop', onDrop, ['count'])
  if (nodes.length === 0) throw new TopologyError(topology, 'there is no source; add one')
  const names = new Set<string>()
  const topics = new Map<string, string>()
  for (const node of nodes) {
    checkName(node.name, node.name)
    if (names.has(node.name)) {
      throw new TopologyError(
        node.name,
        'two nodes have this name; names become stores, topics and metric labels, so give each its own',
      )
    }
    names.add(node.name)
    validateParameters(node)
    checkTopics(node, topics, nodes)
  }
  for (const policy of [onError, onDrop]) checkDeadLetter(topology, policy, topics)
  for (const node of nodes) {
    checkDeadLetter(node.name, 'malformed' in node ? node.malformed : undefined, topics)
    checkDeadLetter(node.name, node.onError, topics)
    checkDeadLetter(node.name, node.onDrop, topics)
    checkParents(node, names)
    checkPartitions(node)
    checkEnd(node, nodes)
    checkProcessStores(node, nodes, names)
    checkReadTables(node, nodes)
    checkValueSerde(node, nodes)
    validateWindows(node)
    validateSuppress(node, nodes)
    validateJoin(node, nodes)
  }
  checkStoreNames(nodes)
}

/** A topic is read once; two sources of it would read it with two offsets. */
function checkTopics(
  node: TopologyNode,
  topics: Map<string, string>,
  nodes: readonly TopologyNode[],
): void {
  const read = node.kind === 'source' ? node.topics : isGlobal(node) ? [node.topic] : []
  for (const { name } of read) {
    const other = topics.get(name)
    if (other !== undefined) {
      throw new TopologyError(
        node.name,
        `reads topic ${name}, which source ${other} reads already; use that stream twice`,
      )
    }
    topics.set(name, node.name)
    const matching = sourceMatching(name, nodes)
    if (matching === undefined) continue
    throw new TopologyError(
      node.name,
      `reads topic ${name}, which the pattern of source ${matching} matches, too; make the pattern narrower`,
    )
  }
}

/** The source whose pattern matches a topic. */
function sourceMatching(name: string, nodes: readonly TopologyNode[]): string | undefined {
  const isMatching = (node: TopologyNode): boolean =>
    node.kind === 'source' && node.pattern !== undefined && matches(node.pattern.pattern, name)
  return nodes.find(isMatching)?.name
}

/** Dead letters in a topic that the job reads would be read again, fail again and never end. */
function checkDeadLetter(
  node: string,
  policy: ErrorPolicy | DropPolicy | undefined,
  sources: ReadonlyMap<string, string>,
): void {
  if (policy === undefined || typeof policy === 'string') return
  const { topic } = policy
  if (!isTopicName(topic)) {
    throw new TopologyError(
      node,
      `deadLetter(${JSON.stringify(topic)}): a topic is named with 1 to 249 letters, digits, dots, dashes and underscores`,
    )
  }
  const source = sources.get(topic)
  if (source !== undefined) {
    throw new TopologyError(
      node,
      `deadLetter('${topic}') is the topic that source ${source} reads: what cannot be read would come again for ever; give dead letters a topic of their own`,
    )
  }
}

/** A stream or table of another topology may be joined by mistake. */
function checkParents(node: TopologyNode, names: ReadonlySet<string>): void {
  const tables = node.kind === 'global-join' ? [node.table] : tablesReadBy(node)
  const read =
    node.kind === 'global-join' ? [node.from, ...tables] : [...parentsOf(node), ...tables]
  for (const name of read) {
    if (names.has(name)) continue
    throw new TopologyError(
      node.name,
      `reads ${name}, which is no node of this topology; join only what it has itself`,
    )
  }
}

function checkPartitions(node: TopologyNode): void {
  if (node.kind !== 'repartition' || node.partitions === undefined) return
  if (Number.isInteger(node.partitions) && node.partitions > 0) return
  throw new TopologyError(
    node.name,
    `a topic cannot have ${node.partitions} partitions; give it a whole number of at least 1`,
  )
}

/** A grouping that nothing aggregates would write a repartition topic that nobody reads. */
function checkEnd(node: TopologyNode, nodes: readonly TopologyNode[]): void {
  if (node.kind !== 'group' && node.kind !== 'table-group') return
  if (!nodes.some((other) => reads(other, node.name))) {
    throw new TopologyError(node.name, 'nothing aggregates this grouping; add a count or remove it')
  }
}

/** Whatever aggregates values behind a repartition topic needs them to travel. */
function checkValueSerde(node: TopologyNode, nodes: readonly TopologyNode[]): void {
  if (node.kind !== 'group' || node.value !== undefined || !isCut(node, nodes)) return
  const reader = nodes.find((other) => {
    if (!reads(other, node.name)) return false
    if (other.kind === 'cogroup') return true
    return (other.kind === 'aggregate' || other.kind === 'windowed-aggregate') && !counts(other)
  })
  if (reader === undefined) return
  throw new TopologyError(
    node.name,
    `${reader.name} aggregates values, which go through a repartition topic: give the grouping a serde of the values as its last argument`,
  )
}

/** Whether an aggregate looks at no value: a count adds one whatever comes. */
function counts(
  node: Extract<TopologyNode, { kind: 'aggregate' | 'windowed-aggregate' }>,
): boolean {
  return node.initialize !== undefined && node.add.length <= 1
}
