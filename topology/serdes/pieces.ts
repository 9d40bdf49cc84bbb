// Bytes that are written again and again: kept as words, so that a copy is a few stores; and digits, of
// what changes between them. The JSON encoder and the sink write results with them.

/** What a piece or a number may write beyond its end; a sink must have room for it. */
export const OVERRUN = 3

/**
 * Byte strings by number, copied four bytes at a time. They lie in one array: an object each would grow
 * old in the heap.
 */
export class Pieces {
  #words = new Int32Array(256)
  #wordCount = 0
  /** First word of each piece. */
  #starts = new Int32Array(64)
  /** Bytes of each piece, -1 where there is none. */
  #lengths = new Int32Array(64).fill(-1)

  has(number: number): boolean {
    return number < this.#lengths.length && this.#lengths[number]! >= 0
  }

  lengthOf(number: number): number {
    return this.#lengths[number]!
  }

  /** Keeps the bytes under a number, once. */
  set(number: number, bytes: Uint8Array): void {
    const count = Math.ceil(bytes.length / 4)
    const start = this.#wordCount
    if (start + count > this.#words.length) {
      this.#words = grown(this.#words, new Int32Array(2 * (start + count)))
    }
    if (number >= this.#lengths.length) {
      this.#lengths = grown(this.#lengths, new Int32Array(2 * number).fill(-1))
      this.#starts = grown(this.#starts, new Int32Array(2 * number))
    }
    for (let i = 0; i < count; i++) this.#words[start + i] = wordAt(bytes, i * 4)
    this.#starts[number] = start
    this.#lengths[number] = bytes.length
    this.#wordCount += count
  }

  /** Writes a piece, and up to three bytes more. @returns where it ends. */
  write(number: number, view: DataView, at: number): number {
    const words = this.#words
    const start = this.#starts[number]!
    const length = this.#lengths[number]!
    for (let i = 0; i < length; i += 4) view.setInt32(at + i, words[start + (i >> 2)]!, true)
    return at + length
  }

  clear(): void {
    this.#wordCount = 0
    this.#lengths.fill(-1)
  }
}

/** Four bytes from `at` on, zeros behind the end. */
function wordAt(bytes: Uint8Array, at: number): number {
  const byte = (i: number): number => bytes[at + i] ?? 0
  return byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24)
}

function grown(from: Int32Array, to: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  to.set(from)
  return to
}

/** The three digits of each number below 1,000, as the bytes of an int32. */
const threeDigits = Int32Array.from({ length: 1_000 }, (_, n) => {
  const digit = (tens: number): number => 0x30 + (Math.floor(n / tens) % 10)
  return digit(100) | (digit(10) << 8) | (digit(1) << 16)
})

/**
 * Writes a whole number from 0 to 2^53 - 1 in decimal digits, and one byte more; it takes 16 at most.
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
