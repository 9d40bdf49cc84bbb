// The keys of JSON rows by their place: a producer writes the same fields in the same order, so a key is
// mostly where it was in the row before, and one comparison finds it.

const MEMBERS_MAX = 128
const LENGTH_MAX = 64
/** What `after` answers when another key stands there. */
export const UNEXPECTED = -1

/** A key as it is written, from its opening quote to the colon. */
interface ExpectedKey<C> {
  readonly length: number
  readonly words: Int32Array
  readonly tail: Uint8Array
  readonly column: C | undefined
}

/** Remembers which key stands at which place, and the column that it belongs to. */
export class KeyOrder<C> {
  readonly #expected: (ExpectedKey<C> | undefined)[] = []

  /** The place after the colon when the key at `at` is the expected one, else UNEXPECTED. */
  after(member: number, bytes: Uint8Array, view: DataView, at: number, end: number): number {
    const key = this.#expected[member]
    if (key === undefined || at + key.length > end) return UNEXPECTED
    const { words, tail } = key
    let to = at
    for (let i = 0; i < words.length; i++, to += 4) {
      if (view.getInt32(to, true) !== words[i]) return UNEXPECTED
    }
    for (let i = 0; i < tail.length; i++, to++) {
      if (bytes[to] !== tail[i]) return UNEXPECTED
    }
    return to
  }

  /** The column of the expected key; undefined when the field is not declared. */
  columnOf(member: number): C | undefined {
    return this.#expected[member]!.column
  }

  /** Expects a key, from its quote at `start` to after the colon at `end`, from now on. */
  learn(
    member: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    column: C | undefined,
  ): void {
    const length = end - start
    if (member >= MEMBERS_MAX || length > LENGTH_MAX) return
    const whole = length - (length % 4)
    const view = new DataView(bytes.buffer, bytes.byteOffset + start, length)
    const words = Int32Array.from({ length: whole / 4 }, (_, i) => view.getInt32(i * 4, true))
    this.#expected[member] = { length, words, tail: bytes.slice(start + whole, end), column }
  }
}
