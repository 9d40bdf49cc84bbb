// The data side of a worker over a log in memory: as transactional as the embedded one, so that what
// holds over it holds in production. The test driver and simulations open it.
import { openPositions } from '../lmdb.ts'
import type { DataPort, PartitionReader, TopicPartition, TopicPartitionOffset } from '../ports.ts'
import type { RecordBatchBuilder } from '../record-batch-builder.ts'
import type { StateEnvironment } from '../state-environment.ts'
import type { MemoryLog } from './log.ts'

/** Prefix of the tables in which an application keeps what its tasks save. */
export const tablesOf = (applicationId: string): string => `${applicationId}/`

interface PendingRows extends TopicPartition {
  readonly packed: ArrayBuffer
}

/** A data port in memory. */
export class MemoryDataPort implements DataPort {
  readonly transactional = true
  readonly #log: MemoryLog
  readonly #prefix: string
  #pending: PendingRows[] = []

  constructor(log: MemoryLog, applicationId: string) {
    this.#log = log
    this.#prefix = tablesOf(applicationId)
    openPositions(this.openState(''))
  }

  get pendingBytes(): number {
    return this.#pending.reduce((bytes, { packed }) => bytes + packed.byteLength, 0)
  }

  /** @throws BrokerError MILLRACE_TOPIC_MISSING */
  openReader(from: TopicPartitionOffset): PartitionReader {
    return this.#log.reader({ topic: from.topic, partition: from.partition }, from.offset)
  }

  /** @throws BrokerError MILLRACE_TOPIC_MISSING */
  produce(target: TopicPartition, rows: RecordBatchBuilder): void {
    this.#log.end(target)
    if (rows.count > 0) this.#pending.push({ ...target, packed: rows.pack() })
  }

  /** The tables of a task; `positions` is shared by the application's tasks. */
  openState(taskId: string): StateEnvironment {
    const { state } = this.#log
    const shared = state.environment(this.#prefix)
    const own = state.environment(`${this.#prefix}${taskId}/`)
    return { ...own, table: (name) => (name === 'positions' ? shared : own).table(name) }
  }

  closeState(): void {
    // The tables belong to the log.
  }

  /** Lets what was produced be read, before it is committed: a test driver runs its input to the end. */
  show(): void {
    for (const { topic, partition, packed } of this.#pending) {
      this.#log.append({ topic, partition }, packed)
    }
    this.#pending = []
  }

  commit(write: () => void): void {
    this.#log.state.transaction(write)
    this.show()
    this.#log.commit()
  }

  close(): void {
    this.#pending = []
  }
}
