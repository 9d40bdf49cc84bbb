// Numbers for combinations of dictionary ids, so that grouping by several columns costs a look-up in
// typed arrays per column and no string.

const INITIAL_SLOTS = 64

// A slot's fields lie side by side: columns would cost a cache miss each.
const INTS = 4
const FIRST = 0
const SECOND = 1
/** The number plus 1; 0 in a free slot. */
const NUMBER = 2

/** Numbers for pairs of numbers, as they are given to it. */
export class PairIndex {
  #slots = new Int32Array(INITIAL_SLOTS * INTS)
  /** How many pairs are known. */
  size = 0

  /** The number of a pair, -1 for one that is not known. */
  find(first: number, second: number): number {
    const slots = this.#slots
    const mask = slots.length - INTS
    let at = (hash(first, second) * INTS) & mask
    for (;;) {
      const number = slots[at + NUMBER]! - 1
      if (number < 0) return number
      if (slots[at + FIRST] === first && slots[at + SECOND] === second) return number
      at = (at + INTS) & mask
    }
  }

  /** Gives a pair that is not known its number, from 0 on. */
  add(first: number, second: number, number: number): number {
    if (this.size * 2 * INTS >= this.#slots.length) this.#grow()
    this.#put(first, second, number)
    this.size += 1
    return number
  }

  clear(): void {
    this.#slots.fill(0)
    this.size = 0
  }

  #put(first: number, second: number, number: number): void {
    const slots = this.#slots
    const mask = slots.length - INTS
    let at = (hash(first, second) * INTS) & mask
    while (slots[at + NUMBER] !== 0) at = (at + INTS) & mask
    slots[at + FIRST] = first
    slots[at + SECOND] = second
    slots[at + NUMBER] = number + 1
  }

  #grow(): void {
    const from = this.#slots
    this.#slots = new Int32Array(from.length * 2)
    for (let at = 0; at < from.length; at += INTS) {
      const number = from[at + NUMBER]! - 1
      if (number >= 0) this.#put(from[at + FIRST]!, from[at + SECOND]!, number)
    }
  }
}

function hash(first: number, second: number): number {
  const mixed = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b)
  // Times four it is still a whole number of 32 bits.
  return (mixed ^ (mixed >>> 15)) & 0x0fff_ffff
}
