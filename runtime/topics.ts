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

/**
 * Makes sure that all topics are there.
 * @returns the partitions of each.
 * @throws BrokerError MILLRACE_TOPIC_MISMATCH when a repartition topic has other partitions than what
 * flows into it.
 */
export async function prepareTopics(
  broker: Broker,
  topology: Topology,
  applicationId: string,
  config: StreamsConfig,
): Promise<Map<string, number>> {
  const known = new Map((await broker.topics()).map(({ name, partitions }) => [name, partitions]))
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
  const inner = repartitionsOf(topology, applicationId, partitions)
  for (const { name, partitions: count } of inner) partitions.set(name, count)
  const changelogs = isLogged(broker) ? changelogsOf(topology, applicationId, partitions) : []
  await broker.ensureTopics([...outer, ...inner, ...changelogs])
  return partitions
}
