// Counts as bytes: what a commit saves of a store, and how it is read back. One entry holds the keys
// once and then a row per count, so that saving ten thousand counts is one write.
import { ByteBuffer } from '../topology/serdes/serde.ts'
import type { WindowCounts } from './window-counts.ts'

const VERSION = 1
const HEADER_BYTES = 16
const ROW_BYTES = 28
/** Room that is begun with: there is a store for each of a thousand partitions. */
const ROWS_MIN = 16

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
  const ids = new Int32Array(keyCount)
  store.keys.reserve(keyCount)
  store.reserve(rowCount)
  let at = store.keys.restore(entry, view, HEADER_BYTES, ids)
  for (let i = 0; i < rowCount; i++, at += ROW_BYTES) {
    store.restore(
      view.getFloat64(at, true),
      ids[view.getUint32(at + 24, true)]!,
      view.getFloat64(at + 8, true),
      view.getFloat64(at + 16, true),
    )
  }
}

/** Packs the counts of one store for its commits. What it packs is valid until it packs again. */
export class CountPacker {
  readonly #store: WindowCounts
  /** Place of a key in the entry in work, by key id; -1 where it has none. */
  #slotOf = new Int32Array(0)
  #keyIds = new Int32Array(64)
  #keyCount = 0
  readonly #keys = new ByteBuffer()
  #rows = new DataView(new ArrayBuffer(ROWS_MIN * ROW_BYTES))
  #count = 0
  #changed = 0
  #packed = new Uint8Array(1_024)

  constructor(store: WindowCounts) {
    this.#store = store
  }

  /** How many counts had changed at the last call of either kind. */
  get changedRows(): number {
    return this.#changed
  }

  /** The counts changed since the last call as one entry, or undefined when there are none. */
  packUnsaved(): Uint8Array | undefined {
    this.#begin()
    this.#store.drainUnsaved(this.#add)
    this.#changed = this.#count
    return this.#count === 0 ? undefined : this.#pack()
  }

  /** Everything that the store holds as one entry; what was unsaved is saved with it. */
  packSnapshot(): Uint8Array {
    this.#begin()
    this.#changed = 0
    this.#store.drainUnsaved(() => (this.#changed += 1))
    this.#store.forEach(this.#add)
    return this.#pack()
  }

  #begin(): void {
    const { end } = this.#store.keys
    if (this.#slotOf.length < end) this.#slotOf = new Int32Array(end * 2).fill(-1)
    this.#keyCount = 0
    this.#keys.position = 0
    this.#count = 0
  }

  readonly #add = (entry: number): void => {
    const store = this.#store
    const keyId = store.keyIdOf(entry)
    let slot = this.#slotOf[keyId]!
    if (slot < 0) slot = this.#addKey(keyId)
    if ((this.#count + 1) * ROW_BYTES > this.#rows.byteLength) this.#grow()
    const at = this.#count * ROW_BYTES
    const rows = this.#rows
    rows.setFloat64(at, store.windowStartOf(entry), true)
    rows.setFloat64(at + 8, store.countOf(entry), true)
    rows.setFloat64(at + 16, store.timestampOf(entry), true)
    rows.setUint32(at + 24, slot, true)
    this.#count += 1
  }

  #addKey(keyId: number): number {
    if (this.#keyCount === this.#keyIds.length) {
      const grown = new Int32Array(this.#keyCount * 2)
      grown.set(this.#keyIds)
      this.#keyIds = grown
    }
    const { keys } = this.#store
    const length = keys.lengthOf(keyId)
    this.#keys.reserve(4 + length)
    this.#keys.view.setUint32(this.#keys.position, length, true)
    this.#keys.position += 4
    keys.write(keyId, this.#keys)
    this.#keyIds[this.#keyCount] = keyId
    return (this.#slotOf[keyId] = this.#keyCount++)
  }

  #pack(): Uint8Array {
    const keyBytes = this.#keys.position
    const rowBytes = this.#count * ROW_BYTES
    const length = HEADER_BYTES + keyBytes + rowBytes
    if (this.#packed.length < length) this.#packed = new Uint8Array(length * 2)
    const packed = this.#packed
    const view = new DataView(packed.buffer)
    view.setUint8(0, VERSION)
    view.setUint32(4, this.#keyCount, true)
    view.setUint32(8, this.#count, true)
    packed.set(this.#keys.bytes.subarray(0, keyBytes), HEADER_BYTES)
    packed.set(new Uint8Array(this.#rows.buffer, 0, rowBytes), HEADER_BYTES + keyBytes)
    for (let i = 0; i < this.#keyCount; i++) this.#slotOf[this.#keyIds[i]!] = -1
    return packed.subarray(0, length)
  }

  #grow(): void {
    const grown = new DataView(new ArrayBuffer(this.#rows.byteLength * 2))
    new Uint8Array(grown.buffer).set(new Uint8Array(this.#rows.buffer))
    this.#rows = grown
  }
}
