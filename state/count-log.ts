// Counts as bytes: what a commit saves of a store, and how it is read back. One entry holds the keys
// once and then a row per count, so that saving ten thousand counts is one write.
import type { WindowCounts } from './window-counts.ts'

const VERSION = 1
const HEADER_BYTES = 16
const ROW_BYTES = 28

/** The counts changed since the last call as one entry, or undefined when there are none. */
export function packUnsaved(store: WindowCounts): Uint8Array | undefined {
  const rows = new CountRows(store)
  store.drainUnsaved((entry) => rows.add(entry))
  return rows.pack()
}

/** Everything that the store holds as one entry; what was unsaved is saved with it. */
export function packSnapshot(store: WindowCounts): Uint8Array {
  const rows = new CountRows(store)
  store.drainUnsaved(() => undefined)
  store.forEach((entry) => rows.add(entry))
  return rows.pack() ?? new Uint8Array(HEADER_BYTES).fill(VERSION, 0, 1)
}

/**
 * Puts the counts of an entry back, later entries over earlier ones.
 * @throws Error when the bytes are no such entry.
 */
export function restoreEntry(store: WindowCounts, entry: Uint8Array): void {
  const view = new DataView(entry.buffer, entry.byteOffset, entry.byteLength)
  if (entry.length < HEADER_BYTES || view.getUint8(0) !== VERSION) {
    throw new Error(`store ${store.name}: a saved entry is not of a known version`)
  }
  const keyCount = view.getUint32(4, true)
  const rowCount = view.getUint32(8, true)
  let at = HEADER_BYTES
  const ids = new Int32Array(keyCount)
  for (let i = 0; i < keyCount; i++) {
    const length = view.getUint32(at, true)
    ids[i] = store.keys.idOf(entry, at + 4, at + 4 + length)
    at += 4 + length
  }
  for (let i = 0; i < rowCount; i++, at += ROW_BYTES) {
    store.restore(
      view.getFloat64(at, true),
      ids[view.getUint32(at + 24, true)]!,
      view.getFloat64(at + 8, true),
      view.getFloat64(at + 16, true),
    )
  }
}

/** Collects rows and the keys that they need. */
class CountRows {
  readonly #store: WindowCounts
  readonly #slots = new Map<number, number>()
  #keyBytes = 0
  #rows = new DataView(new ArrayBuffer(256 * ROW_BYTES))
  #count = 0

  constructor(store: WindowCounts) {
    this.#store = store
  }

  add(entry: number): void {
    const store = this.#store
    const keyId = store.keyIdOf(entry)
    let slot = this.#slots.get(keyId)
    if (slot === undefined) {
      slot = this.#slots.size
      this.#slots.set(keyId, slot)
      this.#keyBytes += 4 + store.keys.bytesOf(keyId).length
    }
    if ((this.#count + 1) * ROW_BYTES > this.#rows.byteLength) this.#grow()
    const at = this.#count * ROW_BYTES
    this.#rows.setFloat64(at, store.windowOf(entry).startMs, true)
    this.#rows.setFloat64(at + 8, store.countOf(entry), true)
    this.#rows.setFloat64(at + 16, store.timestampOf(entry), true)
    this.#rows.setUint32(at + 24, slot, true)
    this.#count += 1
  }

  pack(): Uint8Array | undefined {
    if (this.#count === 0) return undefined
    const packed = new Uint8Array(HEADER_BYTES + this.#keyBytes + this.#count * ROW_BYTES)
    const view = new DataView(packed.buffer)
    view.setUint8(0, VERSION)
    view.setUint32(4, this.#slots.size, true)
    view.setUint32(8, this.#count, true)
    let at = HEADER_BYTES
    for (const keyId of this.#slots.keys()) {
      const bytes = this.#store.keys.bytesOf(keyId)
      view.setUint32(at, bytes.length, true)
      packed.set(bytes, at + 4)
      at += 4 + bytes.length
    }
    packed.set(new Uint8Array(this.#rows.buffer, 0, this.#count * ROW_BYTES), at)
    return packed
  }

  #grow(): void {
    const grown = new DataView(new ArrayBuffer(this.#rows.byteLength * 2))
    new Uint8Array(grown.buffer).set(new Uint8Array(this.#rows.buffer))
    this.#rows = grown
  }
}
