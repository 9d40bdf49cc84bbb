// Tells whether two keys are one: their bytes say. Used where a row's key in another table may change.
import { ByteBuffer, type Serde } from '../topology/serdes/serde.ts'

/** Compares keys that `serde` writes. */
export function sameKeys(serde: Serde<never>): (one: unknown, other: unknown) => boolean {
  const [first, second] = [new ByteBuffer(), new ByteBuffer()]
  return (one, other) => {
    if (one === other) return true
    if (typeof one !== 'object' && typeof other !== 'object') return false
    first.position = 0
    second.position = 0
    ;(serde as Serde<unknown>).serialize(one, first)
    ;(serde as Serde<unknown>).serialize(other, second)
    const [a, b] = [first, second].map(({ bytes, position }) => bytes.subarray(0, position))
    return Buffer.compare(a!, b!) === 0
  }
}
