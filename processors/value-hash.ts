// Hashes of values (MurmurHash3, 128 bits, the variant for 32-bit arithmetic): a foreign-key join tells by
// them whether an answer is to the value that a row still has.
import { ByteBuffer, type Serde } from '../topology/serdes/serde.ts'

/** Length of a hash. */
export const HASH_BYTES = 16

const FACTORS = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93]

const rotated = (word: number, by: number): number => (word << by) | (word >>> (32 - by))

/** Mixes a word of the input for its lane. */
function mixed(word: number, lane: number): number {
  const product = Math.imul(word, FACTORS[lane]!)
  return Math.imul(rotated(product, 15 + lane), FACTORS[(lane + 1) & 3]!)
}

function finished(word: number): number {
  let h = word ^ (word >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** The hash of `bytes` up to `end`, as 16 bytes of their own. */
export function hashOf(bytes: Uint8Array, end: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, end)
  let [h1, h2, h3, h4] = [0, 0, 0, 0]
  const wholeEnd = end & ~15
  for (let at = 0; at < wholeEnd; at += 16) {
    h1 ^= mixed(view.getInt32(at, true), 0)
    h1 = (Math.imul((rotated(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0
    h2 ^= mixed(view.getInt32(at + 4, true), 1)
    h2 = (Math.imul((rotated(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0
    h3 ^= mixed(view.getInt32(at + 8, true), 2)
    h3 = (Math.imul((rotated(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0
    h4 ^= mixed(view.getInt32(at + 12, true), 3)
    h4 = (Math.imul((rotated(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0
  }
  const rest = [0, 0, 0, 0]
  for (let at = wholeEnd; at < end; at++) rest[(at & 15) >> 2]! |= bytes[at]! << ((at & 3) * 8)
  h1 ^= mixed(rest[0]!, 0) ^ end
  h2 ^= mixed(rest[1]!, 1) ^ end
  h3 ^= mixed(rest[2]!, 2) ^ end
  h4 ^= mixed(rest[3]!, 3) ^ end
  return spread(h1, h2, h3, h4)
}

/** Lets each lane depend on all. */
function spread(h1: number, h2: number, h3: number, h4: number): Uint8Array {
  const sum = (h1 + h2 + h3 + h4) | 0
  const lanes = [sum, h2 + sum, h3 + sum, h4 + sum].map((lane) => finished(lane | 0))
  const total = (lanes[0]! + lanes[1]! + lanes[2]! + lanes[3]!) | 0
  const hash = new Uint8Array(HASH_BYTES)
  const view = new DataView(hash.buffer)
  view.setInt32(0, total)
  for (let lane = 1; lane < 4; lane++) view.setInt32(lane * 4, (lanes[lane]! + total) | 0)
  return hash
}

/** Whether two hashes, or two nulls, are one. */
export function isSameHash(one: Uint8Array | null, other: Uint8Array | null): boolean {
  if (one === null || other === null) return one === other
  for (let i = 0; i < HASH_BYTES; i++) if (one[i] !== other[i]) return false
  return true
}

/** What hashes values by the bytes that `serde` writes. */
export function hasherOf(serde: Serde<never>): (value: unknown) => Uint8Array {
  const buffer = new ByteBuffer()
  return (value) => {
    buffer.position = 0
    ;(serde as Serde<unknown>).serialize(value, buffer)
    return hashOf(buffer.bytes, buffer.position)
  }
}
