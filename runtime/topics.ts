// Creates or verifies the topics of a job before anything reads or writes.
import type { Broker, TopicSpec } from '../broker/ports.ts'
import type { StreamsConfig } from '../config/config.ts'
import type { Topology } from '../topology/topology.ts'
import { changelogsOf, globalTopicsOf, sinkTopicsOf, sourceTopicsOf } from './plan.ts'
import { repartitionsOf } from './repartitions.ts'

/** Topics hold what the job needs for as long as the configuration says, whatever the broker's default. */
function settingsOf(config: StreamsConfig): Record<string, string> {
  return {
    'retention.ms': String(config.topicRetentionMs),
    'retention.bytes': String(config.topicRetentionBytes),
  }
}

/** Global tables are filled from the beginning again and again: only what was replaced may go. */
const GLOBAL_SETTINGS = { 'cleanup.policy': 'compact' }

/** Whether stores have changelogs: the embedded log keeps the state itself, in the same transactions. */
export const isLogged = (broker: Broker): boolean => broker.kind === 'kafka'

/** The topics of a job, as they must be. */
export interface WantedTopics {
  /** The partitions of each topic that the job touches. */
  readonly partitions: Map<string, number>
  /** Sources, sinks and global tables that are not there yet. */
  readonly outer: readonly TopicSpec[]
  /** Repartition topics and changelogs, there or not. */
  readonly inner: readonly TopicSpec[]
}

/**
 * Works out which topics a job needs, given those that there are.
 * @throws TopologyError when topics that are joined have different numbers of partitions
 */
export function wantedTopics(
  known: ReadonlyMap<string, number>,
  topology: Topology,
  applicationId: string,
  config: StreamsConfig,
  areChangelogs: boolean,
): WantedTopics {
  const globals = globalTopicsOf(topology)
  const wanted = [...sourceTopicsOf(topology), ...globals, ...sinkTopicsOf(topology)]
  const partitions = new Map(
    wanted.map((name) => [name, known.get(name) ?? config.topicPartitions]),
  )
  // Any topic that is there may be chosen for a record.
  if (topology.nodes.some(({ kind }) => kind === 'dynamic-sink')) {
    for (const [name, count] of known) if (!partitions.has(name)) partitions.set(name, count)
  }
  const outer: TopicSpec[] = wanted
    .filter((name) => !known.has(name))
    .map((name) => ({
      name,
      partitions: config.topicPartitions,
      config: globals.includes(name) ? GLOBAL_SETTINGS : settingsOf(config),
    }))
  const cuts = repartitionsOf(topology, applicationId, partitions)
  for (const { name, partitions: count } of cuts) partitions.set(name, count)
  const changelogs = areChangelogs ? changelogsOf(topology, applicationId, partitions) : []
  return { partitions, outer, inner: [...cuts, ...changelogs] }
}

/**
 * Makes sure that all topics are there.
 * @returns what they are.
 * @throws BrokerError MILLRACE_TOPIC_MISMATCH when a repartition topic has other partitions than what
 * flows into it; TopologyError as `wantedTopics` does.
 */
export async function prepareTopics(
  broker: Broker,
  topology: Topology,
  applicationId: string,
  config: StreamsConfig,
): Promise<WantedTopics> {
  const known = new Map((await broker.topics()).map(({ name, partitions }) => [name, partitions]))
  const wanted = wantedTopics(known, topology, applicationId, config, isLogged(broker))
  await broker.ensureTopics([...wanted.outer, ...wanted.inner])
  return wanted
}
