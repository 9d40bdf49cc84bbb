// The topics of the transit job as commands write them: in the configured format, made where they are missing.
import type { Broker } from '../broker/ports.ts'
import { arrivals, entries, weather } from '../jobs/transit/topics.ts'
import { resolveFormat } from '../runtime/plan.ts'
import type { Serde } from '../topology/serdes/serde.ts'
import type { Topic } from '../topology/topic.ts'
import type { CliContext } from './context.ts'
import { topicPartitions } from './topic-partitions.ts'

/** A topic of events, to write and to read. */
export interface OpenedTopic<T> {
  readonly topic: string
  readonly partitions: number
  readonly value: Serde<T>
}

/** The topics that a simulation produces to. @throws BrokerError */
export async function openTransitTopics(context: CliContext, broker: Broker) {
  return {
    arrival: await opened(context, broker, arrivals),
    entry: await opened(context, broker, entries),
    weather: await opened(context, broker, weather),
  }
}

async function opened<T>(
  { config: { streams } }: CliContext,
  broker: Broker,
  topic: Topic<string, T>,
): Promise<OpenedTopic<T>> {
  const partitions = await topicPartitions(broker, topic.name, streams)
  const { value } = resolveFormat(topic, streams.topicFormats)
  return { topic: topic.name, partitions, value }
}
