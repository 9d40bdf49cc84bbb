// The keys of a grouped stream in one task: bytes, value and a small id that stores use in their place.
import { Dictionary } from '../topology/serdes/dictionary.ts'
import type { ByteSink, Serde } from '../topology/serdes/serde.ts'

/** Keys below this number are kept even when no store uses them any more. */
const COMPACT_ABOVE = 65_536

/** Something that holds key ids: a store of the same grouping. */
export interface KeyHolder {
  /** Sets `used[id]` to 1 for every id held. */
  markKeys(used: Uint8Array): void
  /** Replaces each id held by `idOf[id]`. */
  replaceKeys(idOf: Int32Array): void
}

/** Gives keys dense ids; the value of each is read once. */
export class KeyTable {
  /** Goes up when ids change their meaning, so that what was derived from them is thrown away. */
  epoch = 0
  #dictionary = new Dictionary()
  #values: unknown[] = []
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
    const id = this.#dictionary.idOf(bytes, start, end)
    if (id === this.#values.length) this.#values.push(this.#serde.deserialize(bytes, start, end))
    return id
  }

  valueOf(id: number): unknown {
    return this.#values[id]
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
    const values: unknown[] = []
    for (let id = 0; id < used.length; id++) {
      if (used[id] === 0) continue
      const bytes = this.bytesOf(id)
      idOf[id] = dictionary.idOf(bytes, 0, bytes.length)
      values.push(this.#values[id])
    }
    this.#dictionary = dictionary
    this.#values = values
    this.epoch += 1
    for (const holder of this.#holders) holder.replaceKeys(idOf)
    this.#compactAt = Math.max(COMPACT_ABOVE, this.size * 2)
  }
}
