// Counts as bytes: what a commit saves of a store, and how it is read back. One entry holds the keys
// once and then a row per count, so that saving ten thousand counts is one write.
import { ByteBuffer } from '../topology/serdes/serde.ts'
import { CountRowReader, CountRowWriter, WideRowReader } from './count-rows.ts'
import { LONG_KEY } from './key-table.ts'
import { SAVED_COUNTS_MAX } from './saved-counts.ts'
import type { WindowCounts } from './window-counts.ts'

const VERSION = 2
/** Of before counts and lengths took as much as they need: it is still read. */
const WIDE_VERSION = 1
const HEADER_BYTES = 16

/**
 * Puts the counts of an entry back, later entries over earlier ones.
 * @param savedBytes of all entries that are restored: before the first of them room is made for as many counts.
 * @throws Error when the bytes are no such entry.
 */
export function restoreEntry(
  store: WindowCounts,
  entry: Uint8Array,
  savedBytes = entry.length,
): void {
  const view = new DataView(entry.buffer, entry.byteOffset, entry.byteLength)
  const version = entry.length < HEADER_BYTES ? -1 : view.getUint8(0)
  if (version !== VERSION && version !== WIDE_VERSION) {
    throw new Error(`store ${store.name}: a saved entry is not of a known version`)
  }
  const keyCount = view.getUint32(4, true)
  const rowCount = view.getUint32(8, true)
  const ids = new Int32Array(keyCount)
  const times = savedBytes / entry.length
  store.keys.reserve(Math.ceil(keyCount * times))
  store.reserve(Math.ceil(rowCount * times))
  const isWide = version === WIDE_VERSION
  const at = store.keys.restore(entry, view, HEADER_BYTES, ids, isWide)
  const rows = isWide ? new WideRowReader(view, at, ids) : new CountRowReader(view, at, ids)
  for (let left = rowCount; left > 0; left -= SAVED_COUNTS_MAX) {
    store.restore(rows.next(Math.min(left, SAVED_COUNTS_MAX)))
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
  readonly #rows = new CountRowWriter()
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
    this.#rows.begin()
    this.#count = 0
  }

  readonly #add = (entry: number): void => {
    const store = this.#store
    const keyId = store.keyIdOf(entry)
    let slot = this.#slotOf[keyId]!
    if (slot < 0) slot = this.#addKey(keyId)
    this.#rows.write(
      slot,
      store.windowStartOf(entry),
      store.countOf(entry),
      store.timestampOf(entry),
    )
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
    const bytes = this.#keys
    bytes.reserve(5 + length)
    bytes.bytes[bytes.position++] = Math.min(length, LONG_KEY)
    if (length >= LONG_KEY) {
      bytes.view.setUint32(bytes.position, length, true)
      bytes.position += 4
    }
    keys.write(keyId, bytes)
    this.#keyIds[this.#keyCount] = keyId
    return (this.#slotOf[keyId] = this.#keyCount++)
  }

  #pack(): Uint8Array {
    const keyBytes = this.#keys.position
    const rows = this.#rows.bytes
    const length = HEADER_BYTES + keyBytes + rows.length
    if (this.#packed.length < length) this.#packed = new Uint8Array(length * 2)
    const packed = this.#packed
    const view = new DataView(packed.buffer)
    view.setUint8(0, VERSION)
    view.setUint32(4, this.#keyCount, true)
    view.setUint32(8, this.#count, true)
    packed.set(this.#keys.bytes.subarray(0, keyBytes), HEADER_BYTES)
    packed.set(rows, HEADER_BYTES + keyBytes)
    for (let i = 0; i < this.#keyCount; i++) this.#slotOf[this.#keyIds[i]!] = -1
    return packed.subarray(0, length)
  }
}
