// A file for pages that memory has no room for. It has no name once it is open, so that nothing of it is left
// behind by a process however that ends: what is in it lasts as long as the stores do.
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { BrokerError } from '../../broker/ports.ts'

/** Places are multiples of this. */
const UNIT_BYTES = 4_096
/** How many names are tried, where others were left behind by a machine that went down. */
const NAMES_MAX = 1_000
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** Spans of bytes, each written and read whole. */
export class ScratchFile {
  readonly #path: string
  #file: number | undefined
  /** Units up to the end of the file. */
  #end = 0
  /** Units that hold something. */
  #used = 0
  /** Free places by their length in units. */
  readonly #free = new Map<number, number[]>()

  /** @param path where the file begins: with a number behind it. It is made when the first span is written. */
  constructor(path: string) {
    this.#path = path
  }

  /** Finds room for a span of so many bytes. @returns its place. */
  allocate(length: number): number {
    const units = unitsOf(length)
    this.#used += units
    const free = this.#free.get(units)?.pop()
    if (free !== undefined) return free
    const place = this.#end
    this.#end += units
    return place
  }

  /** Gives a place up. */
  free(place: number, length: number): void {
    const units = unitsOf(length)
    this.#used -= units
    if (this.#used === 0) {
      this.#empty()
      return
    }
    const free = this.#free.get(units)
    if (free === undefined) this.#free.set(units, [place])
    else free.push(place)
  }

  /** @throws BrokerError MILLRACE_DISK_FULL, or MILLRACE_BROKER where the directory cannot be written. */
  write(place: number, bytes: Uint8Array): void {
    this.#do('written', () => {
      const file = (this.#file ??= openNameless(this.#path))
      for (let at = 0; at < bytes.length;) {
        at += writeSync(file, bytes, at, bytes.length - at, place * UNIT_BYTES + at)
      }
    })
  }

  /** Fills `bytes` with what was written at a place. @throws BrokerError MILLRACE_BROKER */
  read(place: number, bytes: Uint8Array): void {
    this.#do('read', () => {
      for (let at = 0; at < bytes.length;) {
        const read = readSync(this.#file!, bytes, at, bytes.length - at, place * UNIT_BYTES + at)
        if (read === 0) throw new Error('it ends too early')
        at += read
      }
    })
  }

  /** Gives the file back to the system. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #empty(): void {
    this.#free.clear()
    this.#end = 0
    if (this.#file !== undefined) ftruncateSync(this.#file)
  }

  #do(what: string, work: () => void): void {
    try {
      work()
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException
      const where = `state beyond state.memory.max.bytes cannot be ${what} in ${dirname(this.#path)}`
      if (!NO_ROOM.has(code ?? '')) {
        throw new BrokerError('MILLRACE_BROKER', `${where}: ${message}`, { cause })
      }
      const advice = 'make room there, or raise state.memory.max.bytes'
      throw new BrokerError('MILLRACE_DISK_FULL', `${where}: ${message}; ${advice}`, { cause })
    }
  }
}

function unitsOf(length: number): number {
  return Math.ceil(length / UNIT_BYTES)
}

function openNameless(start: string): number {
  mkdirSync(dirname(start), { recursive: true })
  for (let i = 0; ; i++) {
    const path = `${start}-${i}`
    try {
      const file = openSync(path, 'wx+', 0o600)
      unlinkSync(path)
      return file
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || i === NAMES_MAX) throw error
    }
  }
}
