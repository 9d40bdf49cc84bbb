// Byte strings to small ids: the dictionary behind interned columns and group keys. Ids are dense and
// mean something in one thread only; what leaves the thread are the bytes.

const INITIAL_SLOTS = 1_024

/** Interns byte strings: equal bytes get equal ids, counted from 0. */
export class Dictionary {
  #slots = new Int32Array(INITIAL_SLOTS).fill(-1)
  #hashes: number[] = []
  #entries: Uint8Array[] = []

  /** How many byte strings are known; the next new one gets this id. */
  get size(): number {
    return this.#entries.length
  }

  /** The id of the bytes from `start` to `end`; they are copied when new. */
  idOf(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end)
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = hash & mask
    for (;;) {
      const id = slots[slot]!
      if (id < 0) return this.#add(slot, hash, bytes.slice(start, end))
      if (this.#hashes[id] === hash && this.#matches(id, bytes, start, end)) return id
      slot = (slot + 1) & mask
    }
  }

  /** The bytes behind an id. */
  bytesOf(id: number): Uint8Array {
    return this.#entries[id]!
  }

  /** Forgets everything; ids given before mean nothing afterwards. */
  clear(): void {
    this.#slots = new Int32Array(INITIAL_SLOTS).fill(-1)
    this.#hashes = []
    this.#entries = []
  }

  #matches(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const entry = this.#entries[id]!
    if (entry.length !== end - start) return false
    for (let i = 0; i < entry.length; i++) {
      if (entry[i] !== bytes[start + i]) return false
    }
    return true
  }

  #add(slot: number, hash: number, entry: Uint8Array): number {
    const id = this.#entries.length
    this.#slots[slot] = id
    this.#hashes.push(hash)
    this.#entries.push(entry)
    if (this.#entries.length * 2 > this.#slots.length) this.#rehash()
    return id
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1)
    const mask = slots.length - 1
    for (let id = 0; id < this.#hashes.length; id++) {
      let slot = this.#hashes[id]! & mask
      while (slots[slot]! >= 0) slot = (slot + 1) & mask
      slots[slot] = id
    }
    this.#slots = slots
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
