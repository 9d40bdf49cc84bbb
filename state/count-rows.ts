// The rows of a saved entry of counts: each says in its first byte what is as in the row before, and what takes few
// bytes. Most take six of what was 28 once. Written and read by the log of counts.
import { savedCounts, type SavedCounts } from './saved-counts.ts'

/** A row of before: window, count, time as float64, and the key's place. */
const WIDE_ROW_BYTES = 28
/** The longest that a row may be. */
const ROW_BYTES_MAX = 32
/** Room that is begun with: there is a store for each of a thousand partitions. */
const BYTES_MIN = 512

// What is in the first byte of a row. Where nothing is said of the key, its place follows in 32 bits; of the window,
// its start as a float64; so with the count, and with the time.
/** The key is the next one, of which no row was yet; or that of the row before. */
const NEXT_KEY = 1
const SAME_KEY = 2
const KEY = 3
/** The window is that of the row before; or starts so much later, in 32 bits with a sign. */
const SAME_WINDOW = 4
const NEAR_WINDOW = 8
const WINDOW = 12
/** The time is so much behind the start of the window, in 32 bits. */
const WITHIN_WINDOW = 16
/** The count is in 8 bits, or 32. */
const BYTE_COUNT = 32
const WORD_COUNT = 64
const COUNT = 96

/** Writes rows one behind the other. */
export class CountRowWriter {
  #view = new DataView(new ArrayBuffer(BYTES_MIN))
  #end = 0
  #lastKey = -1
  #nextKey = 0
  #startMs = NaN

  /** Those since `begin`. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#view.buffer, 0, this.#end)
  }

  begin(): void {
    this.#end = 0
    this.#lastKey = -1
    this.#nextKey = 0
    this.#startMs = NaN
  }

  /** @param key its place among those of the entry, which begin with 0 and get one when their first row comes. */
  write(key: number, startMs: number, count: number, timestampMs: number): void {
    if (this.#end + ROW_BYTES_MAX > this.#view.byteLength) this.#grow()
    const view = this.#view
    const first = this.#end
    this.#end = first + 1
    const what = this.#writeKey(view, key) | this.#writeWindow(view, startMs)
    view.setUint8(first, what | this.#writeCount(view, count) | this.#writeTime(view, timestampMs))
  }

  #writeKey(view: DataView, key: number): number {
    if (key === this.#nextKey) {
      this.#lastKey = this.#nextKey++
      return NEXT_KEY
    }
    if (key === this.#lastKey) return SAME_KEY
    this.#lastKey = key
    this.#writeWord(view, key)
    return 0
  }

  #writeWindow(view: DataView, startMs: number): number {
    const before = this.#startMs
    const later = startMs - before
    if (later === 0) return SAME_WINDOW
    this.#startMs = startMs
    if (later === (later | 0) && before + later === startMs) {
      this.#writeWord(view, later)
      return NEAR_WINDOW
    }
    this.#writeDouble(view, startMs)
    return 0
  }

  #writeCount(view: DataView, count: number): number {
    if (count === (count & 0xff)) {
      view.setUint8(this.#end, count)
      this.#end += 1
      return BYTE_COUNT
    }
    if (count === count >>> 0) {
      this.#writeWord(view, count)
      return WORD_COUNT
    }
    this.#writeDouble(view, count)
    return 0
  }

  #writeTime(view: DataView, timestampMs: number): number {
    const within = timestampMs - this.#startMs
    if (within === within >>> 0 && this.#startMs + within === timestampMs) {
      this.#writeWord(view, within)
      return WITHIN_WINDOW
    }
    this.#writeDouble(view, timestampMs)
    return 0
  }

  /** 32 bits, with a sign or without. */
  #writeWord(view: DataView, word: number): void {
    view.setUint32(this.#end, word, true)
    this.#end += 4
  }

  #writeDouble(view: DataView, double: number): void {
    view.setFloat64(this.#end, double, true)
    this.#end += 8
  }

  #grow(): void {
    const grown = new DataView(new ArrayBuffer(this.#view.byteLength * 2))
    new Uint8Array(grown.buffer).set(new Uint8Array(this.#view.buffer))
    this.#view = grown
  }
}

/** What rows are read into, by one reader after the other. */
const rows = savedCounts()

/** Reads rows as `CountRowWriter` writes them. */
export class CountRowReader {
  readonly #view: DataView
  readonly #ids: Int32Array
  #at: number
  #lastKey = -1
  #nextKey = 0
  #startMs = NaN

  /** @param ids of the keys by their places. */
  constructor(view: DataView, at: number, ids: Int32Array) {
    this.#view = view
    this.#at = at
    this.#ids = ids
  }

  /** So many more of them, which hold until the next call. @throws RangeError where they go beyond the end. */
  next(size: number): SavedCounts {
    const { starts, keyIds, counts, timestamps } = rows
    const [view, ids] = [this.#view, this.#ids]
    for (let i = 0; i < size; i++) {
      const what = view.getUint8(this.#at++)
      keyIds[i] = ids[this.#readKey(what & KEY)]!
      const startMs = this.#readWindow(what & WINDOW)
      starts[i] = startMs
      counts[i] = this.#readCount(what & COUNT)
      const isWithin = (what & WITHIN_WINDOW) !== 0
      timestamps[i] = isWithin ? startMs + this.#readWord() : this.#readDouble()
    }
    rows.size = size
    return rows
  }

  #readKey(what: number): number {
    if (what === NEXT_KEY) return (this.#lastKey = this.#nextKey++)
    if (what !== SAME_KEY) this.#lastKey = this.#readWord()
    return this.#lastKey
  }

  #readWindow(what: number): number {
    if (what === SAME_WINDOW) return this.#startMs
    if (what === NEAR_WINDOW) this.#startMs += this.#readWord() | 0
    else this.#startMs = this.#readDouble()
    return this.#startMs
  }

  #readCount(what: number): number {
    if (what === BYTE_COUNT) return this.#view.getUint8(this.#at++)
    return what === WORD_COUNT ? this.#readWord() : this.#readDouble()
  }

  #readWord(): number {
    const word = this.#view.getUint32(this.#at, true)
    this.#at += 4
    return word
  }

  #readDouble(): number {
    const double = this.#view.getFloat64(this.#at, true)
    this.#at += 8
    return double
  }
}

/** Reads rows that all take as many bytes, as they were written before. */
export class WideRowReader {
  readonly #view: DataView
  readonly #ids: Int32Array
  #at: number

  constructor(view: DataView, at: number, ids: Int32Array) {
    this.#view = view
    this.#at = at
    this.#ids = ids
  }

  /** See `CountRowReader`. */
  next(size: number): SavedCounts {
    const { starts, keyIds, counts, timestamps } = rows
    const [view, ids] = [this.#view, this.#ids]
    let at = this.#at
    for (let i = 0; i < size; i++, at += WIDE_ROW_BYTES) {
      starts[i] = view.getFloat64(at, true)
      counts[i] = view.getFloat64(at + 8, true)
      timestamps[i] = view.getFloat64(at + 16, true)
      keyIds[i] = ids[view.getUint32(at + 24, true)]!
    }
    this.#at = at
    rows.size = size
    return rows
  }
}
