// Large arrays in huge pages, where the system gives them on request: a table of millions of entries is then there after
// hundreds of page faults instead of a hundred thousand, and is found with fewer looks into page tables.

/** As long as a huge page; what the last one of an array takes in vain is less. */
const BYTES_MIN = 2_097_152

let advise: ((bytes: Uint8Array) => void) | undefined

/** Has large arrays of this thread lie in huge pages from now on; `how` tells the system of one. */
export function useHugePages(how: ((bytes: Uint8Array) => void) | undefined): void {
  advise = how
}

/** The same array, of which nothing was touched yet. */
export function inHugePages<T extends ArrayBufferView>(array: T): T {
  const { buffer, byteOffset, byteLength } = array
  if (byteLength >= BYTES_MIN) advise?.(new Uint8Array(buffer, byteOffset, byteLength))
  return array
}
