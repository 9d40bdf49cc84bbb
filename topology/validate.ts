// What makes a topology wrong; called once, when it is built.
import { TopologyError } from './errors.ts'
import type { TopologyNode } from './node.ts'
import { isTopicName } from './topic.ts'

const LEGAL_NAME = /^[a-zA-Z0-9._-]{1,100}$/

/** @throws TopologyError for the first thing that is wrong. */
export function validate(topology: string, nodes: readonly TopologyNode[]): void {
  checkName(topology, topology)
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
    if (node.kind === 'source') {
      const other = topics.get(node.topic.name)
      if (other !== undefined) {
        throw new TopologyError(
          node.name,
          `reads topic ${node.topic.name}, which source ${other} reads already; use that stream twice`,
        )
      }
      topics.set(node.topic.name, node.name)
    }
  }
  for (const node of nodes) {
    checkDeadLetter(node, topics)
    checkEnd(node, nodes)
  }
}

function checkName(name: string, node: string): void {
  if (!LEGAL_NAME.test(name)) {
    throw new TopologyError(
      node,
      'a name is 1 to 100 letters, digits, dots, dashes and underscores: it becomes part of topic names',
    )
  }
}

/** Dead letters in a topic that the job reads would be read again, fail again and never end. */
function checkDeadLetter(node: TopologyNode, sources: ReadonlyMap<string, string>): void {
  if (node.kind !== 'parse' || typeof node.malformed === 'string') return
  const { topic } = node.malformed
  if (!isTopicName(topic)) {
    throw new TopologyError(
      node.name,
      `deadLetter(${JSON.stringify(topic)}): a topic is named with 1 to 249 letters, digits, dots, dashes and underscores`,
    )
  }
  const source = sources.get(topic)
  if (source !== undefined) {
    throw new TopologyError(
      node.name,
      `deadLetter('${topic}') is the topic that source ${source} reads: what cannot be read would come again for ever; give dead letters a topic of their own`,
    )
  }
}

/** A grouping that nothing aggregates would write a repartition topic that nobody reads. */
function checkEnd(node: TopologyNode, nodes: readonly TopologyNode[]): void {
  if (node.kind !== 'group') return
  if (!nodes.some((other) => 'from' in other && other.from === node.name)) {
    throw new TopologyError(node.name, 'nothing aggregates this grouping; add a count or remove it')
  }
}
