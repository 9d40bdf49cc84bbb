// The session store: values by key and session (Kafka's SessionStore). Keys lie in the bytes of Kafka's
// SessionKeySchema: key, end and start as int64. Sessions expire by their end.
import type { SessionStore, WindowEntry } from '../../topology/store-contracts.ts'
import type { TimeWindow, Windowed } from '../../topology/windows.ts'
import type { EntryList } from '../entry-list.ts'
import type { StoreSpec } from './memory-store.ts'
import { collect } from './order-reads.ts'
import { Scan } from './scan.ts'
import { readMs, TimedBound, TimedStore, writeMs } from './timed-store.ts'

const SUFFIX_BYTES = 16

/** What a session store is made of. */
export interface SessionStoreSpec<K, V> extends StoreSpec<K, V> {
  /**
   * How long sessions are kept after the latest end put, ms. Infinity where the owner says by
   * `expireThrough` what has expired.
   */
  readonly retentionMs: number
}

/** A session store in memory. */
export class MemorySessionStore<K, V> extends TimedStore<K, V> implements SessionStore<K, V> {
  constructor(spec: SessionStoreSpec<K, V>) {
    super(spec, SUFFIX_BYTES, spec.retentionMs)
  }

  /** Where the value of a session is, for `valueAt` and `update`; -1 for none. */
  find(key: K, startMs: number, endMs: number): number {
    if (this.isExpired(endMs)) return -1
    const end = this.#writeStoreKey(key, startMs, endMs)
    return this.table.find(this.key.bytes, 0, end)
  }

  /** The start of an entry's session, epoch ms. */
  startAt(entry: number): number {
    const { entries } = this.table
    return readMs(entries.pageOf(entry), entries.keyEnd(entry) - 8)
  }

  /** The end of an entry's session, epoch ms; it belongs to the session. */
  endAt(entry: number): number {
    return this.timeAt(entry)
  }

  fetchSession(key: K, startMs: number, endMs: number): V | undefined {
    const entry = this.find(key, startMs, endMs)
    return entry < 0 ? undefined : this.valueAt(entry)
  }

  put({ key, window }: Windowed<K>, value: V | null): boolean {
    return this.putSession(key, window, value)
  }

  /** As `put`, without a windowed key. */
  putSession(key: K, { startMs, endMs }: TimeWindow, value: V | null): boolean {
    if (!this.observe(endMs)) return false
    if (value === null) {
      this.#remove(key, startMs, endMs)
      return true
    }
    const keyEnd = this.#writeStoreKey(key, startMs, endMs)
    const valueEnd = this.writeValue(value)
    this.table.set(this.key.bytes, 0, keyEnd, this.value.bytes, valueEnd, endMs)
    return true
  }

  remove({ key, window }: Windowed<K>): void {
    this.#remove(key, window.startMs, window.endMs)
  }

  /** Adds the entries that `findSessions` gives to a list. */
  collect(list: EntryList, key: K, earliestEndMs: number, latestStartMs: number): void {
    const first = list.size
    const end = this.writeKey(key)
    this.boundAt(this.lower, end, Math.max(earliestEndMs, this.firstTimeMs))
    collect(this.keyOrder, list, this.lower, this.boundAt(this.upper, end, Infinity))
    let size = first
    for (let i = first; i < list.size; i++) {
      const entry = list.entries[i]!
      if (this.startAt(entry) <= latestStartMs) list.entries[size++] = entry
    }
    list.size = size
  }

  findSessions(key: K, earliestEndMs: number, latestStartMs: number) {
    return this.#scanKey(key, earliestEndMs, latestStartMs, false)
  }

  backwardFindSessions(key: K, earliestEndMs: number, latestStartMs: number) {
    return this.#scanKey(key, earliestEndMs, latestStartMs, true)
  }

  fetchSessions(key: K): IterableIterator<WindowEntry<K, V>> {
    return this.#scanKey(key, -Infinity, Infinity, false)
  }

  backwardFetchSessions(key: K): IterableIterator<WindowEntry<K, V>> {
    return this.#scanKey(key, -Infinity, Infinity, true)
  }

  fetchKeys(keyFrom?: K, keyTo?: K): IterableIterator<WindowEntry<K, V>> {
    return this.#scanKeys(keyFrom, keyTo, false)
  }

  backwardFetchKeys(keyFrom?: K, keyTo?: K): IterableIterator<WindowEntry<K, V>> {
    return this.#scanKeys(keyFrom, keyTo, true)
  }

  #scanKey(
    key: K,
    earliestEndMs: number,
    latestStartMs: number,
    isBackward: boolean,
  ): IterableIterator<WindowEntry<K, V>> {
    const end = this.writeKey(key)
    const from = this.boundAt(new TimedBound(), end, Math.max(earliestEndMs, this.firstTimeMs))
    const until = this.boundAt(new TimedBound(), end, Infinity)
    const read = (entry: number) =>
      this.startAt(entry) <= latestStartMs ? this.#read(entry) : undefined
    return new Scan(this.table, { order: this.keyOrder, from, until, isBackward, read })
  }

  #scanKeys(keyFrom: K | undefined, keyTo: K | undefined, isBackward: boolean) {
    const from = new TimedBound().atTime(this.firstTimeMs)
    const isWithin = this.keysBetween(keyFrom, keyTo)
    const read = (entry: number) => (isWithin(entry) ? this.#read(entry) : undefined)
    return new Scan(this.table, { order: this.timeOrder, from, isBackward, read })
  }

  readonly #read = (entry: number): WindowEntry<K, V> | undefined => {
    const endMs = this.endAt(entry)
    // The store may have gone on while a scan was under way.
    if (this.isExpired(endMs)) return undefined
    return {
      key: { key: this.keyAt(entry), window: { startMs: this.startAt(entry), endMs } },
      value: this.valueAt(entry),
      timestampMs: endMs,
    }
  }

  #remove(key: K, startMs: number, endMs: number): void {
    const entry = this.find(key, startMs, endMs)
    if (entry >= 0) this.table.remove(entry)
  }

  /** Writes the whole key into `key`. @returns where it ends. */
  #writeStoreKey(key: K, startMs: number, endMs: number): number {
    const end = this.writeKey(key)
    this.key.reserve(SUFFIX_BYTES)
    writeMs(this.key.bytes, end, endMs)
    writeMs(this.key.bytes, end + 8, startMs)
    return end + SUFFIX_BYTES
  }
}
