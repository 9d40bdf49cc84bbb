// The slots of a hash table that grows without a long stop: entries move to the larger table a few at a time,
// with each that is put in. Dictionaries and stores look entries up in it, in loops of their own.

import { inHugePages } from './huge-pages.ts'

const SLOTS_MIN = 64
/** Half of them hold entries, so all have moved long before the next table is full. */
const SLOTS_MOVED_A_PUT = 16
/** Of more entries `reserve` leaves the rest to growth: it may have been told of too many. */
const RESERVED_MAX = 2 ** 24

/** Places of entries, which are numbers from 0. */
export class HashSlots {
  /**
   * Pairs of a hash and an entry plus 1, which is 0 in a free place: hashes lie here so that whoever looks for an
   * entry, or moves one, reads memory elsewhere only where they are equal. One of hash `h` lies at `(h << 1) &
   * (length - 2)` or behind, and round, before the first free place. What is not found here may still be in `old`.
   * An entry may also lie where it was before it was given up and served again: who looks for one compares what
   * the entry is now.
   */
  slots = new Int32Array(SLOTS_MIN * 2)
  /** The table before, while it is being moved; the same as in `slots`. */
  old: Int32Array | undefined
  /** What `touch` has read last: reads whose result goes nowhere would be left out. */
  touched = 0
  readonly #isHeld: ((entry: number, hash: number) => boolean) | undefined
  /** Places taken in `slots`, and entries that live in both tables. */
  #used = 0
  #living = 0
  /** The next place of `old` to move. */
  #next = 0
  /** Whether entries died that may lie in `slots`, and in `old`. */
  #hasDead = false
  #oldHasDead = false

  /** @param isHeld says whether an entry still has the hash that it was put in with; asked once some died. */
  constructor(isHeld?: (entry: number, hash: number) => boolean) {
    this.#isHeld = isHeld
  }

  /** Bytes that the slots take. */
  get sizeBytes(): number {
    return this.slots.byteLength + (this.old?.byteLength ?? 0)
  }

  /** Puts an entry in that is not there. */
  put(hash: number, entry: number): void {
    if (this.#used * 4 >= this.slots.length) this.#renew()
    this.#place(hash, entry)
    this.#living += 1
    if (this.old !== undefined) this.#move(this.old, SLOTS_MOVED_A_PUT)
  }

  /** Moves all that is still to be moved: for who puts many in at once, and has the time. */
  settle(): void {
    if (this.old !== undefined) this.#move(this.old, Infinity)
  }

  /**
   * Reads the places of the first `count` hashes, so that memory has them at hand for who looks for each of them
   * next: of reads that do not wait for each other it answers many at a time.
   */
  touch(hashes: Int32Array, count: number): void {
    const { slots } = this
    const mask = slots.length - 2
    let sum = 0
    for (let i = 0; i < count; i++) sum ^= slots[(hashes[i]! << 1) & mask]!
    this.touched = sum
  }

  /** Makes room for so many more, where nothing is in yet: then it need not grow meanwhile. */
  reserve(entries: number): void {
    if (this.#used > 0 || this.old !== undefined) return
    let { length } = this.slots
    while (length < Math.min(entries, RESERVED_MAX) * 4) length *= 2
    if (length > this.slots.length) this.slots = inHugePages(new Int32Array(length))
  }

  /** So many of the entries died: they keep their places until the next move. */
  died(count: number): void {
    this.#living -= count
    this.#hasDead = true
    this.#oldHasDead = true
  }

  /** Forgets all entries; with `isKept` the room stays. */
  clear(isKept = false): void {
    this.old = undefined
    this.#used = 0
    this.#living = 0
    this.#hasDead = false
    if (isKept) this.slots.fill(0)
    else this.slots = new Int32Array(SLOTS_MIN * 2)
  }

  /** Begins to move all that lives into another table, a larger one where these need it. */
  #renew(): void {
    if (this.old !== undefined) this.#move(this.old, Infinity)
    const { slots } = this
    const isCrowded = this.#living * 8 > slots.length
    this.old = slots
    this.#oldHasDead = this.#hasDead
    this.#hasDead = false
    this.#next = 0
    this.#used = 0
    this.slots = inHugePages(new Int32Array(isCrowded ? slots.length * 2 : slots.length))
  }

  #move(old: Int32Array, count: number): void {
    const end = Math.min(old.length, this.#next + count * 2)
    for (let at = this.#next; at < end; at += 2) {
      const entry = old[at + 1]! - 1
      if (entry < 0) continue
      const hash = old[at]!
      if (!this.#oldHasDead || this.#isHeld!(entry, hash)) this.#place(hash, entry)
    }
    this.#next = end
    if (end === old.length) this.old = undefined
  }

  #place(hash: number, entry: number): void {
    const { slots } = this
    const mask = slots.length - 2
    let at = (hash << 1) & mask
    for (; slots[at + 1] !== 0; at = (at + 2) & mask) {
      // It died, and serves again.
      if (slots[at + 1] === entry + 1 && slots[at] === hash) return
    }
    slots[at] = hash
    slots[at + 1] = entry + 1
    this.#used += 1
  }
}
