// What travels through a repartition topic: by which key, and how the values. Those who write it and those
// who read it ask here, so that they agree.
import { reads, type GroupKey, type TopologyNode } from '../topology/node.ts'
import type { Serde } from '../topology/serdes/serde.ts'
import type { CutNode } from '../topology/subtopology.ts'
import { changeSerde, presence } from './change-serde.ts'
import { answerSerde, subscriptionSerde } from './foreign-serdes.ts'

/** The key by which a node sends records. */
export function keyOfCut(cut: CutNode): GroupKey {
  switch (cut.kind) {
    case 'table-group':
    case 'foreign-answer':
      return { by: 'same-key', serde: cut.key }
    case 'foreign-subscription':
      return { by: 'same-key', serde: cut.foreignKey }
    default:
      return cut.key
  }
}

/** The serde of what travels as values; undefined where nobody looks at them. */
export function travellingOf(
  cut: CutNode,
  nodes: readonly TopologyNode[],
): Serde<unknown> | undefined {
  if (cut.kind === 'table-group') return changeSerde(cut.value)
  if (cut.kind === 'repartition') return cut.value
  if (cut.kind === 'foreign-subscription') return subscriptionSerde(cut.key)
  if (cut.kind === 'foreign-answer') return answerSerde(cut.value)
  const readers = nodes.filter((node) => reads(node, cut.name))
  if (readers.every(({ kind }) => kind === 'windowed-count')) return undefined
  // Counts only ask whether there is a value.
  return readers.every(looksAtNoValue) ? presence : cut.value
}

/** The serde of values in records of their own: of a grouping the one that it was given, if it was. */
export function writtenOf(cut: CutNode, nodes: readonly TopologyNode[]): Serde<unknown> {
  return (cut.kind === 'group' ? cut.value : travellingOf(cut, nodes)) ?? presence
}

/**
 * Whether something behind a node may see the headers of the rows that it sends. Updates that are held back
 * have none when they go out.
 */
export function carriesHeaders(name: string, nodes: readonly TopologyNode[]): boolean {
  const visited = new Set<string>()
  const isSeenBehind = (from: string): boolean =>
    nodes.some((node) => {
      if (!reads(node, from) || visited.has(node.name)) return false
      visited.add(node.name)
      return HEADER_READERS.has(node.kind) || (!holdsBack(node) && isSeenBehind(node.name))
    })
  return isSeenBehind(name)
}

const HEADER_READERS = new Set<TopologyNode['kind']>([
  'process',
  'table-transform',
  'sink',
  'dynamic-sink',
])

function holdsBack(node: TopologyNode): boolean {
  return node.kind === 'suppress' || ('emit' in node && node.emit === 'on-update-coalesced')
}

/** Whether an aggregate looks at no value: a count adds one whatever comes. */
function looksAtNoValue(node: TopologyNode): boolean {
  if (node.kind === 'windowed-count') return true
  if (node.kind !== 'aggregate' && node.kind !== 'windowed-aggregate') return false
  return node.initialize !== undefined && node.add.length <= 1
}
