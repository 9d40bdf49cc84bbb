// Where sources begin in partitions that an application has not read yet, as they say (Kafka's
// `Consumed.withOffsetResetPolicy`). The group asks for partitions without a commit.
import type { Broker, TopicPartition } from '../broker/ports.ts'
import { TopologyError } from '../topology/errors.ts'
import type { SourceNode } from '../topology/node.ts'
import type { Topology } from '../topology/topology.ts'
import type { Clock } from './clock.ts'

/**
 * What it gives answers undefined for the start of the partition.
 * @throws TopologyError where a source says that it must have been read before.
 */
export function startsOf(
  { nodes }: Pick<Topology, 'nodes'>,
  broker: Broker,
  applicationId: string,
  clock: Pick<Clock, 'nowMs'>,
): (of: TopicPartition) => Promise<number | undefined> {
  const sources = nodes.filter((node): node is SourceNode => node.kind === 'source')
  return async (of) => {
    const source = sources.find(({ topics }) => topics.some(({ name }) => name === of.topic))
    if (source === undefined) return undefined
    switch (source.offsetReset) {
      case 'earliest':
        return undefined
      case 'latest':
        return (await broker.watermarks([of]))[0]?.end
      case 'none': {
        const { topic, partition } = of
        throw new TopologyError(
          source.name,
          `${applicationId} has no committed offset in partition ${partition} of ${topic}, and offsetReset is 'none': ` +
            'set the offsets with millrace reset, or say where to begin',
        )
      }
      default: {
        const fromMs = clock.nowMs() - source.offsetReset.byDuration
        // A name of its own: it asks for offsets only, and this instance is a member of the application.
        const admin = await broker.openGroupAdmin(`${applicationId}-starts`)
        try {
          return (await admin.offsetsAt([of], fromMs))[0]
        } finally {
          await admin.close()
        }
      }
    }
  }
}
