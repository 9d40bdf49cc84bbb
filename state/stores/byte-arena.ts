// Pages of bytes that entries of a store lie in. Used by the byte table; it never copies a page to grow,
// so a store of a gigabyte grows as fast as a small one. Where memory is bounded, pages come and go.
import { Frame, type FrameOwner } from './frame-queue.ts'
import { inHugePages } from '../../topology/serdes/huge-pages.ts'
import type { StateMemory } from './state-memory.ts'

const PAGE_BYTES_MIN = 16_384
const PAGE_BYTES_MAX = 4_194_304

/** How often pages went to the file and came back, and how much is there now. */
export interface SpillFigures {
  /** Bytes of pages that are in the file only. */
  spilledBytes: number
  pageReads: number
  pageWrites: number
}

/** Hands out spans of bytes; what is given up is only counted, the owner moves what lives. */
export class ByteArena implements FrameOwner {
  /** Pages to read, by their numbers; one that is not here is to be asked for by `load`. */
  readonly pages: (Uint8Array | undefined)[] = []
  /** Pages to write; one that is not here is to be asked for by `loadToWrite`. */
  readonly writable: (Uint8Array | undefined)[] = []
  /** Page and place of the span allocated last. */
  page = -1
  at = 0
  readonly #memory: StateMemory | undefined
  readonly #figures: SpillFigures
  /** Bytes that all pages take, wherever they are. */
  #totalBytes = 0
  #spilledBytes = 0
  #end = 0
  /** Of the page that is being filled. */
  #length = 0
  readonly #lengths: number[] = []
  /** What of each page is not given up; each span counts one more, so that empty ones count. */
  readonly #live: number[] = []
  /** Up to where pages are filled; not of the one that is being filled. */
  readonly #ends: number[] = []
  /** By page, where memory is bounded. */
  readonly #frames: (Frame | undefined)[] = []
  /** Pages that are to be dropped. */
  readonly #left = new Set<number>()
  readonly #freeNumbers: number[] = []

  /** @param memory bounds what pages take; without it all stay in memory. */
  constructor(memory: StateMemory | undefined, figures: SpillFigures) {
    this.#memory = memory
    this.#figures = figures
  }

  /** Bytes that pages take in memory. */
  get sizeBytes(): number {
    return this.#totalBytes - this.#spilledBytes
  }

  /** A page that is not in memory, or cold. It stays as it is for those who read it, though it may go again. */
  load(page: number): Uint8Array {
    return this.#memory!.load(this.#frames[page]!)
  }

  /** A page that is to be written right away: before any other is asked for. */
  loadToWrite(page: number): Uint8Array {
    const frame = this.#frames[page]!
    frame.isDirty = true
    return this.#memory!.load(frame)
  }

  /** Finds room for `length` bytes; `page` and `at` say where. */
  allocate(length: number): void {
    if (this.page < 0 || this.#end + length > this.#length) this.#addPage(length)
    this.at = this.#end
    this.#end += length
    this.#live[this.page]! += length + 1
  }

  /**
   * Gives up a span of a page that is not left. A page that holds nothing more is dropped.
   * @returns the bytes of all spans that were dropped so.
   */
  release(page: number, length: number): number {
    const live = (this.#live[page]! -= length + 1)
    if (live > 0 || page === this.page) return 0
    this.#drop(page)
    return this.#ends[page]!
  }

  /** Whether there are pages that are to be dropped. */
  get isBeingLeft(): boolean {
    return this.#left.size > 0
  }

  isLeft(page: number): boolean {
    return this.#left.has(page)
  }

  /** Allocates nothing more in the pages there are: the owner moves what lives there. */
  leave(): void {
    this.#lengths.forEach((length, i) => length > 0 && this.#left.add(i))
    this.page = -1
  }

  /** Drops the pages that were left. */
  dropLeft(): void {
    for (const page of this.#left) this.#drop(page)
    this.#left.clear()
  }

  /** Drops all pages. */
  close(): void {
    this.leave()
    this.dropLeft()
  }

  came({ number, bytes, isDirty }: Frame): void {
    this.pages[number] = bytes
    this.writable[number] = isDirty ? bytes : undefined
  }

  left({ number }: Frame): void {
    this.pages[number] = undefined
    this.writable[number] = undefined
  }

  wentAside({ length }: Frame): void {
    this.#spilledBytes += length
    this.#figures.spilledBytes += length
  }

  returned({ length }: Frame): void {
    this.#spilledBytes -= length
    this.#figures.spilledBytes -= length
    this.#figures.pageReads += 1
  }

  wasWritten(): void {
    this.#figures.pageWrites += 1
  }

  #addPage(length: number): void {
    if (this.page >= 0) this.#ends[this.page] = this.#end
    const most = this.#memory?.pageBytesMax ?? PAGE_BYTES_MAX
    const wanted = Math.min(most, Math.max(PAGE_BYTES_MIN, this.#totalBytes))
    const page = inHugePages(new Uint8Array(Math.max(wanted, length)))
    this.page = this.#freeNumbers.pop() ?? this.#lengths.length
    this.#lengths[this.page] = page.length
    this.#live[this.page] = 0
    this.#length = page.length
    this.#totalBytes += page.length
    this.#end = 0
    if (this.#memory === undefined) {
      this.pages[this.page] = page
      this.writable[this.page] = page
      return
    }
    const frame = new Frame(this, this.page, page)
    this.#frames[this.page] = frame
    this.#memory.add(frame)
  }

  #drop(page: number): void {
    const length = this.#lengths[page]!
    this.#lengths[page] = 0
    this.#totalBytes -= length
    const frame = this.#frames[page]
    if (frame !== undefined) {
      if (frame.bytes === undefined) {
        this.#spilledBytes -= length
        this.#figures.spilledBytes -= length
      }
      this.#memory?.free(frame)
      this.#frames[page] = undefined
    }
    this.pages[page] = undefined
    this.writable[page] = undefined
    this.#freeNumbers.push(page)
  }
}

/** Order of two spans as unsigned bytes, as Kafka's `Bytes.compareTo`: below, at or above 0. */
export function compareBytes(
  one: Uint8Array,
  oneStart: number,
  oneEnd: number,
  other: Uint8Array,
  otherStart: number,
  otherEnd: number,
): number {
  const oneLength = oneEnd - oneStart
  const otherLength = otherEnd - otherStart
  const length = Math.min(oneLength, otherLength)
  for (let i = 0; i < length; i++) {
    const difference = one[oneStart + i]! - other[otherStart + i]!
    if (difference !== 0) return difference
  }
  return oneLength - otherLength
}
