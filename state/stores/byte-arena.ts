// Pages of bytes that entries of a store lie in. Used by the byte table; it never copies a page to grow,
// so a store of a gigabyte grows as fast as a small one.

const PAGE_BYTES_MIN = 16_384
const PAGE_BYTES_MAX = 4_194_304
const NO_PAGE = new Uint8Array(0)

/** Hands out spans of bytes; what is given up is only counted, the owner moves what lives. */
export class ByteArena {
  readonly pages: Uint8Array[] = []
  /** Page and place of the span allocated last. */
  page = -1
  at = 0
  /** Bytes that all pages take. */
  sizeBytes = 0
  #end = 0
  /** Pages that are to be dropped. */
  readonly #left = new Set<number>()
  readonly #freeNumbers: number[] = []

  /** Finds room for `length` bytes; `page` and `at` say where. */
  allocate(length: number): void {
    if (this.page < 0 || this.#end + length > this.pages[this.page]!.length) this.#addPage(length)
    this.at = this.#end
    this.#end += length
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
    this.pages.forEach((page, i) => page !== NO_PAGE && this.#left.add(i))
    this.page = -1
  }

  /** Drops the pages that were left. */
  dropLeft(): void {
    for (const page of this.#left) {
      this.sizeBytes -= this.pages[page]!.length
      this.pages[page] = NO_PAGE
      this.#freeNumbers.push(page)
    }
    this.#left.clear()
  }

  #addPage(length: number): void {
    const wanted = Math.min(PAGE_BYTES_MAX, Math.max(PAGE_BYTES_MIN, this.sizeBytes))
    const page = new Uint8Array(Math.max(wanted, length))
    this.page = this.#freeNumbers.pop() ?? this.pages.length
    this.pages[this.page] = page
    this.sizeBytes += page.length
    this.#end = 0
  }
}

/** Copies `length` bytes; for the short spans of keys and values a loop is faster than a view. */
export function copyBytes(
  from: Uint8Array,
  start: number,
  length: number,
  to: Uint8Array,
  at: number,
): void {
  if (length > 64) {
    to.set(from.subarray(start, start + length), at)
    return
  }
  for (let i = 0; i < length; i++) to[at + i] = from[start + i]!
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
