// Writes rows from the main thread: they are committed together after a short while, or when many wait.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Producer, TopicPartition } from '../ports.ts'
import type { RecordBatchBuilder } from '../record-batch-builder.ts'
import { append, packRows, type PackedRows } from './append.ts'
import type { Log } from './log.ts'
import { SegmentWriter } from './segment-writer.ts'

// A commit of 8 MB takes about 10 ms of the main thread, most of it waiting for the disk.
const WAITING_BYTES_MAX = 8_388_608
const LINGER_MS = 20

/** A producer of the embedded log. When a commit fails its rows wait for the next one. */
export class EmbeddedProducer implements Producer {
  readonly #log: Log
  readonly #writer: SegmentWriter
  #waiting: PackedRows[] = []
  #waitingBytes = 0
  #waitingRows = 0
  #delivered = 0
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(log: Log) {
    this.#log = log
    this.#writer = new SegmentWriter(log)
  }

  get delivered(): number {
    return this.#delivered
  }

  /** @throws BrokerError MILLRACE_TOPIC_MISSING, MILLRACE_DISK_FULL */
  async send(target: TopicPartition, rows: RecordBatchBuilder): Promise<void> {
    if (this.#closed) throw new Error('the producer is closed')
    this.#log.topics.get(target)
    this.#waitingRows += rows.count
    for (const part of packRows(target, rows)) {
      this.#waiting.push(part)
      this.#waitingBytes += part.packed.byteLength
    }
    if (this.#waitingBytes >= WAITING_BYTES_MAX) {
      this.#commit()
      await nextTurn()
    } else {
      this.#timer ??= setTimeout(() => this.#commitLater(), LINGER_MS)
    }
  }

  /** @throws BrokerError MILLRACE_DISK_FULL */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.#commit()
      resolve()
    })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    try {
      await this.flush()
    } finally {
      this.#writer.close()
    }
  }

  #commitLater(): void {
    try {
      this.#commit()
    } catch {
      // The rows still wait: the next send or flush tries again and says what is wrong.
    }
  }

  #commit(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#waiting.length === 0) return
    const placed = this.#writer.write(this.#waiting)
    this.#writer.sync()
    this.#log.transaction(() => append(this.#log, placed))
    this.#writer.committed()
    this.#delivered += this.#waitingRows
    this.#waiting = []
    this.#waitingBytes = 0
    this.#waitingRows = 0
  }
}
