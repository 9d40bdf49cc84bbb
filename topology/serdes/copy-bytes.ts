// Copies spans of bytes from one memory to another. Used wherever keys and values move.

/** Longer spans are copied by way of a view, which takes as long to make as so many bytes to copy one by one. */
const LOOP_BYTES_MAX = 64

/** Copies `length` bytes; for the short spans of keys and values a loop is faster than a view. */
export function copyBytes(
  from: Uint8Array,
  start: number,
  length: number,
  to: Uint8Array,
  at: number,
): void {
  if (length > LOOP_BYTES_MAX) {
    to.set(from.subarray(start, start + length), at)
    return
  }
  for (let i = 0; i < length; i++) to[at + i] = from[start + i]!
}
