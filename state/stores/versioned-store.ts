// The versioned store: values by key with their history (Kafka's VersionedKeyValueStore, KIP-889). Each
// version is an entry with its time behind the key; a deletion is a version, too.
import type {
  VersionedKeyValueStore,
  VersionedPut,
  VersionedRecord,
} from '../../topology/store-contracts.ts'
import { EntryList } from '../entry-list.ts'
import { compareBytes } from './byte-arena.ts'
import { MemoryStore, type StoreSpec } from './memory-store.ts'
import { collect, collectAll, lastBefore } from './order-reads.ts'
import { readMs, TimedBound, writeMs } from './timed-store.ts'

const SUFFIX_BYTES = 8
/** The first byte of a version: even for deletions. */
const DELETED = 0
const VALUE = 1
/** A deletion put before a later version that was there. */
const DELETED_BEFORE = 2
/** A value put in the place of a deletion of the same time. */
const VALUE_OVER_DELETION = 3
/** History that has become too old is looked for once so many versions have been put, at least. */
const SWEEP_PUTS_MIN = 1_024

/** What a versioned store is made of. */
export interface VersionedStoreSpec<K, V> extends StoreSpec<K, V> {
  /** How long former versions can be read and older ones put, ms behind the latest time put. */
  readonly historyRetentionMs: number
}

/** A versioned store in memory. */
export class MemoryVersionedStore<K, V>
  extends MemoryStore<K, V>
  implements VersionedKeyValueStore<K, V>
{
  readonly #historyMs: number
  readonly #lower = new TimedBound()
  readonly #upper = new TimedBound()
  readonly #found = new EntryList()
  #putsSinceSweep = 0
  #sweepAfter = SWEEP_PUTS_MIN

  constructor(spec: VersionedStoreSpec<K, V>) {
    super(spec, SUFFIX_BYTES, (bytes, _start, end) => readMs(bytes, end - SUFFIX_BYTES))
    this.#historyMs = spec.historyRetentionMs
  }

  /** The latest time put, epoch ms; -1 before the first. */
  get timeMs(): number {
    return this.log.timeMs
  }

  put(key: K, value: V | null, timestampMs: number): VersionedPut {
    if (timestampMs < this.timeMs - this.#historyMs) return 'expired'
    if (timestampMs > this.timeMs) this.log.timeMs = timestampMs
    const keyEnd = this.writeKey(key)
    this.key.reserve(SUFFIX_BYTES)
    writeMs(this.key.bytes, keyEnd, timestampMs)
    const end = keyEnd + SUFFIX_BYTES
    const replaced = this.#kindOf(this.table.find(this.key.bytes, 0, end))
    const isTakenBack = value === null && replaced === VALUE
    const valueEnd = this.#writeVersion(
      value,
      this.#kindToPut(value, replaced, keyEnd, timestampMs),
    )
    this.table.set(this.key.bytes, 0, end, this.value.bytes, valueEnd, timestampMs)
    this.#collect(keyEnd, 0, Infinity)
    const latest = this.#found.entries[this.#found.size - 1]!
    const isLatest = this.#timeAt(latest) === timestampMs
    if (isLatest && isTakenBack) this.#takeBack(latest)
    this.#prune(0, this.#found.size)
    this.#sweepIfDue()
    return isLatest ? 'latest' : 'history'
  }

  /** Where the latest version of a key is, for `valueAt` and `timestampAt`; -1 where it has none or is deleted. */
  find(key: K): number {
    const entry = this.#lastBefore(this.writeKey(key), Infinity)
    return entry < 0 || this.#isDeletion(entry) ? -1 : entry
  }

  /** As `get`: what plain stores call it. */
  getWithTimestamp(key: K): VersionedRecord<V> | undefined {
    return this.get(key)
  }

  get(key: K): VersionedRecord<V> | undefined {
    return this.getAsOf(key, Infinity)
  }

  getAsOf(key: K, asOfMs: number): VersionedRecord<V> | undefined {
    const keyEnd = this.writeKey(key)
    const entry = this.#lastBefore(keyEnd, asOfMs + 1)
    if (entry < 0) return undefined
    const validToMs = this.#validTo(keyEnd, entry)
    // The latest version has no age; history has.
    if (validToMs !== undefined && asOfMs < this.timeMs - this.#historyMs) return undefined
    return this.#read(entry, validToMs)
  }

  versions(key: K, fromMs: number, toMs: number): VersionedRecord<V>[] {
    const keyEnd = this.writeKey(key)
    const historyFromMs = this.timeMs - this.#historyMs
    this.#collect(keyEnd, 0, Infinity)
    const versions: VersionedRecord<V>[] = []
    let validToMs: number | undefined
    for (let i = this.#found.size - 1; i >= 0; i--) {
      const entry = this.#found.entries[i]!
      const timestampMs = this.#timeAt(entry)
      const isOver = validToMs !== undefined && validToMs <= Math.max(fromMs, historyFromMs)
      if (isOver) break
      const version = timestampMs <= toMs ? this.#read(entry, validToMs) : undefined
      if (version !== undefined) versions.push(version)
      validToMs = timestampMs
    }
    return versions
  }

  deleteAsOf(key: K, timestampMs: number): VersionedRecord<V> | undefined {
    const held = this.getAsOf(key, timestampMs)
    this.put(key, null, timestampMs)
    return held
  }

  #timeAt(entry: number): number {
    return this.table.entries.timeOf(entry)
  }

  /** -1 where there is no entry. */
  #kindOf(entry: number): number {
    const { entries } = this.table
    return entry < 0 ? -1 : entries.pageOf(entry)[entries.keyEnd(entry)]!
  }

  #kindToPut(value: V | null, replaced: number, keyEnd: number, timestampMs: number): number {
    if (value !== null) return replaced === -1 || replaced === VALUE ? VALUE : VALUE_OVER_DELETION
    const latest = this.#lastBefore(keyEnd, Infinity)
    return latest >= 0 && this.#timeAt(latest) > timestampMs ? DELETED_BEFORE : DELETED
  }

  /**
   * The latest of the found versions, a value, was deleted as of its own time: as in Kafka's store it is as
   * though it had never been, unless something before it is kept as having ended then.
   */
  #takeBack(latest: number): void {
    const found = this.#found
    const before = found.size < 2 ? -1 : found.entries[found.size - 2]!
    if (before >= 0 && this.#kindOf(before) !== DELETED) return
    this.table.remove(latest)
    found.size -= 1
  }

  #isDeletion(entry: number): boolean {
    return isDeletion(this.#kindOf(entry))
  }

  override valueAt(entry: number): V {
    const { entries } = this.table
    const start = entries.keyEnd(entry) + 1
    return this.valueSerde.deserialize(entries.pageOf(entry), start, entries.valueEnd(entry))
  }

  #read(entry: number, validToMs: number | undefined): VersionedRecord<V> | undefined {
    if (this.#isDeletion(entry)) return undefined
    return { value: this.valueAt(entry), timestampMs: this.#timeAt(entry), validToMs }
  }

  #writeVersion(value: V | null, kind: number): number {
    const { value: buffer } = this
    buffer.position = 0
    buffer.reserve(1)
    buffer.bytes[0] = kind
    buffer.position = 1
    if (value !== null) this.valueSerde.serialize(value, buffer)
    return buffer.position
  }

  /** Finds the versions of the key in `key` from one time to another, that one left out. */
  #collect(keyEnd: number, fromMs: number, untilMs: number): void {
    this.#found.size = 0
    this.#lower.atKey(this.key.bytes, keyEnd, fromMs, SUFFIX_BYTES)
    this.#upper.atKey(this.key.bytes, keyEnd, untilMs, SUFFIX_BYTES)
    collect(this.keyOrder, this.#found, this.#lower, this.#upper)
  }

  /** The last version of the key in `key` before a time, -1 where there is none. */
  #lastBefore(keyEnd: number, untilMs: number): number {
    this.#upper.atKey(this.key.bytes, keyEnd, untilMs, SUFFIX_BYTES)
    const entry = lastBefore(this.keyOrder, this.#upper)
    return entry >= 0 && this.#isOfKey(entry, keyEnd) ? entry : -1
  }

  /** When the version after this one took over. */
  #validTo(keyEnd: number, entry: number): number | undefined {
    this.#collect(keyEnd, this.#timeAt(entry) + 1, Infinity)
    return this.#found.size === 0 ? undefined : this.#timeAt(this.#found.entries[0]!)
  }

  #isOfKey(entry: number, keyEnd: number): boolean {
    const { entries } = this.table
    const end = entries.keyEnd(entry) - SUFFIX_BYTES
    const start = entries.keyStart(entry)
    return compareBytes(entries.pageOf(entry), start, end, this.key.bytes, 0, keyEnd) === 0
  }

  /** Deletes what no reader can see among the found versions of one key, given from the earliest on. */
  #prune(from: number, until: number): void {
    const overMs = this.timeMs - this.#historyMs
    const { entries } = this.#found
    for (let i = from; i < until; i++) {
      const entry = entries[i]!
      const isLast = i + 1 === until
      // A version that is the last one is over only when it is a deletion.
      const isOver = isLast
        ? this.#isDeletion(entry) && this.#timeAt(entry) <= overMs
        : this.#timeAt(entries[i + 1]!) <= overMs
      if (!isOver) return
      this.table.remove(entry)
    }
  }

  /** Keys that are not put any more have history, too. */
  #sweepIfDue(): void {
    this.#putsSinceSweep += 1
    if (this.#putsSinceSweep < this.#sweepAfter) return
    this.#putsSinceSweep = 0
    const found = this.#found
    found.size = 0
    collectAll(this.keyOrder, found)
    for (let from = 0; from < found.size;) {
      let until = from + 1
      while (until < found.size && this.#haveOneKey(found.entries[from]!, found.entries[until]!)) {
        until += 1
      }
      this.#prune(from, until)
      from = until
    }
    this.#sweepAfter = Math.max(SWEEP_PUTS_MIN, this.rows)
  }

  #haveOneKey(one: number, other: number): boolean {
    const { entries } = this.table
    const start = entries.keyStart(one)
    const end = entries.keyEnd(one) - SUFFIX_BYTES
    const otherStart = entries.keyStart(other)
    const otherEnd = entries.keyEnd(other) - SUFFIX_BYTES
    const [page, otherPage] = [entries.pageOf(one), entries.pageOf(other)]
    return compareBytes(page, start, end, otherPage, otherStart, otherEnd) === 0
  }
}

const isDeletion = (kind: number): boolean => kind === DELETED || kind === DELETED_BEFORE
