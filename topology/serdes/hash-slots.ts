// The slots of a hash table that grows without a long stop: entries move to the larger table a few at a time,
// with each that is put in. Dictionaries and stores look entries up in it, in loops of their own.

const SLOTS_MIN = 64
/** Half of them hold entries, so all have moved long before the next table is full. */
const SLOTS_MOVED_A_PUT = 16

/** Places of entries, which are numbers from 0. */
export class HashSlots {
  /**
   * Entries plus 1, 0 for a free place: one of hash `h` lies at `h & (length - 1)` or behind, and round, before the
   * first free place. What is not found here may still be in `old`. An entry may also lie where it was before it
   * was given up and served again: who looks for one compares what the entry is now.
   */
  slots = new Int32Array(SLOTS_MIN)
  /** The table before, while it is being moved; the same as in `slots`. */
  old: Int32Array | undefined
  readonly #hashOf: (entry: number) => number
  readonly #isDead: ((entry: number) => boolean) | undefined
  /** Places taken in `slots`, and entries that live in both tables. */
  #used = 0
  #living = 0
  /** The next place of `old` to move. */
  #next = 0

  /**
   * @param hashOf gives the hash of an entry that was put in, as it was put in.
   * @param isDead says of which entries that does not hold any more: these are not moved.
   */
  constructor(hashOf: (entry: number) => number, isDead?: (entry: number) => boolean) {
    this.#hashOf = hashOf
    this.#isDead = isDead
  }

  /** Bytes that the slots take. */
  get sizeBytes(): number {
    return this.slots.byteLength + (this.old?.byteLength ?? 0)
  }

  /** Puts an entry in that is not there. */
  put(hash: number, entry: number): void {
    if (this.#used * 2 >= this.slots.length) this.#renew()
    this.#place(hash, entry)
    this.#living += 1
    if (this.old !== undefined) this.#move(this.old, SLOTS_MOVED_A_PUT)
  }

  /** So many of the entries died: they keep their places until the next move. */
  died(count: number): void {
    this.#living -= count
  }

  /** Forgets all entries; with `isKept` the room stays. */
  clear(isKept = false): void {
    this.old = undefined
    this.#used = 0
    this.#living = 0
    if (isKept) this.slots.fill(0)
    else this.slots = new Int32Array(SLOTS_MIN)
  }

  /** Begins to move all that lives into another table, a larger one where these need it. */
  #renew(): void {
    if (this.old !== undefined) this.#move(this.old, Infinity)
    const { slots } = this
    const isCrowded = this.#living * 4 > slots.length
    this.old = slots
    this.#next = 0
    this.#used = 0
    this.slots = new Int32Array(isCrowded ? slots.length * 2 : slots.length)
  }

  #move(old: Int32Array, count: number): void {
    const end = Math.min(old.length, this.#next + count)
    for (let slot = this.#next; slot < end; slot++) {
      const entry = old[slot]! - 1
      if (entry < 0) continue
      if (this.#isDead?.(entry) !== true) this.#place(this.#hashOf(entry), entry)
    }
    this.#next = end
    if (end === old.length) this.old = undefined
  }

  #place(hash: number, entry: number): void {
    const { slots } = this
    const mask = slots.length - 1
    let slot = hash & mask
    for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
      // It died, and serves again.
      if (slots[slot] === entry + 1) return
    }
    slots[slot] = entry + 1
    this.#used += 1
  }
}
