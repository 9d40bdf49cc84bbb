// The files that batches lie in, back to back. What is in them counts only where a pointer of the log
// says so, so they need no order and no end mark. Used by the writer and the readers of one thread.
import { crc32 } from 'node:zlib'
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writevSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Pointer } from './pointer.ts'

const OPEN_FILES_MAX = 32
/** IOV_MAX of POSIX systems. */
const BUFFERS_MAX = 1_024
const SUFFIX = '.log'

export class SegmentFiles {
  readonly #directory: string
  /** Files open for reading, the one used last at the end. */
  readonly #open = new Map<number, number>()

  constructor(logDirectory: string) {
    this.#directory = join(logDirectory, 'segments')
    mkdirSync(this.#directory, { recursive: true })
  }

  pathOf(id: number): string {
    return join(this.#directory, `${String(id).padStart(10, '0')}${SUFFIX}`)
  }

  /** Makes the file of a new segment; it is there after a crash. @returns what to write to. */
  create(id: number): number {
    const file = openSync(this.pathOf(id), 'w')
    const directory = openSync(this.#directory, 'r')
    try {
      fsyncSync(directory)
    } finally {
      closeSync(directory)
    }
    return file
  }

  /** Reads a batch into the front of `into`. @throws Error when the file is missing, cut or damaged. */
  read({ segment, position, length, checksum }: Pointer, into: Uint8Array): void {
    const file = this.#fileOf(segment)
    for (let done = 0; done < length;) {
      const read = readSync(file, into, done, length - done, position + done)
      if (read === 0) throw new Error(`${this.pathOf(segment)} is cut short`)
      done += read
    }
    if (crc32(into.subarray(0, length)) !== checksum) {
      throw new Error(`${this.pathOf(segment)} is not what was written at byte ${position}`)
    }
  }

  /** Deletes files that may be gone already. */
  remove(ids: readonly number[]): void {
    for (const id of ids) {
      this.#close(id)
      rmSync(this.pathOf(id), { force: true })
    }
  }

  /** The segments that have a file. */
  ids(): number[] {
    return readdirSync(this.#directory)
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => Number(name.slice(0, -SUFFIX.length)))
  }

  close(): void {
    for (const id of [...this.#open.keys()]) this.#close(id)
  }

  #fileOf(id: number): number {
    const open = this.#open.get(id)
    this.#open.delete(id)
    const file = open ?? openSync(this.pathOf(id), 'r')
    this.#open.set(id, file)
    if (this.#open.size > OPEN_FILES_MAX) {
      const [oldest] = this.#open.keys()
      if (oldest !== undefined) this.#close(oldest)
    }
    return file
  }

  #close(id: number): void {
    const file = this.#open.get(id)
    if (file === undefined) return
    this.#open.delete(id)
    closeSync(file)
  }
}

/** Writes buffers behind each other; they are on the disk after `fdatasync`. @returns where they end. */
export function writeAll(file: number, buffers: readonly Uint8Array[], from: number): number {
  let position = from
  let left = buffers
  while (left.length > 0) {
    const written = writevSync(file, left.slice(0, BUFFERS_MAX), position)
    position += written
    left = behind(left, written)
  }
  return position
}

/** What is left of buffers after so many bytes. */
function behind(buffers: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes
  let first = 0
  while (first < buffers.length && skip >= buffers[first]!.length) skip -= buffers[first++]!.length
  const left = buffers.slice(first)
  if (skip > 0) left[0] = left[0]!.subarray(skip)
  return left
}
