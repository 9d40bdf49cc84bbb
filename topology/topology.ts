// A topology: the frozen graph of a job. Building one touches nothing; every thread imports the same.
import { describeJson, describeMermaid, describeText } from './describe.ts'
import { TopologyError } from './errors.ts'
import type { ErasedTopic, TopologyNode } from './node.ts'
import { SourceStream } from './stream.ts'
import { subtopologiesOf, type Subtopology } from './subtopology.ts'
import type { Topic } from './topic.ts'
import { validate } from './validate.ts'

/** A declared job: what `defineTopology` gives and a job's module exports as default. */
export interface Topology {
  readonly name: string
  readonly nodes: readonly TopologyNode[]
  readonly subtopologies: readonly Subtopology[]
  /** Kafka's text, a mermaid flowchart, or JSON. */
  describe(options?: { format?: 'text' | 'mermaid' | 'json' }): string
}

/** What the function that defines a topology gets. */
export interface TopologyBuilder {
  /** Reads a topic. A topic is read by one source. */
  source<K, V>(name: string, topic: Topic<K, V>): SourceStream<K, V>
}

/**
 * Defines a job. `name` is the default application id.
 * @throws TopologyError naming the node that is wrong and how to mend it.
 */
export function defineTopology(name: string, build: (builder: TopologyBuilder) => void): Topology {
  const nodes: TopologyNode[] = []
  const append = (node: TopologyNode): string => {
    nodes.push(Object.freeze(node))
    return node.name
  }
  build({
    source<K, V>(sourceName: string, topic: Topic<K, V>) {
      const erased = topic as Topic<never, never> as ErasedTopic
      return new SourceStream<K, V>(
        append,
        append({ kind: 'source', name: sourceName, topic: erased }),
        topic.key,
      )
    },
  })
  validate(name, nodes)
  const subtopologies = Object.freeze(subtopologiesOf(nodes))
  const topology: Topology = {
    name,
    nodes: Object.freeze(nodes),
    subtopologies,
    describe({ format = 'text' } = {}) {
      if (format === 'json') return describeJson(topology)
      return format === 'mermaid' ? describeMermaid(topology) : describeText(topology)
    },
  }
  return Object.freeze(topology)
}

/** Whether a module's default export is a topology. @throws TopologyError when it is not. */
export function assertTopology(value: unknown, module: string): Topology {
  const candidate = value as Partial<Topology> | undefined
  if (typeof candidate?.describe === 'function' && Array.isArray(candidate.nodes)) {
    return candidate as Topology
  }
  throw new TopologyError(module, 'the default export is no topology; make it with defineTopology')
}
