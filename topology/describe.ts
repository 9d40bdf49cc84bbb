// Prints a topology: Kafka's text (TopologyDescription), a mermaid flowchart, or JSON.
import type { TopologyNode } from './node.ts'
import type { Subtopology } from './subtopology.ts'
import type { Topology } from './topology.ts'

interface Line {
  readonly name: string
  readonly text: string
  readonly children: readonly string[]
  readonly parents: readonly string[]
}

/** As Kafka's `Topology.describe().toString()`. */
export function describeText(topology: Topology): string {
  const lines = ['Topologies:']
  for (const part of topology.subtopologies) {
    // The first has a blank more: a quirk that tools which read this text know.
    lines.push(`${part.id === 0 ? ' ' : ''}  Sub-topology: ${part.id}`)
    for (const { text, children, parents } of linesOf(part, topology)) {
      lines.push(`    ${text}`)
      if (!text.startsWith('Sink:')) lines.push(`      --> ${children.join(', ') || 'none'}`)
      if (!text.startsWith('Source:')) lines.push(`      <-- ${parents.join(', ') || 'none'}`)
    }
    lines.push('')
  }
  return `${lines.join('\n')}\n`
}

/** A mermaid flowchart, sub-topologies as boxes. */
export function describeMermaid(topology: Topology): string {
  const lines = ['flowchart LR']
  const id = (name: string): string => name.replace(/[^a-zA-Z0-9]/g, '_')
  for (const part of topology.subtopologies) {
    lines.push(`  subgraph subtopology_${part.id}["sub-topology ${part.id}"]`)
    for (const { name, text } of linesOf(part, topology)) lines.push(`    ${id(name)}["${text}"]`)
    lines.push('  end')
  }
  for (const part of topology.subtopologies) {
    for (const { name, children } of linesOf(part, topology)) {
      for (const child of children) lines.push(`  ${id(name)} --> ${id(child)}`)
    }
  }
  for (const node of topology.nodes) {
    if (isCut(node, topology)) {
      lines.push(`  ${id(`${node.name}-sink`)} --> ${id(`${node.name}-source`)}`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** The sub-topologies with their nodes, stores and topics as JSON. */
export function describeJson(topology: Topology): string {
  const subtopologies = topology.subtopologies.map((part) => ({
    id: part.id,
    nodes: linesOf(part, topology),
    stores: part.nodes.filter((node) => node.kind === 'windowed-count').map((node) => node.name),
  }))
  return `${JSON.stringify({ name: topology.name, subtopologies }, null, 2)}\n`
}

function linesOf(part: Subtopology, topology: Topology): Line[] {
  const label = (node: TopologyNode): string =>
    node.kind === 'group' && isCut(node, topology) ? `${node.name}-sink` : node.name
  const childrenOf = (name: string): string[] =>
    part.nodes.filter((node) => 'from' in node && node.from === name).map(label)
  const lines: Line[] = []
  for (const input of part.inputs) {
    if (input.kind === 'source') continue
    const name = `${input.name}-source`
    const text = `Source: ${name} (topics: [${input.name}-repartition])`
    lines.push({ name, text, children: childrenOf(input.name), parents: [] })
  }
  for (const node of part.nodes) {
    const children = isCut(node, topology) ? [] : childrenOf(node.name)
    const parents = 'from' in node ? [parentOf(node.from, part)] : []
    lines.push({ name: label(node), text: textOf(node, topology), children, parents })
  }
  return lines
}

function parentOf(from: string, part: Subtopology): string {
  const isInput = part.inputs.some((input) => input.kind === 'group' && input.name === from)
  return isInput ? `${from}-source` : from
}

function textOf(node: TopologyNode, topology: Topology): string {
  switch (node.kind) {
    case 'source':
      return `Source: ${node.name} (topics: [${node.topic.name}])`
    case 'sink':
      return `Sink: ${node.name} (topic: ${node.topic.name})`
    case 'windowed-count':
      return `Processor: ${node.name} (stores: [${node.name}])`
    case 'group':
      return isCut(node, topology)
        ? `Sink: ${node.name}-sink (topic: ${node.name}-repartition)`
        : `Processor: ${node.name} (stores: [])`
    default:
      return `Processor: ${node.name} (stores: [])`
  }
}

/** Whether a group node ends its part: another one reads its repartition topic. */
function isCut(node: TopologyNode, topology: Topology): boolean {
  const { subtopologies } = topology
  return node.kind === 'group' && subtopologies.some(({ inputs }) => inputs.includes(node))
}
