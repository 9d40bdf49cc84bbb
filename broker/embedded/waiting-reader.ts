// A reader of the log as the broker's port has it: it waits for rows that are not there yet.
import { setTimeout as sleep } from 'node:timers/promises'
import type { StandaloneReader } from '../ports.ts'
import type { RecordBatch } from '../record-batch.ts'
import type { LogReader } from './log-reader.ts'

const IDLE_READ_MS = 5

/** Reads a partition; closing it ends a read that waits. */
export class WaitingReader implements StandaloneReader {
  readonly #reader: LogReader
  #closed = false

  /** Closes `reader` when it is closed. */
  constructor(reader: LogReader) {
    this.#reader = reader
  }

  /** The next offset. */
  get position(): number {
    return this.#reader.position
  }

  /** The next rows; undefined when none came within `timeoutMs`. */
  async read(timeoutMs: number): Promise<RecordBatch | undefined> {
    const end = performance.now() + timeoutMs
    for (;;) {
      const batch = this.#closed ? undefined : this.#reader.poll()
      if (batch !== undefined) return batch
      const leftMs = end - performance.now()
      if (leftMs <= 0 || this.#closed) return undefined
      await sleep(Math.min(IDLE_READ_MS, leftMs))
    }
  }

  /** Closes the reader beneath. */
  close(): Promise<void> {
    this.#closed = true
    this.#reader.close()
    return Promise.resolve()
  }
}
