// Writes the batches of one writer into segments of its own, so that writers do not wait for each other:
// only the pointers need the log's lock. Rows of internal topics, which soon go, lie apart.
import { closeSync, fdatasync, fdatasyncSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import type { TopicPartition } from '../ports.ts'
import { countOf } from '../packed-batch.ts'
import type { PackedRows } from './append.ts'
import type { Log } from './log.ts'
import type { Pointer } from './pointer.ts'
import { writeAll } from './segment-files.ts'

/** Rows in a segment that no pointer of the log tells of yet. */
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
  /** Files written to that may not be on the disk yet. */
  #unsynced: number[] = []
  /** What went wrong while nobody waited. */
  #failure: Error | undefined

  constructor(log: Log) {
    this.#log = log
  }

  /**
   * Writes batches; `sync` must follow. Their room is used again by the next call, unless `committed` is
   * called before: a transaction with their pointers went through.
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

  /**
   * Waits until what was written is on the disk. When it throws it must be written again: a system that
   * could not write a page may forget it, and say later that all is well.
   * @throws BrokerError MILLRACE_DISK_FULL, MILLRACE_BROKER
   */
  sync(): void {
    const files = this.#unsynced
    const failure = this.#failure
    this.#unsynced = []
    this.#failure = undefined
    try {
      if (failure !== undefined) throw failure
      for (const file of files) fdatasyncSync(file)
    } catch (error) {
      throw this.#log.environment.errorOf(error)
    }
  }

  /** Begins it; `sync` then has nothing left to wait for, or throws what went wrong. */
  syncLater(done: () => void): void {
    const files = this.#unsynced
    let left = files.length
    if (left === 0) return done()
    for (const file of files) {
      fdatasync(file, (error) => {
        left -= 1
        // Where `sync` was called meanwhile it has done all of this itself.
        if (this.#unsynced !== files) return
        this.#failure ??= error ?? undefined
        if (left > 0) return
        this.#unsynced = []
        done()
      })
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
    segment.writtenEnd = writeAll(segment.file, buffers, segment.end)
    this.#unsynced = [...this.#unsynced, segment.file]
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
