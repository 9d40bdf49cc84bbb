// Writes the batches of one writer into segments of its own, so that writers do not wait for each other:
// only the pointers need the log's lock. Rows of internal topics, which soon go, lie apart.
import { closeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import type { TopicPartition } from '../ports.ts'
import { countOf } from '../record-batch.ts'
import type { PackedRows } from './append.ts'
import type { Log } from './log.ts'
import type { Pointer } from './pointer.ts'
import { writeThrough } from './segment-files.ts'

/** Rows on the disk that no pointer of the log tells of yet. */
export interface PlacedRows {
  readonly target: TopicPartition
  readonly pointer: Pointer
}

interface Segment {
  readonly id: number
  readonly file: number
  /** Where the batches end that are committed. */
  end: number
  /** Where those end that were written since. */
  writtenEnd: number
}

export class SegmentWriter {
  readonly #log: Log
  readonly #segments = new Map<'kept' | 'internal', Segment>()

  constructor(log: Log) {
    this.#log = log
  }

  /**
   * Writes batches and waits for the disk. Their room is used again by the next call, unless `committed`
   * is called before: a transaction with their pointers went through.
   * @throws BrokerError MILLRACE_DISK_FULL, MILLRACE_TOPIC_MISSING
   */
  write(rows: readonly PackedRows[]): PlacedRows[] {
    try {
      const { topics } = this.#log
      const internal = rows.filter(({ target }) => topics.get(target).isInternal)
      const kept = rows.filter(({ target }) => !topics.get(target).isInternal)
      return [...this.#write('kept', kept), ...this.#write('internal', internal)]
    } catch (error) {
      throw this.#log.environment.errorOf(error)
    }
  }

  committed(): void {
    for (const segment of this.#segments.values()) segment.end = segment.writtenEnd
  }

  close(): void {
    const segments = [...this.#segments.values()]
    this.#segments.clear()
    if (segments.length === 0) return
    for (const { file } of segments) closeSync(file)
    this.#log.transaction(() => {
      for (const { id } of segments) this.#log.segments.seal(id)
    })
  }

  #write(kind: 'kept' | 'internal', rows: readonly PackedRows[]): PlacedRows[] {
    if (rows.length === 0) return []
    const segment = this.#segmentFor(kind)
    const appendedMs = this.#log.nowMs()
    let position = segment.end
    const placed = rows.map(({ target, packed }): PlacedRows => {
      const pointer = {
        segment: segment.id,
        position,
        length: packed.length,
        checksum: crc32(packed),
        count: countOf(packed),
        appendedMs,
      }
      position += packed.length
      return { target, pointer }
    })
    const buffers = rows.map(({ packed }) => packed)
    segment.writtenEnd = writeThrough(segment.file, buffers, segment.end)
    return placed
  }

  #segmentFor(kind: 'kept' | 'internal'): Segment {
    const { segments, files, segmentBytes } = this.#log
    const open = this.#segments.get(kind)
    if (open !== undefined && open.end < segmentBytes) return open
    const id = this.#log.transaction(() => {
      if (open !== undefined) segments.seal(open.id)
      return segments.create()
    })
    if (open !== undefined) {
      this.#segments.delete(kind)
      closeSync(open.file)
    }
    const segment = { id, file: files.create(id), end: 0, writtenEnd: 0 }
    this.#segments.set(kind, segment)
    return segment
  }
}
