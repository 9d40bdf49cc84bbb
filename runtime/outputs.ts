// The rows that a worker's tasks have produced and not yet handed to the data port, per target partition.
import { BrokerError, type DataPort } from '../broker/ports.ts'
import { RecordBatchBuilder, type RowTally } from '../broker/record-batch-builder.ts'
import type { TopicOutput } from '../processors/processor.ts'
import { ThreadTimes } from '../processors/thread-times.ts'
import type { MetricSlab } from './metrics/slab.ts'

/** Bytes of one batch in a log, about. */
const LUMP_BYTES = 131_072

interface Target {
  readonly topic: string
  readonly partition: number
  readonly rows: RecordBatchBuilder
  readonly sent: (records: number, bytes: number) => void
  /** Whether it is among those that may have rows. */
  isTouched: boolean
}

/** All targets of one worker. */
export class Outputs {
  /** Records handed over so far. */
  records = 0
  readonly #port: DataPort
  readonly #metrics: MetricSlab
  readonly #partitions: Readonly<Record<string, number>>
  readonly #openTopic: (topic: string) => number
  readonly #togetherMin: number
  readonly #topics = new Map<string, TopicOutput>()
  /** Those that may have rows: of many partitions a worker writes to few at a time. */
  readonly #touched: Target[] = []
  /** Tasks ask at each step. */
  readonly #tally: RowTally = { rows: 0, bytes: 0 }

  /**
   * @param openTopic partitions of a topic that the plan does not know, which user code has chosen.
   * @param togetherMin partitions from which on the tasks tell event time together, by the wall clock.
   */
  constructor(
    port: DataPort,
    metrics: MetricSlab,
    partitions: Readonly<Record<string, number>>,
    openTopic: (topic: string) => number = refuseTopic,
    togetherMin = Infinity,
  ) {
    this.#togetherMin = togetherMin
    this.#openTopic = openTopic
    this.#port = port
    this.#metrics = metrics
    this.#partitions = partitions
  }

  /** Where the rows of a topic go. */
  topic(name: string): TopicOutput {
    let output = this.#topics.get(name)
    if (output === undefined) this.#topics.set(name, (output = this.#open(name)))
    return output
  }

  /** Records waiting here. */
  get waiting(): number {
    return this.#tally.rows
  }

  /** Bytes waiting here. */
  get waitingBytes(): number {
    return this.#tally.bytes
  }

  /** Forgets all rows. */
  discard(): void {
    for (const target of this.#touched) {
      target.rows.clear()
      target.isTouched = false
    }
    this.#touched.length = 0
  }

  /** Hands all rows over. */
  flush(): void {
    for (const target of this.#touched) {
      if (target.rows.count > 0) this.#handOver(target)
      target.isTouched = false
    }
    this.#touched.length = 0
  }

  #handOver({ topic, partition, rows, sent }: Target): void {
    sent(rows.count, rows.position)
    this.records += rows.count
    this.#port.produce({ topic, partition }, rows)
  }

  #open(topic: string): TopicOutput {
    const known = this.#partitions[topic]
    const sent = known === undefined ? () => undefined : this.#counterOf(topic)
    const partitions = known ?? this.#openTopic(topic)
    const targets = Array.from({ length: partitions }, (_, partition): Target => {
      return { topic, partition, rows: new RecordBatchBuilder(this.#tally), sent, isTouched: false }
    })
    // Where rows wait for the commit anyway, a lump at a time is packed once and never cut again.
    const lumpBytes = this.#port.transactional ? LUMP_BYTES : Infinity
    return {
      partitions,
      ...limitsFor(this.#port, topic),
      together: partitions < this.#togetherMin ? undefined : new ThreadTimes(partitions),
      rowsOf: (partition) => {
        const target = targets[partition]!
        if (target.rows.position > lumpBytes) this.#handOver(target)
        if (!target.isTouched) this.#touched.push(target)
        target.isTouched = true
        return target.rows
      },
    }
  }

  #counterOf(topic: string): Target['sent'] {
    const records = this.#metrics.counter('kafka_stream_topic_records_produced_total', { topic })
    const bytes = this.#metrics.counter('kafka_stream_topic_bytes_produced_total', { topic })
    return (count, length) => {
      records.add(count)
      bytes.add(length)
    }
  }
}

function limitsFor(
  { recordBytesMax = Infinity, limits }: DataPort,
  topic: string,
): Omit<TopicOutput, 'partitions' | 'rowsOf'> {
  const known = limits?.[topic]
  return {
    recordBytesMax: Math.min(recordBytesMax, known?.recordBytesMax ?? Infinity),
    behindMsMax: known?.behindMsMax ?? Infinity,
    aheadMsMax: known?.aheadMsMax ?? Infinity,
    needsKeys: known?.needsKeys ?? false,
  }
}

function refuseTopic(topic: string): never {
  throw new BrokerError(
    'MILLRACE_TOPIC_MISSING',
    `topic ${topic} was chosen for a record and was not there at the start: create it, then restart`,
  )
}
