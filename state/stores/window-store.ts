// The window store: values by key and start of a window (Kafka's WindowStore). Keys lie in the bytes of
// Kafka's WindowKeySchema: key, start as int64, number among duplicates as int32.
import type { WindowEntry, WindowStore } from '../../topology/store-contracts.ts'
import type { EntryList } from '../entry-list.ts'
import type { EntryOrder } from './entry-order.ts'
import type { StoreSpec } from './memory-store.ts'
import { collect } from './order-reads.ts'
import { Scan } from './scan.ts'
import { TimedBound, TimedStore, writeMs, writeUint32 } from './timed-store.ts'

const SUFFIX_BYTES = 12
const SEQUENCES = 0x8000_0000

/** What a window store is made of. */
export interface WindowStoreSpec<K, V> extends StoreSpec<K, V> {
  /** Size of the windows, ms: what their ends are read from. */
  readonly sizeMs: number
  /** The end of the window that starts at a time, where not all have one size. */
  readonly endOf?: ((startMs: number) => number) | undefined
  /**
   * How long windows are kept after the latest start put, ms. Infinity where the owner says by
   * `expireThrough` what has expired.
   */
  readonly retentionMs: number
  /** Whether several values with the same key and start stay beside each other: the buffers of joins. */
  readonly retainDuplicates?: boolean
}

/** A window store in memory. */
export class MemoryWindowStore<K, V> extends TimedStore<K, V> implements WindowStore<K, V> {
  readonly #endOf: (startMs: number) => number
  readonly #retainDuplicates: boolean

  constructor(spec: WindowStoreSpec<K, V>) {
    super(spec, SUFFIX_BYTES, spec.retentionMs)
    this.#endOf = spec.endOf ?? ((startMs) => startMs + spec.sizeMs)
    this.#retainDuplicates = spec.retainDuplicates ?? false
  }

  /** Where the value of a key in a window is, for `valueAt`, `timestampAt` and `update`; -1 for none. */
  find(key: K, startMs: number): number {
    if (this.isExpired(startMs)) return -1
    const end = this.#writeStoreKey(key, startMs, 0)
    return this.table.find(this.key.bytes, 0, end)
  }

  /** The start of an entry's window, epoch ms. */
  startAt(entry: number): number {
    return this.timeAt(entry)
  }

  fetch(key: K, startMs: number): V | undefined {
    const entry = this.find(key, startMs)
    return entry < 0 ? undefined : this.valueAt(entry)
  }

  put(key: K, value: V | null, startMs: number, timestampMs = startMs): boolean {
    if (!this.observe(startMs)) return false
    if (value === null) {
      const entry = this.#retainDuplicates ? -1 : this.find(key, startMs)
      if (entry >= 0) this.table.remove(entry)
      return true
    }
    const keyEnd = this.#writeStoreKey(key, startMs, this.#nextSequence())
    const valueEnd = this.writeValue(value)
    this.table.set(this.key.bytes, 0, keyEnd, this.value.bytes, valueEnd, timestampMs)
    return true
  }

  /** Adds the entries of a key from one start to another, both inclusive, to a list, the earliest first. */
  collect(list: EntryList, key: K, fromMs: number, toMs: number): void {
    const end = this.writeKey(key)
    this.boundAt(this.lower, end, Math.max(fromMs, this.firstTimeMs))
    if (toMs < 0) return
    collect(this.keyOrder, list, this.lower, this.boundAt(this.upper, end, toMs + 1))
  }

  fetchRange(key: K, fromMs: number, toMs: number): IterableIterator<WindowEntry<K, V>> {
    return this.#scanKey(key, fromMs, toMs, false)
  }

  backwardFetchRange(key: K, fromMs: number, toMs: number): IterableIterator<WindowEntry<K, V>> {
    return this.#scanKey(key, fromMs, toMs, true)
  }

  fetchKeys(
    keyFrom: K | undefined,
    keyTo: K | undefined,
    fromMs: number,
    toMs: number,
  ): IterableIterator<WindowEntry<K, V>> {
    return this.#scanTimes(fromMs, toMs, false, this.#readKeys(keyFrom, keyTo))
  }

  backwardFetchKeys(
    keyFrom: K | undefined,
    keyTo: K | undefined,
    fromMs: number,
    toMs: number,
  ): IterableIterator<WindowEntry<K, V>> {
    return this.#scanTimes(fromMs, toMs, true, this.#readKeys(keyFrom, keyTo))
  }

  fetchAll(fromMs: number, toMs: number): IterableIterator<WindowEntry<K, V>> {
    return this.#scanTimes(fromMs, toMs, false, this.#read)
  }

  backwardFetchAll(fromMs: number, toMs: number): IterableIterator<WindowEntry<K, V>> {
    return this.#scanTimes(fromMs, toMs, true, this.#read)
  }

  all(): IterableIterator<WindowEntry<K, V>> {
    return this.#scanTimes(-Infinity, Infinity, false, this.#read)
  }

  backwardAll(): IterableIterator<WindowEntry<K, V>> {
    return this.#scanTimes(-Infinity, Infinity, true, this.#read)
  }

  #scanKey(key: K, fromMs: number, toMs: number, isBackward: boolean) {
    const end = this.writeKey(key)
    const from = this.boundAt(new TimedBound(), end, Math.max(fromMs, this.firstTimeMs))
    const until = this.boundAt(new TimedBound(), end, toMs < 0 ? 0 : toMs + 1)
    return this.#scan(this.keyOrder, from, until, isBackward, this.#read)
  }

  #scanTimes(fromMs: number, toMs: number, isBackward: boolean, read: Reader<K, V>) {
    const from = new TimedBound().atTime(Math.max(fromMs, this.firstTimeMs))
    const until = new TimedBound().atTime(toMs + 1)
    return this.#scan(this.timeOrder, from, until, isBackward, read)
  }

  #scan(
    order: EntryOrder,
    from: TimedBound,
    until: TimedBound,
    isBackward: boolean,
    read: Reader<K, V>,
  ): IterableIterator<WindowEntry<K, V>> {
    return new Scan(this.table, { order, from, until, isBackward, read })
  }

  readonly #read = (entry: number): WindowEntry<K, V> | undefined => {
    const startMs = this.startAt(entry)
    // The store may have gone on while a scan was under way.
    if (this.isExpired(startMs)) return undefined
    return {
      key: { key: this.keyAt(entry), window: { startMs, endMs: this.#endOf(startMs) } },
      value: this.valueAt(entry),
      timestampMs: this.timestampAt(entry),
    }
  }

  /** Reads entries of some keys only. */
  #readKeys(keyFrom: K | undefined, keyTo: K | undefined): Reader<K, V> {
    const isWithin = this.keysBetween(keyFrom, keyTo)
    return (entry) => (isWithin(entry) ? this.#read(entry) : undefined)
  }

  #nextSequence(): number {
    if (!this.#retainDuplicates) return 0
    this.log.sequence = (this.log.sequence + 1) % SEQUENCES
    return this.log.sequence
  }

  /** Writes the whole key into `key`. @returns where it ends. */
  #writeStoreKey(key: K, startMs: number, sequence: number): number {
    const end = this.writeKey(key)
    this.key.reserve(SUFFIX_BYTES)
    writeMs(this.key.bytes, end, startMs)
    writeUint32(this.key.bytes, end + 8, sequence)
    return end + SUFFIX_BYTES
  }
}

type Reader<K, V> = (entry: number) => WindowEntry<K, V> | undefined
