// How a job reads its topics, for commands that show records: what is no text is of a type that only the job knows.
import type { Config } from '../config/config.ts'
import { resolveFormat } from '../runtime/plan.ts'
import { isGlobal } from '../topology/global-store.ts'
import { fromBytes, type Serde, type Serializer } from '../topology/serdes/serde.ts'
import type { Topology } from '../topology/topology.ts'
import { knownJobs, loadJob } from './job.ts'

/** Reads bytes. @throws what the serde throws at bytes that are none of its. */
export type Read = (bytes: Uint8Array) => unknown

/** How keys and values of a topic are read; left out where the job only writes them. */
export interface TopicReaders {
  readonly key?: Read
  readonly value?: Read
}

/**
 * What a job reads a topic with ; of the jobs that come with the package where none is named. Undefined where
 * it is no input or output of theirs, such as a changelog.
 * @throws UsageError when there is no job of that name; TopologyError
 */
export async function readersOf(
  topic: string,
  job: string | undefined,
  { streams }: Config,
): Promise<TopicReaders | undefined> {
  for (const name of job === undefined ? knownJobs() : [job]) {
    const { topology } = await loadJob(name)
    const found = readersIn(topology, topic, streams.topicFormats)
    if (found !== undefined) return found
  }
  return undefined
}

const reading =
  (serde: Serializer<never>): Read =>
  (bytes) =>
    fromBytes(serde as Serde<unknown>, bytes)

function readersIn(
  topology: Topology,
  topic: string,
  formats: Config['streams']['topicFormats'],
): TopicReaders | undefined {
  for (const node of topology.nodes) {
    const topics =
      node.kind === 'source'
        ? node.topics
        : node.kind === 'sink' || isGlobal(node)
          ? [node.topic]
          : []
    const found = topics.find(({ name }) => name === topic)
    if (found === undefined) continue
    const { key, value } = resolveFormat(found, formats)
    return {
      ...('deserialize' in key && { key: reading(key) }),
      ...('deserialize' in value && { value: reading(value) }),
    }
  }
  return undefined
}
