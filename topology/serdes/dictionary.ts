// Byte strings to small ids: the dictionary behind interned columns and group keys. Ids are dense and
// mean something in one thread only; what leaves the thread are the bytes.
import { ByteRoom } from './byte-room.ts'
import { copyBytes } from './copy-bytes.ts'
import { GrowingMemory } from './growing-memory.ts'
import { HashSlots } from './hash-slots.ts'
import type { ByteSink } from './serde.ts'

const INITIAL_SIZE = 32
/** Of how many byte strings the ids are asked for together, at most. */
export const TOGETHER_MAX = 256
const NONE = -1
/** What is kept of an id lies side by side, in words: where its bytes begin, how many they are, and their hash. */
const WORDS = 4
const START = 0
const LENGTH = 1
const HASH = 2
/** In place of a length: the id stands for nothing, and its start is the next free one plus 1. */
const FREE = 0xffffffff

/** Of those; what is in it is of no use later. */
const hashes = new Int32Array(TOGETHER_MAX)

/** Where byte strings lie in a buffer. */
export interface ByteSpans {
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** How many of them there are. */
  count: number
}

/** Interns byte strings: equal bytes get equal ids, counted from 0. */
export class Dictionary {
  #size = 0
  #end = 0
  readonly #slots = new HashSlots((id, hash) => this.#isHeld(id, hash))
  #placesMemory = new GrowingMemory(INITIAL_SIZE * WORDS * 4)
  #places = new Uint32Array(this.#placesMemory.buffer)
  #free = NONE
  // All byte strings in one: one object each would be what a long run's heap consists of.
  #room = new ByteRoom()

  /** How many byte strings are known. Where none was removed, the next new one gets this id. */
  get size(): number {
    return this.#size
  }

  /** All ids are below it. */
  get end(): number {
    return this.#end
  }

  /** The id of the bytes from `start` to `end`; they are copied when new. */
  idOf(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end)
    const id = this.#find(this.#slots.slots, hash, bytes, start, end)
    return id < 0 ? this.#missed(hash, bytes, start, end) : id
  }

  /**
   * The ids of many byte strings of one buffer, which is read a word at a time by way of a view of it. Where they lie
   * in the table is asked for before they are looked for, since memory answers many such questions at once.
   * @param starts where the first `count` begin, at most `TOGETHER_MAX`; `ends` says where they end.
   * @param ids gets their ids from `at` on.
   * @throws RangeError where they go beyond the end of the view.
   */
  idsIn(
    bytes: Uint8Array,
    view: DataView,
    { starts, ends, count }: ByteSpans,
    ids: Int32Array,
    at: number,
  ): void {
    for (let i = 0; i < count; i++) hashes[i] = hashIn(view, starts[i]!, ends[i]!)
    const slots = this.#slots
    slots.settle()
    slots.touch(hashes, count)
    for (let i = 0; i < count; i++) {
      const start = starts[i]!
      const end = ends[i]!
      const hash = hashes[i]!
      const id = this.#find(slots.slots, hash, bytes, start, end)
      ids[at + i] = id < 0 ? this.#missedIn(hash, bytes, view, start, end) : id
    }
  }

  /** Whether an id below `end` stands for something. */
  has(id: number): boolean {
    return this.lengthOf(id) !== FREE
  }

  /** Gives up an id that stands for something: it, and the room of its bytes, serve again. */
  remove(id: number): void {
    const at = id * WORDS
    this.#room.giveBack(this.#places[at + START]!, this.#places[at + LENGTH]!)
    this.#places[at + START] = this.#free + 1
    this.#places[at + LENGTH] = FREE
    this.#free = id
    this.#size -= 1
    this.#slots.died(1)
  }

  /** Makes room for so many byte strings, where none is known yet. */
  reserve(count: number): void {
    if (this.#size === 0) this.#slots.reserve(count)
  }

  /** How many bytes an id stands for. */
  lengthOf(id: number): number {
    return this.#places[id * WORDS + LENGTH]!
  }

  /** The bytes behind an id: a view of them, which holds until the next new one comes. */
  bytesOf(id: number): Uint8Array {
    const start = this.#places[id * WORDS + START]!
    return this.#room.bytes.subarray(start, start + this.lengthOf(id))
  }

  /** Writes the bytes behind an id. */
  write(id: number, sink: ByteSink): void {
    const from = this.#places[id * WORDS + START]!
    const length = this.lengthOf(id)
    sink.reserve(length)
    copyBytes(this.#room.bytes, from, length, sink.bytes, sink.position)
    sink.position += length
  }

  /** Forgets everything; ids given before mean nothing afterwards. */
  clear(): void {
    this.#size = 0
    this.#end = 0
    this.#free = NONE
    this.#slots.clear()
    this.#placesMemory = new GrowingMemory(INITIAL_SIZE * WORDS * 4)
    this.#places = new Uint32Array(this.#placesMemory.buffer)
    this.#room = new ByteRoom()
  }

  #isHeld(id: number, hash: number): boolean {
    return this.has(id) && this.#places[id * WORDS + HASH] === hash >>> 0
  }

  #matches(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start
    if (this.lengthOf(id) !== length) return false
    const from = this.#places[id * WORDS + START]!
    const held = this.#room.bytes
    for (let i = 0; i < length; i++) {
      if (held[from + i] !== bytes[start + i]) return false
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

  #missedIn(hash: number, bytes: Uint8Array, view: DataView, start: number, end: number): number {
    const { old } = this.#slots
    const id = old === undefined ? -1 : this.#find(old, hash, bytes, start, end)
    if (id >= 0) return id
    const room = this.#room
    const at = room.take(end - start)
    let word = at / 4
    let from = start
    for (; from + 4 <= end; from += 4) room.words[word++] = view.getUint32(from, true)
    for (let to = word * 4; from < end; from++) room.bytes[to++] = bytes[from]!
    return this.#put(hash, at, end - start)
  }

  #add(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const length = end - start
    const at = this.#room.take(length)
    copyBytes(bytes, start, length, this.#room.bytes, at)
    return this.#put(hash, at, length)
  }

  #put(hash: number, at: number, length: number): number {
    const id = this.#takeId()
    const place = id * WORDS
    this.#places[place + START] = at
    this.#places[place + LENGTH] = length
    this.#places[place + HASH] = hash
    this.#size += 1
    this.#slots.put(hash, id)
    return id
  }

  #takeId(): number {
    const id = this.#free
    if (id !== NONE) {
      this.#free = this.#places[id * WORDS + START]! - 1
      return id
    }
    if (this.#end * WORDS === this.#places.length) {
      this.#placesMemory.grow()
      this.#places = new Uint32Array(this.#placesMemory.buffer)
    }
    return this.#end++
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

/** The same hash. */
function hashIn(view: DataView, start: number, end: number): number {
  let hash = 0x811c9dc5 ^ (end - start)
  let at = start
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1) ^ (hash >>> 15)
  }
  for (; at < end; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x01000193)
  return (hash ^ (hash >>> 13)) | 0
}
