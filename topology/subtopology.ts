// Cuts a topology at its repartition topics into sub-topologies, the units of partitioning.
import {
  parentsOf,
  type GroupNode,
  type RepartitionNode,
  type SourceNode,
  type TopologyNode,
} from './node.ts'
import { isGlobal } from './global-store.ts'
import { isForeignCut, type ForeignCutNode } from './foreign-join.ts'
import { declaredStoresOf } from './processor-stores.ts'
import type { TableGroupNode } from './table-nodes.ts'

/** A node whose records may go through a repartition topic; what reads them reads the node. */
export type CutNode = GroupNode | RepartitionNode | TableGroupNode | ForeignCutNode

/** A part of a topology between topics. Its tasks are `<id>_<partition>`. */
export interface Subtopology {
  readonly id: number
  /** What it reads: topics, or the repartition topics of nodes that cut, in the order of definition. */
  readonly inputs: readonly (SourceNode | CutNode)[]
  /** Its nodes in the order of definition; a node that cuts belongs to the part that writes. */
  readonly nodes: readonly TopologyNode[]
}

/** Whether the records of a node go through a repartition topic. */
export function isCut(node: TopologyNode, nodes: readonly TopologyNode[]): node is CutNode {
  if (node.kind === 'repartition' || node.kind === 'table-group' || isForeignCut(node)) return true
  return node.kind === 'group' && isRepartitioned(node, nodes)
}

/** Whether the records of a group go through a repartition topic: their keys may have changed. */
export function isRepartitioned(group: GroupNode, nodes: readonly TopologyNode[]): boolean {
  if (group.key.by !== 'same-key') return true
  const byName = new Map(nodes.map((node) => [node.name, node]))
  return isKeyChanged(group.from, byName)
}

/** Whether keys may have changed since the last topic, or the last grouping, before a node's output. */
export function isKeyChanged(name: string, byName: ReadonlyMap<string, TopologyNode>): boolean {
  const node = byName.get(name)
  if (node === undefined) return false
  switch (node.kind) {
    case 'map':
    case 'flat-map':
    case 'select-key':
      return true
    case 'process':
      return !node.isFixedKey || isKeyChanged(node.from, byName)
    // All but the first have dealt with what was changed before them.
    case 'source':
    case 'group':
    case 'repartition':
    case 'table-group':
    case 'to-table':
    case 'stream-table-join':
    case 'stream-join':
    case 'foreign-subscription':
    case 'foreign-answer':
    case 'foreign-join':
      return false
    default:
      return parentsOf(node).some((parent) => isKeyChanged(parent, byName))
  }
}

/** The parts of a topology, numbered by the order in which their first inputs are defined. */
export function subtopologiesOf(nodes: readonly TopologyNode[]): Subtopology[] {
  const parts = new Components()
  const inputs = new Map<string, SourceNode | CutNode>()
  // What reads a cut reads an input of its own, which is named after it.
  const outputOf = new Map<string, string>()
  for (const node of nodes) {
    // Every instance has all of it: it belongs to no task.
    if (isGlobal(node)) continue
    outputOf.set(node.name, node.name)
    parts.add(node.name)
    for (const parent of parentsOf(node)) parts.join(outputOf.get(parent) ?? parent, node.name)
    for (const { name } of declaredStoresOf(node)) parts.join(`store ${name}`, node.name)
    if (node.kind === 'source') inputs.set(node.name, node)
    if (isCut(node, nodes)) {
      const input = `${node.name}, read`
      inputs.set(input, node)
      outputOf.set(node.name, input)
      parts.add(input)
    }
  }
  const found = new Map<string, { inputs: (SourceNode | CutNode)[]; nodes: TopologyNode[] }>()
  for (const [name, input] of inputs) {
    const root = parts.rootOf(name)
    const part = found.get(root) ?? { inputs: [], nodes: [] }
    part.inputs.push(input)
    found.set(root, part)
  }
  for (const node of nodes) found.get(parts.rootOf(node.name))?.nodes.push(node)
  return [...found.values()]
    .filter((part) => part.nodes.length > 0)
    .map((part, id) =>
      Object.freeze({ id, inputs: Object.freeze(part.inputs), nodes: Object.freeze(part.nodes) }),
    )
}

/** Sets of names that grow together. */
class Components {
  readonly #parents = new Map<string, string>()

  add(name: string): void {
    if (!this.#parents.has(name)) this.#parents.set(name, name)
  }

  rootOf(name: string): string {
    let root = name
    for (;;) {
      const parent = this.#parents.get(root) ?? root
      if (parent === root) return root
      root = parent
    }
  }

  join(one: string, other: string): void {
    this.add(one)
    this.#parents.set(this.rootOf(other), this.rootOf(one))
  }
}

/** The topic of a node that cuts, without the application's id: as Kafka Streams names it. */
export function innerTopic(cut: CutNode): string {
  return `${cut.name}-${isForeignCut(cut) ? 'topic' : 'repartition'}`
}

/** The repartition topic of a node that cuts (Kafka's `<applicationId>-<name>-repartition`). */
export function repartitionTopic(applicationId: string, cut: CutNode): string {
  return `${applicationId}-${innerTopic(cut)}`
}
