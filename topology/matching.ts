// Sources by a pattern of names: what a topology reads of the topics that there are. The runtime asks before it
// lays out tasks, workers and the test driver ask for the names that it found.
import { TopologyError } from './errors.ts'
import type { ErasedTopic, SourceNode, TopologyNode } from './node.ts'
import { matches, topic } from './topic.ts'
import { assembled, type Topology } from './topology.ts'

/** Whether a topology reads topics by patterns. */
export function hasPatterns({ nodes }: Pick<Topology, 'nodes'>): boolean {
  return nodes.some((node) => node.kind === 'source' && node.pattern !== undefined)
}

/** The names that patterns match. */
export function matchingNames(
  { nodes }: Pick<Topology, 'nodes'>,
  names: Iterable<string>,
): string[] {
  const patterns = nodes.flatMap((node) =>
    node.kind === 'source' && node.pattern !== undefined ? [node.pattern] : [],
  )
  return [...names].filter((name) => patterns.some(({ pattern }) => matches(pattern, name))).sort()
}

/**
 * The topology with the topics of these names that its patterns match, in the order of their names.
 * @throws TopologyError when one is matched by the patterns of two sources.
 */
export function withTopics(topology: Topology, names: Iterable<string>): Topology {
  if (!hasPatterns(topology)) return topology
  const found = matchingNames(topology, names)
  const readBy = new Map<string, string>()
  const nodes = topology.nodes.map((node): TopologyNode => {
    if (node.kind !== 'source' || node.pattern === undefined) return node
    const { pattern } = node.pattern
    const own = found.filter((name) => matches(pattern, name))
    for (const name of own) {
      const other = readBy.get(name)
      if (other !== undefined) {
        const why = `its pattern matches topic ${name}, as that of source ${other} does; make one narrower`
        throw new TopologyError(node.name, why)
      }
      readBy.set(name, node.name)
    }
    return Object.freeze({ ...node, topics: own.map((name) => topicOf(name, node)) })
  })
  return assembled(topology.name, nodes, topology)
}

function topicOf(name: string, { pattern }: SourceNode): ErasedTopic {
  const { key, value } = pattern!
  return topic(name, { key, value })
}
