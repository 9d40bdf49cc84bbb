// The keys of a grouped stream in one task: bytes, value and a small id that stores use in their place.
import { Dictionary } from '../topology/serdes/dictionary.ts'
import type { ByteSink, Serde } from '../topology/serdes/serde.ts'

/** Keys below this number are kept even when no store uses them any more. */
const COMPACT_ABOVE = 65_536

const VALUES_MIN = 64
/** Values kept at once: one takes more than its bytes, and comes back out of them. */
const VALUES_MAX = 65_536

/** Something that holds key ids: a store of the same grouping. */
export interface KeyHolder {
  /** Sets `used[id]` to 1 for every id held. */
  markKeys(used: Uint8Array): void
  /** Replaces each id held by `idOf[id]`. */
  replaceKeys(idOf: Int32Array): void
}

/** Gives keys dense ids; the values of those used last are at hand. */
export class KeyTable {
  /** Goes up when ids change their meaning, so that what was derived from them is thrown away. */
  epoch = 0
  #dictionary = new Dictionary()
  /** Values of ids, each at its id modulo the length. */
  #values: unknown[] = new Array<unknown>(VALUES_MIN)
  /** Whose value lies there; -1 for none. */
  #valueIds = new Int32Array(VALUES_MIN).fill(-1)
  /** Ids of bytes that are no key. */
  readonly #refused = new Set<number>()
  readonly #serde: Serde<unknown>
  readonly #holders: KeyHolder[] = []
  #compactAt = COMPACT_ABOVE

  constructor(serde: Serde<never>) {
    this.#serde = serde
  }

  get serde(): Serde<unknown> {
    return this.#serde
  }

  get size(): number {
    return this.#dictionary.size
  }

  /** @throws SerdeError when the bytes are no such key. */
  idOf(bytes: Uint8Array, start: number, end: number): number {
    const { size } = this.#dictionary
    const id = this.#dictionary.idOf(bytes, start, end)
    if (id === size || this.#isRefused(id)) this.#read(id, bytes, start, end)
    return id
  }

  /** The id of a key as it was saved: it was read once, and its value is made when it is asked for. */
  restore(bytes: Uint8Array, start: number, end: number): number {
    return this.#dictionary.idOf(bytes, start, end)
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

  /** Makes a store take part in compaction. */
  register(holder: KeyHolder): void {
    this.#holders.push(holder)
  }

  /** Forgets keys that no store holds, once they are the larger part. Ids may change: see `epoch`. */
  compactIfDue(): void {
    if (this.size < this.#compactAt) return
    const used = new Uint8Array(this.size)
    for (const holder of this.#holders) holder.markKeys(used)
    let count = 0
    for (let id = 0; id < used.length; id++) count += used[id]!
    if (count * 2 > this.size) this.#compactAt = this.size * 2
    else this.#compact(used)
  }

  #compact(used: Uint8Array): void {
    const idOf = new Int32Array(this.size).fill(-1)
    const dictionary = new Dictionary()
    for (let id = 0; id < used.length; id++) {
      if (used[id] === 0) continue
      const bytes = this.bytesOf(id)
      idOf[id] = dictionary.idOf(bytes, 0, bytes.length)
    }
    this.#dictionary = dictionary
    this.#forgetValues(VALUES_MIN)
    this.#refused.clear()
    this.epoch += 1
    for (const holder of this.#holders) holder.replaceKeys(idOf)
    this.#compactAt = Math.max(COMPACT_ABOVE, this.size * 2)
  }

  #isRefused(id: number): boolean {
    return this.#refused.size > 0 && this.#refused.has(id)
  }

  #read(id: number, bytes: Uint8Array, start: number, end: number): void {
    this.#refused.add(id)
    this.#keep(id, this.#serde.deserialize(bytes, start, end))
    this.#refused.delete(id)
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
