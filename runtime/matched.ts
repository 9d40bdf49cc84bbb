// Which of the topics that there are a job reads by patterns: at start, and for tools that look at its topics.
import { matchingNames, withTopics } from '../topology/matching.ts'
import type { Topology } from '../topology/topology.ts'
import { internalTopicsOf } from './plan.ts'

/** The names that patterns of a job match: none of the broker's or the application's own topics. */
export function matchedBy(
  topology: Topology,
  applicationId: string,
  names: Iterable<string>,
): string[] {
  const inner = new Set(internalTopicsOf(topology, applicationId))
  const outer = [...names].filter((name) => !name.startsWith('__') && !inner.has(name))
  return matchingNames(topology, outer)
}

/** The topology with the topics that its patterns match. @throws TopologyError as `withTopics` does. */
export function onTopics(
  topology: Topology,
  applicationId: string,
  names: Iterable<string>,
): Topology {
  return withTopics(topology, matchedBy(topology, applicationId, names))
}
