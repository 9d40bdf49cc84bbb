// Cuts a topology at its repartition topics into sub-topologies, the units of partitioning.
import {
  parentsOf,
  type GroupNode,
  type RepartitionNode,
  type SourceNode,
  type TopologyNode,
} from './node.ts'
import { isGlobal, type GlobalNode } from './global-store.ts'
import { isForeignCut, type ForeignCutNode } from './foreign-join.ts'
import { declaredStoresOf, tablesReadBy } from './processor-stores.ts'
import type { TableGroupNode } from './table-nodes.ts'

/** A node whose records may go through a repartition topic; what reads them reads the node. */
export type CutNode = GroupNode | RepartitionNode | TableGroupNode | ForeignCutNode

/** A part of a topology between topics. Its tasks are `<id>_<partition>`. */
export interface Subtopology {
  /** Counted together with global tables and stores, each of which is a part of its own without tasks. */
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

/** A global table or store: a part of a topology that every instance reads whole, without tasks. */
export interface GlobalPart {
  readonly id: number
  readonly node: GlobalNode
}

/** The parts of a topology. */
export interface Parts {
  readonly subtopologies: readonly Subtopology[]
  readonly globals: readonly GlobalPart[]
}

/** The part of this id. It must be there: ids come from the topology itself. */
export function subtopologyOf(
  { subtopologies }: { readonly subtopologies: readonly Subtopology[] },
  id: number,
): Subtopology {
  return subtopologies.find((part) => part.id === id)!
}

/**
 * The parts of a topology, numbered by the order in which their first inputs are defined, global tables and
 * stores among them (Kafka's `InternalTopologyBuilder.makeNodeGroups`).
 */
export function partsOf(nodes: readonly TopologyNode[]): Parts {
  const parts = new Components()
  const inputs = new Map<string, SourceNode | CutNode | GlobalNode>()
  // What reads a cut reads an input of its own, which is named after it.
  const outputOf = new Map<string, string>()
  // The topic of a group comes with what aggregates the group.
  const unread = new Map<string, CutNode>()
  for (const node of nodes) {
    parts.add(node.name)
    if (isGlobal(node)) {
      inputs.set(node.name, node)
      continue
    }
    outputOf.set(node.name, node.name)
    for (const parent of parentsOf(node)) {
      const output = outputOf.get(parent) ?? parent
      parts.join(output, node.name)
      const group = unread.get(output)
      if (group !== undefined) inputs.set(output, group)
      unread.delete(output)
    }
    for (const { name } of declaredStoresOf(node)) parts.join(`store ${name}`, node.name)
    for (const table of tablesReadBy(node)) parts.join(table, node.name)
    if (node.kind === 'source') inputs.set(node.name, node)
    if (isCut(node, nodes)) {
      const input = `${node.name}, read`
      const isGroup = node.kind === 'group' || node.kind === 'table-group'
      if (isGroup) unread.set(input, node)
      else inputs.set(input, node)
      outputOf.set(node.name, input)
      parts.add(input)
    }
  }
  return numbered(nodes, inputs, parts)
}

interface PartInTheMaking {
  readonly inputs: (SourceNode | CutNode)[]
  readonly nodes: TopologyNode[]
  readonly global?: GlobalNode
}

function numbered(
  nodes: readonly TopologyNode[],
  inputs: ReadonlyMap<string, SourceNode | CutNode | GlobalNode>,
  parts: Components,
): Parts {
  const found = new Map<string, PartInTheMaking>()
  for (const [name, input] of inputs) {
    const root = parts.rootOf(name)
    if (isGlobal(input)) {
      found.set(root, { inputs: [], nodes: [], global: input })
      continue
    }
    const part = found.get(root) ?? { inputs: [], nodes: [] }
    part.inputs.push(input)
    found.set(root, part)
  }
  for (const node of nodes) found.get(parts.rootOf(node.name))?.nodes.push(node)
  const subtopologies: Subtopology[] = []
  const globals: GlobalPart[] = []
  let id = 0
  for (const { inputs: read, nodes: own, global } of found.values()) {
    if (own.length === 0) continue
    if (global === undefined) {
      const part = { id, inputs: Object.freeze(read), nodes: Object.freeze(own) }
      subtopologies.push(Object.freeze(part))
    } else {
      globals.push(Object.freeze({ id, node: global }))
    }
    id += 1
  }
  return { subtopologies, globals }
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
