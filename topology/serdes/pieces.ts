// Bytes that are written again and again: kept as words, so that a copy is a few stores; and digits, of
// what changes between them. The JSON encoder and the sink write results with them.

/** What a piece or a number may write beyond its end; a sink must have room for it. */
export const OVERRUN = 7

const WORD_BYTES = 8

/**
 * Byte strings by number, copied eight bytes at a time. They lie in one array: an object each would grow
 * old in the heap.
 */
export class Pieces {
  #words = new Float64Array(256)
  #wordCount = 0
  /** First word of each piece. */
  #starts = new Int32Array(64)
  /** Bytes of each piece, -1 where there is none. */
  #lengths = new Int32Array(64).fill(-1)
  /** Pieces of which some eight bytes are a NaN: those need not keep their bits. Never so with UTF-8. */
  readonly #odd = new Map<number, Uint8Array>()

  has(number: number): boolean {
    return number < this.#lengths.length && this.#lengths[number]! >= 0
  }

  lengthOf(number: number): number {
    return this.#lengths[number]!
  }

  /** Keeps the bytes under a number, once. */
  set(number: number, bytes: Uint8Array): void {
    const count = Math.ceil(bytes.length / WORD_BYTES)
    const start = this.#wordCount
    if (start + count > this.#words.length) {
      this.#words = grown(this.#words, new Float64Array(2 * (start + count)))
    }
    if (number >= this.#lengths.length) {
      this.#lengths = grown(this.#lengths, new Int32Array(2 * number).fill(-1))
      this.#starts = grown(this.#starts, new Int32Array(2 * number))
    }
    const padded = new DataView(new ArrayBuffer(count * WORD_BYTES))
    new Uint8Array(padded.buffer).set(bytes)
    for (let i = 0; i < count; i++) {
      const word = padded.getFloat64(i * WORD_BYTES, true)
      this.#words[start + i] = word
      if (Number.isNaN(word)) this.#odd.set(number, bytes.slice())
    }
    this.#starts[number] = start
    this.#lengths[number] = bytes.length
    this.#wordCount += count
  }

  /** Writes a piece, and up to seven bytes more. @returns where it ends. */
  write(number: number, view: DataView, at: number): number {
    const words = this.#words
    const start = this.#starts[number]!
    const length = this.#lengths[number]!
    for (let i = 0; i < length; i += WORD_BYTES) {
      view.setFloat64(at + i, words[start + (i >> 3)]!, true)
    }
    if (this.#odd.size > 0) this.#writeOdd(number, view, at)
    return at + length
  }

  clear(): void {
    this.#wordCount = 0
    this.#lengths.fill(-1)
    this.#odd.clear()
  }

  #writeOdd(number: number, view: DataView, at: number): void {
    const bytes = this.#odd.get(number)
    bytes?.forEach((byte, i) => view.setUint8(at + i, byte))
  }
}

function grown<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}

/** The three digits of each number below 1,000, as the bytes of an int32. */
const threeDigits = Int32Array.from({ length: 1_000 }, (_, n) => {
  const digit = (tens: number): number => 0x30 + (Math.floor(n / tens) % 10)
  return digit(100) | (digit(10) << 8) | (digit(1) << 16)
})

/**
 * Writes a whole number from 0 to 2^53 - 1 in decimal digits, and up to `OVERRUN` bytes more; it takes
 * 16 at most.
 * @returns where the digits end.
 */
export function writeDigits(view: DataView, start: number, value: number): number {
  if (value < 1_000) return writeFirst(view, start, value)
  if (value < 1e9) {
    const thousands = (value / 1_000) | 0
    const at = writeDigits(view, start, thousands)
    view.setInt32(at, threeDigits[value - thousands * 1_000]!, true)
    return at + 3
  }
  const high = Math.floor(value / 1e9)
  const at = writeDigits(view, start, high)
  const low = value - high * 1e9
  const millions = (low / 1e6) | 0
  const rest = low - millions * 1e6
  const thousands = (rest / 1_000) | 0
  view.setInt32(at, threeDigits[millions]!, true)
  view.setInt32(at + 3, threeDigits[thousands]!, true)
  view.setInt32(at + 6, threeDigits[rest - thousands * 1_000]!, true)
  return at + 9
}

/** The digits of a number below 1,000, without leading zeros. */
function writeFirst(view: DataView, at: number, value: number): number {
  const digits = threeDigits[value]!
  if (value >= 100) {
    view.setInt32(at, digits, true)
    return at + 3
  }
  if (value >= 10) {
    view.setInt32(at, digits >> 8, true)
    return at + 2
  }
  view.setInt8(at, digits >> 16)
  return at + 1
}
