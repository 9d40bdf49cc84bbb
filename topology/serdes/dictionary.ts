// Byte strings to small ids: the dictionary behind interned columns and group keys. Ids are dense and
// mean something in one thread only; what leaves the thread are the bytes.
import { GrowingMemory } from './growing-memory.ts'
import { HashSlots } from './hash-slots.ts'
import type { ByteSink } from './serde.ts'

const INITIAL_SIZE = 32
const INITIAL_BYTES = 512

/** Interns byte strings: equal bytes get equal ids, counted from 0. */
export class Dictionary {
  #size = 0
  readonly #slots = new HashSlots()
  #endsMemory = new GrowingMemory(INITIAL_SIZE * 4)
  /** Where the bytes of each end. */
  #ends = new Uint32Array(this.#endsMemory.buffer)
  #bytesMemory = new GrowingMemory(INITIAL_BYTES)
  // All byte strings back to back: one object each would be what a long run's heap consists of.
  #bytes = new Uint8Array(this.#bytesMemory.buffer)

  /** How many byte strings are known; the next new one gets this id. */
  get size(): number {
    return this.#size
  }

  /** The id of the bytes from `start` to `end`; they are copied when new. */
  idOf(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end)
    const id = this.#find(this.#slots.slots, hash, bytes, start, end)
    return id < 0 ? this.#missed(hash, bytes, start, end) : id
  }

  /** Makes room for so many byte strings, where none is known yet. */
  reserve(count: number): void {
    if (this.#size === 0) this.#slots.reserve(count)
  }

  /** How many bytes an id stands for. */
  lengthOf(id: number): number {
    return this.#endOf(id) - this.#startOf(id)
  }

  /** The bytes behind an id: a view of them, which holds until the next new one comes. */
  bytesOf(id: number): Uint8Array {
    return this.#bytes.subarray(this.#startOf(id), this.#endOf(id))
  }

  /** Writes the bytes behind an id. */
  write(id: number, sink: ByteSink): void {
    const from = this.#startOf(id)
    const length = this.#endOf(id) - from
    sink.reserve(length)
    const { bytes, position } = sink
    for (let i = 0; i < length; i++) bytes[position + i] = this.#bytes[from + i]!
    sink.position = position + length
  }

  /** Forgets everything; ids given before mean nothing afterwards. */
  clear(): void {
    this.#size = 0
    this.#slots.clear()
    this.#endsMemory = new GrowingMemory(INITIAL_SIZE * 4)
    this.#ends = new Uint32Array(this.#endsMemory.buffer)
    this.#bytesMemory = new GrowingMemory(INITIAL_BYTES)
    this.#bytes = new Uint8Array(this.#bytesMemory.buffer)
  }

  #startOf(id: number): number {
    return id === 0 ? 0 : this.#endOf(id - 1)
  }

  #endOf(id: number): number {
    return this.#ends[id]!
  }

  #matches(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#startOf(id)
    const length = this.#endOf(id) - from
    if (length !== end - start) return false
    for (let i = 0; i < length; i++) {
      if (this.#bytes[from + i] !== bytes[start + i]) return false
    }
    return true
  }

  /** The id of the bytes in one table of slots, or -1. */
  #find(slots: Int32Array, hash: number, bytes: Uint8Array, start: number, end: number): number {
    const mask = slots.length - 2
    let at = (hash << 1) & mask
    for (;;) {
      const id = slots[at + 1]! - 1
      if (id < 0) return id
      if (slots[at] === hash && this.#matches(id, bytes, start, end)) return id
      at = (at + 2) & mask
    }
  }

  #missed(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const { old } = this.#slots
    const id = old === undefined ? -1 : this.#find(old, hash, bytes, start, end)
    return id < 0 ? this.#add(hash, bytes, start, end) : id
  }

  #add(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const id = this.#size
    const at = this.#startOf(id)
    const to = at + end - start
    if (to > this.#bytes.length) this.#growBytes(to)
    for (let i = 0; i < to - at; i++) this.#bytes[at + i] = bytes[start + i]!
    if (id === this.#ends.length) this.#growEnds()
    this.#ends[id] = to
    this.#size = id + 1
    this.#slots.put(hash, id)
    return id
  }

  #growBytes(length: number): void {
    this.#bytesMemory.grow(length)
    this.#bytes = new Uint8Array(this.#bytesMemory.buffer)
  }

  #growEnds(): void {
    this.#endsMemory.grow()
    this.#ends = new Uint32Array(this.#endsMemory.buffer)
  }
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 ^ (end - start)
  let at = start
  for (; at + 4 <= end; at += 4) {
    const word =
      bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    hash = Math.imul(hash ^ word, 0x9e3779b1) ^ (hash >>> 15)
  }
  for (; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
  return (hash ^ (hash >>> 13)) | 0
}
