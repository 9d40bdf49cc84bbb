// Bytes that are written again and again: kept as words, so that a copy is a few stores; and digits, of
// what changes between them. The JSON encoder and the sink write results with them.

/** What a piece or a number may write beyond its end; a sink must have room for it. */
export const OVERRUN = 3

/** Bytes that are copied four at a time. */
export class Piece {
  readonly length: number
  readonly #words: Int32Array

  constructor(bytes: Uint8Array) {
    this.length = bytes.length
    const view = new DataView(new ArrayBuffer(Math.ceil(bytes.length / 4) * 4))
    new Uint8Array(view.buffer).set(bytes)
    this.#words = Int32Array.from({ length: view.byteLength / 4 }, (_, i) =>
      view.getInt32(i * 4, true),
    )
  }

  static of(text: string): Piece {
    return new Piece(new TextEncoder().encode(text))
  }

  /** Writes the bytes, and up to three more. @returns where they end. */
  write(view: DataView, at: number): number {
    const words = this.#words
    for (let i = 0; i < words.length; i++) view.setInt32(at + i * 4, words[i]!, true)
    return at + this.length
  }
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
