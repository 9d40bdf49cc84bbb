// A broker in memory: the control side over a memory log, one application at a time. The contract of all
// brokers is run over it, so that the data port that tests stand on keeps the same promises.
import { setTimeout as sleep } from 'node:timers/promises'
import { openPositions } from '../lmdb.ts'
import {
  BrokerError,
  type AssignmentListener,
  type Broker,
  type ChannelSpec,
  type Group,
  type GroupOptions,
  type Producer,
  type StandaloneReader,
  type TopicDescription,
  type TopicPartition,
  type TopicPartitionOffset,
  type TopicSpec,
  type TransactionalProducer,
  type Watermarks,
} from '../ports.ts'
import type { RecordBatchBuilder } from '../record-batch-builder.ts'
import { tablesOf } from './data-port.ts'
import type { MemoryLog } from './log.ts'

const POLL_MS = 1

/** Opens the control side of a log in memory; what it holds goes with the log. */
export function openMemoryBroker(log: MemoryLog): Broker {
  return {
    kind: 'embedded',
    address: 'memory',
    brokers: () => Promise.resolve(['memory']),
    topics: () => settled((): TopicDescription[] => log.topics),
    ensureTopics: (specs: readonly TopicSpec[]) =>
      settled(() => specs.forEach(({ name, partitions }) => log.ensure(name, partitions))),
    watermarks: (partitions: readonly TopicPartition[]) =>
      settled((): Watermarks[] => partitions.map((of) => ({ start: 0, end: log.end(of) }))),
    openProducer: () => settled(() => producer(log)),
    openTransactionalProducer: () => settled(() => transactionalProducer(log)),
    openPoster: () =>
      Promise.reject(new BrokerError('MILLRACE_BROKER', 'nobody posts to a log in memory')),
    openReader: (from: TopicPartitionOffset) => settled(() => standaloneReader(log, from)),
    openGroup: (options: GroupOptions) => settled(() => group(log, options)),
    openGroupAdmin: () =>
      Promise.reject(new BrokerError('MILLRACE_BROKER', 'a log in memory has nothing to reset')),
    close: () => settled(() => undefined),
  }
}

/** What `work` gives or throws, as a promise. */
function settled<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()))
}

function producer(log: MemoryLog): Producer {
  let delivered = 0
  return {
    send: (target: TopicPartition, rows: RecordBatchBuilder) =>
      settled(() => {
        delivered += rows.count
        if (rows.count > 0) log.append(target, rows.pack())
        log.commit()
      }),
    get delivered() {
      return delivered
    },
    flush: () => settled(() => undefined),
    close: () => settled(() => undefined),
  }
}

function transactionalProducer(log: MemoryLog): TransactionalProducer {
  let waiting: { readonly target: TopicPartition; readonly packed: ArrayBuffer }[] = []
  const forget = (): void => {
    waiting = []
  }
  return {
    send: (target: TopicPartition, rows: RecordBatchBuilder) =>
      settled(() => {
        if (rows.count > 0) waiting.push({ target, packed: rows.pack() })
      }),
    commit: () =>
      settled(() => {
        for (const { target, packed } of waiting) log.append(target, packed)
        log.commit()
        forget()
      }),
    abort: () => settled(forget),
    close: () => settled(forget),
  }
}

function standaloneReader(log: MemoryLog, from: TopicPartitionOffset): StandaloneReader {
  const reader = log.reader({ topic: from.topic, partition: from.partition }, from.offset)
  return {
    async read(timeoutMs) {
      for (let waitedMs = 0; waitedMs < timeoutMs && reader.position >= reader.end;) {
        await sleep(POLL_MS)
        waitedMs += POLL_MS
      }
      return reader.poll()
    },
    get position() {
      return reader.position
    },
    close: () => settled(() => undefined),
  }
}

function group(log: MemoryLog, { applicationId }: GroupOptions): Group {
  const positions = openPositions(log.state.environment(tablesOf(applicationId)))
  const at = ({ topic, partition }: TopicPartition): TopicPartitionOffset => {
    return { topic, partition, offset: positions.get({ topic, partition }) ?? 0 }
  }
  return {
    async join(topics: readonly string[], listener: AssignmentListener) {
      const known = new Map(log.topics.map(({ name, partitions }) => [name, partitions]))
      const partitions = topics.flatMap((topic) =>
        Array.from({ length: known.get(topic) ?? 0 }, (_, partition) => ({ topic, partition })),
      )
      await listener.onAssigned(partitions)
    },
    committed: (partitions) => settled(() => partitions.map(at)),
    openChannel: (): ChannelSpec => ({ kind: 'embedded', directory: 'memory', applicationId }),
    commit: (committed) => settled(() => positions.put(committed)),
    leave: () => settled(() => undefined),
  }
}
