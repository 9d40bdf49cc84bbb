// Cuts a topology at its repartition topics into sub-topologies, the units of partitioning.
import type { GroupNode, SourceNode, TopologyNode } from './node.ts'

/** A part of a topology between topics. Its tasks are `<id>_<partition>`. */
export interface Subtopology {
  readonly id: number
  /** What it reads: topics, or the repartition topic of a group node of another part. */
  readonly inputs: readonly (SourceNode | GroupNode)[]
  /** Its nodes in the order of definition; a group node that cuts belongs to the part that writes. */
  readonly nodes: readonly TopologyNode[]
}

/** Whether the records of a group go through a repartition topic. */
export function isRepartitioned(group: GroupNode, nodes: readonly TopologyNode[]): boolean {
  if (group.key.by !== 'same-key') return true
  const byName = new Map(nodes.map((node) => [node.name, node]))
  let node = byName.get(group.from)
  while (node !== undefined && 'from' in node) {
    if (node.kind === 'map' || node.kind === 'select-key') return true
    // A grouping before has dealt with what was changed before it.
    if (node.kind === 'group') return false
    node = byName.get(node.from)
  }
  return false
}

/** The parts of a topology, numbered by the order in which their inputs are defined. */
export function subtopologiesOf(nodes: readonly TopologyNode[]): Subtopology[] {
  const cuts = new Set(
    nodes
      .filter((node) => node.kind === 'group' && isRepartitioned(node, nodes))
      .map((n) => n.name),
  )
  // The input that a node's records come through, by the node's name.
  const inputOf = new Map<string, string>()
  const parts = new Map<string, { input: SourceNode | GroupNode; nodes: TopologyNode[] }>()
  for (const node of nodes) {
    if (node.kind === 'source') {
      inputOf.set(node.name, node.name)
      parts.set(node.name, { input: node, nodes: [node] })
      continue
    }
    const input = cuts.has(node.from) ? node.from : (inputOf.get(node.from) ?? node.from)
    inputOf.set(node.name, input)
    parts.get(input)?.nodes.push(node)
    if (node.kind === 'group' && cuts.has(node.name)) {
      parts.set(node.name, { input: node, nodes: [] })
    }
  }
  return [...parts.values()]
    .filter((part) => part.nodes.length > 0)
    .map(({ input, nodes }, id) =>
      Object.freeze({ id, inputs: Object.freeze([input]), nodes: Object.freeze(nodes) }),
    )
}

/** The repartition topic of a group node (Kafka's `<applicationId>-<name>-repartition`). */
export function repartitionTopic(applicationId: string, group: string): string {
  return `${applicationId}-${group}-repartition`
}
