// How many partitions a topic has that a command writes to. Used by replay, demo and the progress topic.
import type { Broker } from '../broker/ports.ts'
import type { StreamsConfig } from '../config/config.ts'

/**
 * The partitions that a topic has; it is made like those of a job when it is missing.
 * @throws BrokerError
 */
export async function topicPartitions(
  broker: Broker,
  topic: string,
  streams: StreamsConfig,
): Promise<number> {
  const known = (await broker.topics()).find(({ name }) => name === topic)
  if (known !== undefined) return known.partitions
  const config = {
    'retention.ms': String(streams.topicRetentionMs),
    'retention.bytes': String(streams.topicRetentionBytes),
  }
  await broker.ensureTopics([{ name: topic, partitions: streams.topicPartitions, config }])
  return streams.topicPartitions
}
