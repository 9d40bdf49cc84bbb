// The serdes of topics that a test names without declaring them: those of the source or sink that has them.
import type { StreamsConfig } from '../../config/config.ts'
import { isGlobal } from '../../topology/global-store.ts'
import { serdesOfSource, type ErasedTopic } from '../../topology/node.ts'
import { bytes } from '../../topology/serdes/primitive.ts'
import type { Topology } from '../../topology/topology.ts'
import { resolveFormat } from '../plan.ts'
import type { Codec } from './records.ts'

/** Serdes by topic; a topic that no node declares, such as one of dead letters, is bytes. */
export class TopicCodecs {
  readonly #codecs = new Map<string, Codec>()

  constructor(topology: Topology, formats: StreamsConfig['topicFormats']) {
    for (const node of topology.nodes) {
      if (node.kind === 'sink' || isGlobal(node)) {
        this.#codecs.set(node.topic.name, resolveFormat(node.topic, formats))
      }
      if (node.kind !== 'source') continue
      const resolve = (topic: ErasedTopic): ErasedTopic => resolveFormat(topic, formats)
      for (const topic of node.topics) {
        this.#codecs.set(topic.name, serdesOfSource(node, topic, resolve))
      }
    }
  }

  of(topic: string): Codec {
    return this.#codecs.get(topic) ?? { key: bytes, value: bytes }
  }
}
