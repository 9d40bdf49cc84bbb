// Which partition a key goes to, by the same arithmetic as Java's producer, so that topics written by
// either are co-partitioned. Replay and every writer of keyed records call it, once a row.

const SEED = 0x9747b28c
const MULTIPLIER = 0x5bd1e995

/** Kafka's murmur2 of `bytes` from `start` to `end` (all of it by default), as a signed 32-bit number. */
export function murmur2(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const length = end - start
  let hash = SEED ^ length
  const wholeEnd = start + (length & ~3)
  for (let at = start; at < wholeEnd; at += 4) {
    let word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    word = Math.imul(word, MULTIPLIER)
    word ^= word >>> 24
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(word, MULTIPLIER)
  }
  const rest = length & 3
  if (rest > 0) {
    if (rest === 3) hash ^= bytes[wholeEnd + 2]! << 16
    if (rest >= 2) hash ^= bytes[wholeEnd + 1]! << 8
    hash = Math.imul(hash ^ bytes[wholeEnd]!, MULTIPLIER)
  }
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER)
  return hash ^ (hash >>> 15)
}

/** The partition, from 0 to `partitions - 1`, of the key in `bytes` from `start` to `end`. */
export function partitionFor(
  bytes: Uint8Array,
  partitions: number,
  start = 0,
  end = bytes.length,
): number {
  // The sign is cut off, not negated: what Java's toPositive does.
  return (murmur2(bytes, start, end) & 0x7fffffff) % partitions
}
