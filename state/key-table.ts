// The keys of a grouped stream in one task: bytes, value and a small id that stores use in their place.
import { Dictionary, TOGETHER_MAX, type ByteSpans } from '../topology/serdes/dictionary.ts'
import { GrowingMemory } from '../topology/serdes/growing-memory.ts'
import type { ByteSink, Serde } from '../topology/serdes/serde.ts'

/** Fewer keys than these are kept even when no store uses them any more. */
const FORGET_ABOVE = 65_536
/** Keys looked at in one go: some tenths of a millisecond; more where more keys came since the last one. */
const LOOKED_AT_A_STEP = 16_384
/** Keys looked at for each that came: so that who adds keys all the time does not outrun who forgets them. */
const LOOKED_AT_A_NEW_KEY = 4

const VALUES_MIN = 64
/** In the byte before a saved key, where its length takes four more behind it. */
export const LONG_KEY = 255
/** Values kept at once: one takes more than its bytes, and comes back out of them. */
const VALUES_MAX = 65_536

/** Of the keys that are restored together. */
const spans: ByteSpans = {
  starts: new Int32Array(TOGETHER_MAX),
  ends: new Int32Array(TOGETHER_MAX),
  count: 0,
}

/** Gives keys dense ids; the values of those used last are at hand. */
export class KeyTable {
  /** Goes up when ids were given up, which serve other keys then: what was derived from ids is thrown away. */
  epoch = 0
  readonly #dictionary = new Dictionary()
  readonly #usesMemory = new GrowingMemory(VALUES_MIN * 4)
  /** How many entries of stores are of each key. */
  #uses = new Int32Array(this.#usesMemory.buffer)
  /** Keys that no entry is of. */
  #unused = 0
  /** The next id to look at while keys are forgotten. */
  #next: number | undefined
  /** Keys that came since some were looked at. */
  #newKeys = 0
  /** Values of ids, each at its id modulo the length. */
  #values: unknown[] = new Array<unknown>(VALUES_MIN)
  /** Whose value lies there; -1 for none. */
  #valueIds = new Int32Array(VALUES_MIN).fill(-1)
  /** Ids of bytes that are no key. */
  readonly #refused = new Set<number>()
  readonly #serde: Serde<unknown>

  constructor(serde: Serde<never>) {
    this.#serde = serde
  }

  get serde(): Serde<unknown> {
    return this.#serde
  }

  get size(): number {
    return this.#dictionary.size
  }

  /** All ids are below it. */
  get end(): number {
    return this.#dictionary.end
  }

  /** @throws SerdeError when the bytes are no such key. */
  idOf(bytes: Uint8Array, start: number, end: number): number {
    const { size } = this.#dictionary
    const id = this.#dictionary.idOf(bytes, start, end)
    const isNew = this.#dictionary.size !== size
    if (isNew) this.#added(1)
    if (isNew || this.#isRefused(id)) this.#read(id, bytes, start, end)
    return id
  }

  /**
   * The ids of keys as they were saved, one behind the other from `at` on, as many as `ids` has room for. They were
   * read once, and their values are made when they are asked for.
   * @param view of `bytes`.
   * @param isWide whether each lies behind its length in 32 bits, little endian, and not in a byte; see `LONG_KEY`.
   * @returns where the last one ends.
   * @throws RangeError where they go beyond the end.
   */
  restore(bytes: Uint8Array, view: DataView, at: number, ids: Int32Array, isWide: boolean): number {
    const dictionary = this.#dictionary
    const { size } = dictionary
    let start = at
    for (let i = 0; i < ids.length; i += spans.count) {
      spans.count = Math.min(TOGETHER_MAX, ids.length - i)
      start = isWide ? wideSpans(view, start, spans) : shortSpans(view, start, spans)
      dictionary.idsIn(bytes, view, spans, ids, i)
    }
    this.#added(dictionary.size - size)
    return start
  }

  /** Makes room for so many keys, where there is none yet. */
  reserve(keys: number): void {
    this.#dictionary.reserve(keys)
  }

  /** The key itself, which is not to be changed. */
  valueOf(id: number): unknown {
    const at = id & (this.#valueIds.length - 1)
    if (this.#valueIds[at] === id) return this.#values[at]
    const bytes = this.bytesOf(id)
    return this.#keep(id, this.#serde.deserialize(bytes, 0, bytes.length))
  }

  /** A view of the key's bytes. */
  bytesOf(id: number): Uint8Array {
    return this.#dictionary.bytesOf(id)
  }

  lengthOf(id: number): number {
    return this.#dictionary.lengthOf(id)
  }

  /** Writes the key's bytes. */
  write(id: number, sink: ByteSink): void {
    this.#dictionary.write(id, sink)
  }

  /** To be called for each new entry of a store. */
  hold(id: number): void {
    if (this.#uses[id]!++ === 0) this.#unused -= 1
  }

  /** To be called for each entry that a store gives up. */
  letGo(id: number): void {
    if (--this.#uses[id]! === 0) this.#unused += 1
  }

  /**
   * Forgets some of the keys that no store holds, once these are the larger part; the rest at the next calls. To be
   * called while no row is in work: it may have an id that nothing holds yet. See `epoch`.
   */
  forgetSome(): void {
    const count = Math.max(LOOKED_AT_A_STEP, this.#newKeys * LOOKED_AT_A_NEW_KEY)
    this.#newKeys = 0
    if (this.#next === undefined) {
      if (this.size < FORGET_ABOVE || this.#unused * 2 < this.size) return
      this.#next = 0
    }
    const { end } = this
    const to = Math.min(this.#next + count, end)
    const before = this.#unused
    for (let id = this.#next; id < to; id++) {
      if (this.#uses[id] === 0 && this.#dictionary.has(id)) this.#forget(id)
    }
    this.#next = to === end ? undefined : to
    if (this.#unused < before) this.epoch += 1
  }

  /** So many came, and their ids are all below the end. */
  #added(count: number): void {
    while (this.end > this.#uses.length) {
      this.#usesMemory.grow()
      this.#uses = new Int32Array(this.#usesMemory.buffer)
    }
    this.#unused += count
    this.#newKeys += count
  }

  #forget(id: number): void {
    this.#dictionary.remove(id)
    this.#refused.delete(id)
    this.#unused -= 1
    const at = id & (this.#valueIds.length - 1)
    if (this.#valueIds[at] !== id) return
    this.#valueIds[at] = -1
    this.#values[at] = undefined
  }

  #isRefused(id: number): boolean {
    return this.#refused.size > 0 && this.#refused.has(id)
  }

  #read(id: number, bytes: Uint8Array, start: number, end: number): void {
    try {
      this.#keep(id, this.#serde.deserialize(bytes, start, end))
    } catch (cause) {
      this.#refused.add(id)
      throw cause
    }
    if (this.#refused.size > 0) this.#refused.delete(id)
  }

  #keep(id: number, value: unknown): unknown {
    const { length } = this.#valueIds
    if (id >= length && length < VALUES_MAX) this.#forgetValues(length * 2)
    const at = id & (this.#valueIds.length - 1)
    this.#valueIds[at] = id
    this.#values[at] = value
    return value
  }

  #forgetValues(length: number): void {
    this.#values = new Array<unknown>(length)
    this.#valueIds = new Int32Array(length).fill(-1)
  }
}

/** Where keys behind their lengths lie, of which each takes 32 bits. @returns where the last one ends. */
function wideSpans(view: DataView, at: number, { starts, ends, count }: ByteSpans): number {
  let end = at
  for (let i = 0; i < count; i++) {
    starts[i] = end + 4
    ends[i] = end += 4 + view.getUint32(end, true)
  }
  return end
}

/** The same where a byte has the length of a short one. */
function shortSpans(view: DataView, at: number, { starts, ends, count }: ByteSpans): number {
  let end = at
  for (let i = 0; i < count; i++) {
    let length = view.getUint8(end++)
    if (length === LONG_KEY) {
      length = view.getUint32(end, true)
      end += 4
    }
    starts[i] = end
    ends[i] = end += length
  }
  return end
}
