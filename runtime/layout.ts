// How a job lies on the topics that there are: the topics of its patterns, their partitions, its tasks. Laid out
// at start, and again when a topic appears that a pattern matches.
import { availableParallelism } from 'node:os'
import type { Broker, TopicSpec } from '../broker/ports.ts'
import type { StreamsConfig } from '../config/config.ts'
import { withTopics } from '../topology/matching.ts'
import type { Topology } from '../topology/topology.ts'
import { planOf, topicsOf, type Plan } from './plan.ts'
import { isLogged, prepareTopics } from './topics.ts'

/** A job on its topics. */
export interface Layout {
  /** With the topics that patterns match. */
  readonly topology: Topology
  readonly plan: Plan
  /** The topics of its own. */
  readonly internals: readonly TopicSpec[]
  /** As many threads as the settings say, or as have something to do. */
  readonly threadsOf: (config: StreamsConfig) => number
}

/** Makes the topics that are missing, and lays out the tasks. @throws TopologyError, BrokerError */
export async function layOut(
  declared: Topology,
  matched: readonly string[],
  broker: Broker,
  applicationId: string,
  config: StreamsConfig,
): Promise<Layout> {
  const topology = withTopics(declared, matched)
  const { partitions, inner } = await prepareTopics(broker, topology, applicationId, config)
  const plan = planOf(topology, applicationId, partitions, { isLogged: isLogged(broker) })
  const widest = Math.max(
    1,
    ...topology.subtopologies
      .flatMap((part) => topicsOf(part, applicationId))
      .map((name) => partitions.get(name) ?? 1),
  )
  const threadsOf = ({ numStreamThreads }: StreamsConfig): number =>
    numStreamThreads ?? Math.min(availableParallelism(), widest)
  return { topology, plan, internals: inner, threadsOf }
}
