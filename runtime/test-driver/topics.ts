// The topics of a topology under test: made with the partitions that the test asks for, or one.
import type { MemoryLog } from '../../broker/memory/log.ts'
import { TopologyError } from '../../topology/errors.ts'
import type { Topology } from '../../topology/topology.ts'
import { globalTopicsOf, planOf, sinkTopicsOf, sourceTopicsOf, type Plan } from '../plan.ts'
import { repartitionsOf } from '../repartitions.ts'

/** Makes the topics in the log. @throws TopologyError when the topology cannot run on them. */
export function makeTopics(
  topology: Topology,
  partitions: number | Readonly<Record<string, number>>,
  log: MemoryLog,
): Plan {
  const wanted = [
    ...sourceTopicsOf(topology),
    ...globalTopicsOf(topology),
    ...sinkTopicsOf(topology),
  ]
  for (const [topic, count] of countsIn(topology, partitions)) checkCount(topic, count)
  const counts = new Map(
    wanted.map((topic) => [
      topic,
      typeof partitions === 'number' ? partitions : (partitions[topic] ?? 1),
    ]),
  )
  for (const inner of repartitionsOf(topology, topology.name, counts)) {
    counts.set(inner.name, inner.partitions)
  }
  for (const [topic, count] of counts) log.ensure(topic, count)
  return planOf(topology, topology.name, counts)
}

const countsIn = (
  { name }: Topology,
  partitions: number | Readonly<Record<string, number>>,
): [topic: string, count: number][] =>
  typeof partitions === 'number' ? [[name, partitions]] : Object.entries(partitions)

function checkCount(topic: string, count: number): void {
  if (Number.isInteger(count) && count > 0) return
  throw new TopologyError(
    topic,
    `a topic cannot have ${count} partitions; give it a whole number of at least 1`,
  )
}
