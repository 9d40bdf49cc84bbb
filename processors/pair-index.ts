// Numbers for combinations of dictionary ids, so that grouping by several columns costs a look-up in
// typed arrays per column and no string.

const INITIAL_SLOTS = 64

/** Dense numbers for pairs of numbers. */
export class PairIndex {
  #firsts = new Int32Array(INITIAL_SLOTS)
  #seconds = new Int32Array(INITIAL_SLOTS)
  #paths = new Int32Array(INITIAL_SLOTS).fill(-1)
  #size = 0

  /** The number of a pair; pairs are numbered as they come. */
  pathOf(first: number, second: number): number {
    const mask = this.#paths.length - 1
    let slot = hash(first, second) & mask
    for (;;) {
      const path = this.#paths[slot]!
      if (path < 0) return this.#add(slot, first, second)
      if (this.#firsts[slot] === first && this.#seconds[slot] === second) return path
      slot = (slot + 1) & mask
    }
  }

  clear(): void {
    this.#paths.fill(-1)
    this.#size = 0
  }

  #add(slot: number, first: number, second: number): number {
    const path = this.#size
    this.#firsts[slot] = first
    this.#seconds[slot] = second
    this.#paths[slot] = path
    this.#size += 1
    if (this.#size * 2 > this.#paths.length) this.#rehash()
    return path
  }

  #rehash(): void {
    const { length } = this.#paths
    const [firsts, seconds, paths] = [this.#firsts, this.#seconds, this.#paths]
    this.#firsts = new Int32Array(length * 2)
    this.#seconds = new Int32Array(length * 2)
    this.#paths = new Int32Array(length * 2).fill(-1)
    const mask = length * 2 - 1
    for (let from = 0; from < length; from++) {
      if (paths[from]! < 0) continue
      let slot = hash(firsts[from]!, seconds[from]!) & mask
      while (this.#paths[slot]! >= 0) slot = (slot + 1) & mask
      this.#firsts[slot] = firsts[from]!
      this.#seconds[slot] = seconds[from]!
      this.#paths[slot] = paths[from]!
    }
  }
}

function hash(first: number, second: number): number {
  const mixed = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b)
  return mixed ^ (mixed >>> 15)
}
