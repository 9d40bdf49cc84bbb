// Writes rows from the main thread, all rows of a commit or none: they go to segments as they come, and a
// commit appends all of them in one transaction of the log. Who is killed before leaves nothing to see.
import { ApplicationLock } from '../application-lock.ts'
import type { BrokerError, TopicPartition, TransactionalProducer } from '../ports.ts'
import type { RecordBatchBuilder } from '../record-batch-builder.ts'
import { append, packRows, type PackedRows } from './append.ts'
import type { Log } from './log.ts'
import { SegmentWriter } from './segment-writer.ts'

/** A producer of the embedded log whose rows become visible together; one an id at a time. */
export class EmbeddedTransactionalProducer implements TransactionalProducer {
  readonly #log: Log
  readonly #writer: SegmentWriter
  readonly #lock: ApplicationLock
  #waiting: PackedRows[] = []
  #lost: BrokerError | undefined
  #closed = false

  /** @throws BrokerError MILLRACE_LOG_LOCKED */
  constructor(log: Log, id: string) {
    this.#log = log
    this.#lock = new ApplicationLock(log, id, (error) => (this.#lost = error))
    this.#writer = new SegmentWriter(log)
  }

  /** @throws BrokerError MILLRACE_TOPIC_MISSING */
  send(target: TopicPartition, rows: RecordBatchBuilder): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed) throw new Error('the producer is closed')
      this.#log.topics.get(target)
      this.#waiting.push(...packRows(target, rows))
      resolve()
    })
  }

  /** @throws BrokerError MILLRACE_DISK_FULL, MILLRACE_LOG_LOCKED; what was sent still waits then. */
  commit(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#lost !== undefined) throw this.#lost
      const placed = this.#writer.write(this.#waiting)
      this.#writer.sync()
      this.#log.transaction(() => append(this.#log, placed))
      this.#writer.committed()
      this.#waiting = []
      resolve()
    })
  }

  abort(): Promise<void> {
    this.#waiting = []
    return Promise.resolve()
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#closed) {
        this.#closed = true
        this.#waiting = []
        try {
          this.#writer.close()
        } finally {
          this.#lock.release()
        }
      }
      resolve()
    })
  }
}
