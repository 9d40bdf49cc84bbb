// What may be posted to a job's topics over HTTP: the configuration, the broker, and how the job reads them.
import type { Broker, Poster } from '../broker/ports.ts'
import type { Config } from '../config/config.ts'
import { resolveFormat } from '../runtime/plan.ts'
import type { IngestSources } from '../server/ingest.ts'
import type { Topology } from '../topology/topology.ts'

/** Posting, until it is closed. */
export interface OpenedIngest {
  readonly sources: IngestSources
  close(): Promise<void>
}

/** Topics are looked up again after so long: their partitions may become more. */
const KNOWN_MS = 10_000

/**
 * Opens posting; undefined where no topic may be posted to.
 * @throws BrokerError
 */
export async function openIngest(
  { server, streams }: Config,
  broker: Broker,
  topology: Topology,
): Promise<OpenedIngest | undefined> {
  const { ingestTopics: topics } = server
  if (topics === undefined || !server.enabled) return undefined
  const poster: Poster = await broker.openPoster()
  const known = new Map<string, { readonly partitions: number; readonly untilMs: number }>()
  const inputs = topology.nodes.flatMap((node) => (node.kind === 'source' ? node.topics : []))
  const sources: IngestSources = {
    topics,
    token: server.ingestToken,
    recordsPerSecond: server.ingestRecordsPerSecond,
    requestMaxBytes: server.ingestRequestMaxBytes,
    bufferBytes: server.ingestBufferBytes,
    post: (target, rows) => poster.post(target, rows),
    async partitions(topic) {
      const there = known.get(topic)
      if (there !== undefined && there.untilMs > Date.now()) return there.partitions
      const found = (await broker.topics()).find(({ name }) => name === topic)
      if (found === undefined) return undefined
      known.set(topic, { partitions: found.partitions, untilMs: Date.now() + KNOWN_MS })
      return found.partitions
    },
    serdesOf(topic) {
      const read = inputs.find(({ name }) => name === topic)
      if (read === undefined) return undefined
      // Serdes refuse values of another type than theirs: what is posted may be of any.
      return resolveFormat(read, streams.topicFormats)
    },
  }
  return { sources, close: () => poster.close() }
}
