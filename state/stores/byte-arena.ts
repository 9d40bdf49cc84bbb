// Pages of bytes that entries of a store lie in. Used by the byte table; it never copies a page to grow,
// so a store of a gigabyte grows as fast as a small one.

const PAGE_BYTES_MIN = 16_384
const PAGE_BYTES_MAX = 4_194_304

/** Hands out spans of bytes; what is given up is only counted, the owner moves what lives. */
export class ByteArena {
  readonly pages: Uint8Array[] = []
  /** Page and place of the span allocated last. */
  page = -1
  at = 0
  /** Bytes that all pages take. */
  sizeBytes = 0
  #end = 0

  /** Finds room for `length` bytes; `page` and `at` say where. */
  allocate(length: number): void {
    if (this.page < 0 || this.#end + length > this.pages[this.page]!.length) this.#addPage(length)
    this.at = this.#end
    this.#end += length
  }

  #addPage(length: number): void {
    const wanted = Math.min(PAGE_BYTES_MAX, Math.max(PAGE_BYTES_MIN, this.sizeBytes))
    const page = new Uint8Array(Math.max(wanted, length))
    this.pages.push(page)
    this.page = this.pages.length - 1
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
