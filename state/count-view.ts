// Counts per key and window as a window store that can be read: for queries and tests, not for speed; each
// call goes over all that is held.
import type { ReadOnlyWindowStore, WindowEntry } from '../topology/store-contracts.ts'
import { ByteBuffer, type Serde } from '../topology/serdes/serde.ts'
import type { WindowCounts } from './window-counts.ts'

interface Found<K> {
  readonly bytes: Uint8Array
  readonly entry: WindowEntry<K, number>
}

/** A view of counts; scans as of any window store. */
export class CountView<K> implements ReadOnlyWindowStore<K, number> {
  readonly name: string
  readonly #counts: WindowCounts

  constructor(counts: WindowCounts) {
    this.name = counts.name
    this.#counts = counts
  }

  fetch(key: K, startMs: number): number | undefined {
    const [found] = this.#find(key, key, startMs, startMs)
    return found?.value
  }

  fetchRange(key: K, fromMs: number, toMs: number): IterableIterator<WindowEntry<K, number>> {
    return this.#find(key, key, fromMs, toMs).values()
  }

  backwardFetchRange(key: K, fromMs: number, toMs: number) {
    return this.#find(key, key, fromMs, toMs).reverse().values()
  }

  fetchKeys(keyFrom: K | undefined, keyTo: K | undefined, fromMs: number, toMs: number) {
    return this.#find(keyFrom, keyTo, fromMs, toMs).values()
  }

  backwardFetchKeys(keyFrom: K | undefined, keyTo: K | undefined, fromMs: number, toMs: number) {
    return this.#find(keyFrom, keyTo, fromMs, toMs).reverse().values()
  }

  fetchAll(fromMs: number, toMs: number): IterableIterator<WindowEntry<K, number>> {
    return this.#find(undefined, undefined, fromMs, toMs).values()
  }

  backwardFetchAll(fromMs: number, toMs: number): IterableIterator<WindowEntry<K, number>> {
    return this.#find(undefined, undefined, fromMs, toMs).reverse().values()
  }

  all(): IterableIterator<WindowEntry<K, number>> {
    return this.fetchAll(-Infinity, Infinity)
  }

  backwardAll(): IterableIterator<WindowEntry<K, number>> {
    return this.backwardFetchAll(-Infinity, Infinity)
  }

  /** By (start, key), what lies within both bounds; undefined leaves a side open. */
  #find(
    keyFrom: K | undefined,
    keyTo: K | undefined,
    fromMs: number,
    toMs: number,
  ): WindowEntry<K, number>[] {
    const counts = this.#counts
    const [lower, upper] = [this.#bytesOf(keyFrom), this.#bytesOf(keyTo)]
    const found: Found<K>[] = []
    counts.forEach((entry) => {
      const window = counts.windowOf(entry)
      if (window.startMs < fromMs || window.startMs > toMs) return
      const keyId = counts.keyIdOf(entry)
      const bytes = counts.keys.bytesOf(keyId).slice()
      if (lower !== undefined && Buffer.compare(bytes, lower) < 0) return
      if (upper !== undefined && Buffer.compare(bytes, upper) > 0) return
      const key = { key: counts.keys.valueOf(keyId) as K, window }
      const [value, timestampMs] = [counts.countOf(entry), counts.timestampOf(entry)]
      found.push({ bytes, entry: { key, value, timestampMs } })
    })
    found.sort((one, other) => {
      const starts = one.entry.key.window.startMs - other.entry.key.window.startMs
      return starts === 0 ? Buffer.compare(one.bytes, other.bytes) : starts
    })
    return found.map(({ entry }) => entry)
  }

  #bytesOf(key: K | undefined): Uint8Array | undefined {
    if (key === undefined) return undefined
    const buffer = new ByteBuffer()
    ;(this.#counts.keys.serde as Serde<K>).serialize(key, buffer)
    return buffer.take()
  }
}
