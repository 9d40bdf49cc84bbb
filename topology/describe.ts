// Prints a topology: Kafka's text (TopologyDescription), a mermaid flowchart, or JSON.
import { globalStoreOf } from './global-store.ts'
import { parentsOf, reads, type TopologyNode } from './node.ts'
import { innerTopic, type CutNode, type GlobalPart, type Subtopology } from './subtopology.ts'
import { tablesReadBy } from './processor-stores.ts'
import { storesOf } from './table-plan.ts'
import type { Topology } from './topology.ts'

interface Line {
  readonly name: string
  readonly text: string
  readonly kind: 'source' | 'processor' | 'sink'
  /** What it reads or writes; a dynamic sink names none. */
  readonly topics: readonly string[]
  /** Whether the topic is the application's own: its name there has the application id before it. */
  readonly isInternal: boolean
  readonly stores: readonly string[]
  readonly children: readonly string[]
  readonly parents: readonly string[]
}

/** As Kafka's `Topology.describe().toString()`. */
export function describeText(topology: Topology): string {
  const { subtopologies, globals } = topology
  const parts = [
    ...subtopologies.map((part) => ({ id: part.id, lines: textLines(part, topology) })),
    ...globals.map((part) => ({ id: part.id, lines: globalLines(part) })),
  ].toSorted((one, other) => one.id - other.id)
  // The first has a blank more: a quirk that tools which read this text know.
  const text = parts.map(({ lines }, i) => `${i === 0 ? ' ' : ''}${lines.join('\n')}\n`)
  return `Topologies:\n${text.join('')}`
}

function textLines(part: Subtopology, topology: Topology): string[] {
  const lines = [`  Sub-topology: ${part.id}`]
  for (const { text, children, parents } of linesOf(part, topology)) {
    lines.push(`    ${text}`)
    if (!text.startsWith('Sink:')) lines.push(`      --> ${children.join(', ') || 'none'}`)
    if (!text.startsWith('Source:')) lines.push(`      <-- ${parents.join(', ') || 'none'}`)
  }
  lines.push('')
  return lines
}

/** As Kafka prints them: without an empty line behind. */
function globalLines({ id, node }: GlobalPart): string[] {
  const source = `${node.name}-source`
  return [
    `  Sub-topology: ${id} for global store (will not generate tasks)`,
    `    Source: ${source} (topics: [${node.topic.name}])`,
    `      --> ${node.name}`,
    `    Processor: ${node.name} (stores: [${globalStoreOf(node)}])`,
    '      --> none',
    `      <-- ${source}`,
  ]
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
  for (const { id: number, node } of topology.globals) {
    lines.push(`  subgraph subtopology_${number}["global store ${number}"]`)
    lines.push(
      `    ${id(`${node.name}-source`)}["Source: ${node.name}-source (topics: [${node.topic.name}])"]`,
    )
    lines.push(`    ${id(node.name)}["Processor: ${node.name} (stores: [${globalStoreOf(node)}])"]`)
    lines.push('  end')
    lines.push(`  ${id(`${node.name}-source`)} --> ${id(node.name)}`)
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

/** The sub-topologies with their nodes, stores and topics, and what is global, as JSON. */
export function describeJson(topology: Topology): string {
  const subtopologies = topology.subtopologies.map((part) => ({
    id: part.id,
    nodes: linesOf(part, topology),
    stores: [...new Set(part.nodes.flatMap((node) => storesOf(node, topology.tables)))],
  }))
  const globalStores = topology.globals.map(({ id, node }) => {
    return { id, name: node.name, topic: node.topic.name, store: globalStoreOf(node) }
  })
  return `${JSON.stringify({ name: topology.name, subtopologies, globalStores }, null, 2)}\n`
}

function linesOf(part: Subtopology, topology: Topology): Line[] {
  const label = (node: TopologyNode): string =>
    isCut(node, topology) && !isKept(node) ? `${node.name}-sink` : node.name
  const cutsRead = new Set(part.inputs.filter((input) => input.kind !== 'source').map(nameOf))
  const lines: Line[] = []
  for (const input of part.inputs) {
    if (input.kind === 'source') continue
    const name = `${input.name}-source`
    const text = `Source: ${name} (topics: [${innerTopic(input)}])`
    const children = part.nodes.filter((node) => reads(node, input.name)).map(label)
    lines.push({ name, text, ...innerLine('source', input), children, parents: [] })
  }
  for (const node of part.nodes) {
    const parents = parentsOf(node).map((name) => (cutsRead.has(name) ? `${name}-source` : name))
    const [name, sink] = [label(node), `${node.name}-sink`]
    if (!isCut(node, topology)) {
      const children = part.nodes.filter((other) => reads(other, node.name)).map(label)
      const text = textOf(node, topology)
      lines.push({ name, text, ...partsOf(node, topology), children, parents })
      continue
    }
    const inner = { text: sinkOf(node), ...innerLine('sink', node), children: [] }
    if (name === sink) {
      lines.push({ name, ...inner, parents })
    } else {
      const text = textOf(node, topology)
      lines.push({ name, text, ...partsOf(node, topology), children: [sink], parents })
      lines.push({ name: sink, ...inner, parents: [name] })
    }
  }
  return lines
}

type Parts = Pick<Line, 'kind' | 'topics' | 'isInternal' | 'stores'>

function innerLine(kind: 'source' | 'sink', cut: CutNode): Parts {
  return { kind, topics: [innerTopic(cut)], isInternal: true, stores: [] }
}

function partsOf(node: TopologyNode, topology: Topology): Parts {
  const outer = { topics: [], isInternal: false, stores: [] }
  switch (node.kind) {
    case 'source':
      return { ...outer, kind: 'source', topics: node.topics.map(nameOfTopic) }
    case 'sink':
      return { ...outer, kind: 'sink', topics: [node.topic.name] }
    case 'dynamic-sink':
      return { ...outer, kind: 'sink' }
    default:
      return { ...outer, kind: 'processor', stores: storesOf(node, topology.tables) }
  }
}

const nameOf = ({ name }: TopologyNode): string => name

const sinkOf = (cut: CutNode): string => `Sink: ${cut.name}-sink (topic: ${innerTopic(cut)})`

/** Whether a node that cuts has a store: it is shown as a processor, and its sink behind it. */
const isKept = ({ kind }: TopologyNode): boolean => kind === 'foreign-answer'

function textOf(node: TopologyNode, topology: Topology): string {
  const stores = [...storesOf(node, topology.tables), ...tablesReadBy(node)]
  switch (node.kind) {
    case 'source':
      return node.pattern === undefined
        ? `Source: ${node.name} (topics: [${node.topics.map(nameOfTopic).join(', ')}])`
        : `Source: ${node.name} (topics: ${node.pattern.pattern.source})`
    case 'sink':
      return `Sink: ${node.name} (topic: ${node.topic.name})`
    case 'dynamic-sink':
      return `Sink: ${node.name} (extractor class: chosen for each record)`
    default:
      return `Processor: ${node.name} (stores: [${stores.join(', ')}])`
  }
}

const nameOfTopic = ({ name }: { name: string }): string => name

/** Whether a node ends its part: another one reads its repartition topic. */
function isCut(node: TopologyNode, topology: Topology): node is CutNode {
  if (node.kind === 'source') return false
  return topology.subtopologies.some(({ inputs }) => inputs.some((input) => input === node))
}
