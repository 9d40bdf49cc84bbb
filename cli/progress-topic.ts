// Writes the progress reports of a job to a topic, for whoever wants them as a stream (Spark's listeners). Made
// by run-job.ts where `progress.topic` names one.
import { partitionFor } from '../broker/partitioner.ts'
import type { Broker, Producer } from '../broker/ports.ts'
import { RecordBatchBuilder } from '../broker/record-batch-builder.ts'
import type { StreamsConfig } from '../config/config.ts'
import type { QueryProgress } from '../runtime/progress.ts'
import type { Logger } from './logger.ts'
import { topicPartitions } from './topic-partitions.ts'

/** Reports that wait for a broker which takes none: one more is lost. */
const WAITING_MAX = 100

/** Reports on their way to a topic. */
export class ProgressTopic {
  readonly #producer: Producer
  readonly #topic: string
  readonly #partitions: number
  readonly #logger: Logger
  #last: Promise<void> = Promise.resolve()
  #hasFailed = false
  #waiting = 0

  constructor(producer: Producer, topic: string, partitions: number, logger: Logger) {
    this.#producer = producer
    this.#topic = topic
    this.#partitions = partitions
    this.#logger = logger
  }

  /** Writes a report, keyed by the application; one that cannot be written is told once, and stops no job. */
  write(progress: QueryProgress): void {
    if (this.#waiting === WAITING_MAX) return this.#lost(new Error('the broker takes none'))
    this.#waiting += 1
    const utf8 = new TextEncoder()
    const key = utf8.encode(progress.id)
    const rows = new RecordBatchBuilder()
    rows.append(key, utf8.encode(JSON.stringify(progress)), Date.now())
    const target = { topic: this.#topic, partition: partitionFor(key, this.#partitions) }
    this.#last = this.#last
      .then(() => this.#producer.send(target, rows))
      .catch((err: unknown) => this.#lost(err))
      .finally(() => (this.#waiting -= 1))
  }

  #lost(err: unknown): void {
    if (!this.#hasFailed) this.#logger.warn({ err, topic: this.#topic }, 'a report is lost')
    this.#hasFailed = true
  }

  /** Resolves when all reports are delivered, or never will be. */
  async close(): Promise<void> {
    await this.#last
    await this.#producer.flush().catch(() => undefined)
    await this.#producer.close()
  }
}

/**
 * Opens the topic of the reports, made when it is missing; undefined where none is configured.
 * @throws BrokerError
 */
export async function openProgressTopic(
  broker: Broker,
  config: StreamsConfig,
  logger: Logger,
): Promise<ProgressTopic | undefined> {
  const { progressTopic: topic } = config
  if (topic === undefined) return undefined
  const partitions = await topicPartitions(broker, topic, config)
  return new ProgressTopic(await broker.openProducer(), topic, partitions, logger)
}
