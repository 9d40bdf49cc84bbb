// Writes rows whose offsets are asked for: those that come within a moment are committed together, so that
// many who post share one wait for the disk.
import { BrokerError, type Posted, type Poster, type TopicPartition } from '../ports.ts'
import type { RecordBatchBuilder } from '../record-batch-builder.ts'
import { append, packRows, type PackedRows } from './append.ts'
import type { Log } from './log.ts'
import { SegmentWriter, type PlacedRows } from './segment-writer.ts'

const LINGER_MS = 2

interface Post {
  readonly packed: readonly PackedRows[]
  readonly done: (offsets: readonly Posted[]) => void
  readonly failed: (error: unknown) => void
}

/** A poster of the embedded log. */
export class EmbeddedPoster implements Poster {
  readonly #log: Log
  readonly #writer: SegmentWriter
  #waiting: Post[] = []
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(log: Log) {
    this.#log = log
    this.#writer = new SegmentWriter(log)
  }

  /** @throws BrokerError MILLRACE_TOPIC_MISSING, MILLRACE_DISK_FULL; MILLRACE_BROKER of an internal topic */
  async post(target: TopicPartition, rows: RecordBatchBuilder): Promise<readonly Posted[]> {
    if (this.#isClosed) throw new BrokerError('MILLRACE_BROKER', 'the poster is closed')
    if (this.#log.topics.get(target).isInternal) {
      throw new BrokerError('MILLRACE_BROKER', `${target.topic} is an application's own`)
    }
    const packed = packRows(target, rows)
    return new Promise((done, failed) => {
      this.#waiting.push({ packed, done, failed })
      this.#timer ??= setTimeout(() => this.#commit(), LINGER_MS)
    })
  }

  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true
      this.#commit()
      this.#writer.close()
    }
    return Promise.resolve()
  }

  #commit(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const posts = this.#waiting.splice(0)
    if (posts.length === 0) return
    try {
      // No topic is internal here, so these are in the order of the posts.
      const placed = this.#writer.write(posts.flatMap(({ packed }) => packed))
      this.#writer.sync()
      const starts = new Map<PlacedRows, number>()
      this.#log.transaction(() => {
        append(this.#log, placed, (each, offset) => starts.set(each, offset))
      })
      this.#writer.committed()
      let next = 0
      for (const { packed, done } of posts) {
        const parts = placed.slice(next, next + packed.length)
        next += packed.length
        done(parts.flatMap((part) => offsetsFrom(starts.get(part)!, part.pointer.count)))
      }
    } catch (error) {
      for (const { failed } of posts) failed(error)
    }
  }
}

const offsetsFrom = (start: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => start + i)
