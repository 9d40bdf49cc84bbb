// Room for byte strings that come and go, in one growing memory: what is given back serves the next of its size, so
// that nothing ever moves. Sizes that are asked for no more keep their room.
import { GrowingMemory } from './growing-memory.ts'

const INITIAL_BYTES = 512
/** What room is given out in multiples of; a place's number is where it begins, divided by this. */
const UNIT = 8
const WORDS = UNIT / 4

/** Places in one buffer. */
export class ByteRoom {
  #memory = new GrowingMemory(INITIAL_BYTES)
  /** All of it; another one after `take`. */
  bytes = new Uint8Array(this.#memory.buffer)
  /** The same by words: every place begins with one, and is a multiple of two long. */
  words = new Uint32Array(this.#memory.buffer)
  #end = 0
  /** The last place given back, by units: its first word is the number of the one before plus 1, or 0. */
  readonly #holes = new Map<number, number>()

  /** Where so many bytes may lie. @throws TableFullError */
  take(length: number): number {
    const units = unitsOf(length)
    const place = this.#holes.size === 0 ? undefined : this.#holes.get(units)
    return place === undefined ? this.#takeNew(units) : this.#takeHole(place, units)
  }

  /** Takes a place of so many bytes back. */
  giveBack(at: number, length: number): void {
    const units = unitsOf(length)
    if (units === 0) return
    const before = this.#holes.get(units)
    this.words[(at / UNIT) * WORDS] = before === undefined ? 0 : before + 1
    this.#holes.set(units, at / UNIT)
  }

  #takeNew(units: number): number {
    const at = this.#end
    const end = at + units * UNIT
    if (end > this.bytes.length) {
      this.#memory.grow(end)
      this.bytes = new Uint8Array(this.#memory.buffer)
      this.words = new Uint32Array(this.#memory.buffer)
    }
    this.#end = end
    return at
  }

  #takeHole(place: number, units: number): number {
    const before = this.words[place * WORDS]!
    if (before === 0) this.#holes.delete(units)
    else this.#holes.set(units, before - 1)
    return place * UNIT
  }
}

function unitsOf(length: number): number {
  return Math.ceil(length / UNIT)
}
