// What window and session stores share: keys that end in times, an own time that only rises, and what
// has expired by it. Expired entries are hidden at once and given up without a trace in the log.
import { ByteBuffer } from '../../topology/serdes/serde.ts'
import { EntryList } from '../entry-list.ts'
import type { OrderBound } from './entry-order.ts'
import { MemoryStore, type StoreSpec } from './memory-store.ts'
import { collect, firstOf, lastOf } from './order-reads.ts'

/** The latest time that a key may bear; what is later is cut to it. Epoch ms. */
const LATEST_MS = Number.MAX_SAFE_INTEGER

/** Bounds of an order, for keys that end in two numbers. */
export class TimedBound implements OrderBound {
  timeMs = 0
  readonly #buffer = new ByteBuffer()

  get bytes(): Uint8Array {
    return this.#buffer.bytes
  }

  get length(): number {
    return this.#buffer.position
  }

  /** Before all keys of a time. */
  atTime(timeMs: number): this {
    this.timeMs = timeMs
    this.#buffer.position = 0
    return this
  }

  /** At a key, given as `bytes` up to `end`, and the time behind it; before all that follows the time. */
  atKey(bytes: Uint8Array, end: number, timeMs: number, suffixBytes: number): this {
    this.timeMs = 0
    const buffer = this.#buffer
    buffer.position = 0
    buffer.reserve(end + suffixBytes)
    for (let i = 0; i < end; i++) buffer.bytes[i] = bytes[i]!
    writeMs(buffer.bytes, end, timeMs)
    buffer.bytes.fill(0, end + 8, end + suffixBytes)
    buffer.position = end + suffixBytes
    return this
  }
}

/** A store whose keys end in times, the first of which orders and expires them. */
export abstract class TimedStore<K, V> extends MemoryStore<K, V> {
  readonly #retentionMs: number
  readonly #timedSuffixBytes: number
  /** Entries up to this time have expired. */
  #expiredThroughMs = -Infinity
  /** No entry held is earlier. */
  #earliestMs = Infinity
  readonly #expired = new EntryList()
  protected readonly lower = new TimedBound()
  protected readonly upper = new TimedBound()

  /** @param retentionMs after which entries expire; Infinity leaves that to the owner. */
  protected constructor(spec: StoreSpec<K, V>, suffixBytes: number, retentionMs: number) {
    super(spec, suffixBytes, (bytes, _start, end) => readMs(bytes, end - suffixBytes))
    this.#retentionMs = retentionMs
    this.#timedSuffixBytes = suffixBytes
  }

  /**
   * The time that the owner has observed, epoch ms, -1 before the first: it is saved with the store.
   * A store with a retention sets it by what is put.
   */
  get timeMs(): number {
    return this.log.timeMs
  }

  set timeMs(timeMs: number) {
    this.log.timeMs = timeMs
  }

  override restore(entry: Uint8Array, savedBytes?: number): void {
    super.restore(entry, savedBytes)
    this.#earliestMs = -Infinity
    // What the owner had given up stays so, though entries of it may be in the log.
    this.expireThrough(Math.max(this.log.mark, this.timeMs - this.#retentionMs))
  }

  /** Hides entries of this time and earlier from now on, and gives them up. */
  expireThrough(timeMs: number): void {
    if (timeMs > this.#expiredThroughMs) this.#expiredThroughMs = this.log.mark = timeMs
    else if (this.#earliestMs !== -Infinity) return
    if (this.#expiredThroughMs < this.#earliestMs) return
    const expired = this.#expired
    expired.size = 0
    const until = this.upper.atTime(this.#expiredThroughMs + 1)
    collect(this.timeOrder, expired, this.lower.atTime(-Infinity), until)
    // They are the first by time.
    this.timeOrder.dropFirst(expired.size)
    for (let i = 0; i < expired.size; i++) this.table.forget(expired.entries[i]!)
    const first = firstOf(this.timeOrder)
    this.#earliestMs = first < 0 ? Infinity : this.table.entries.timeOf(first)
  }

  /** The time of an entry by which it expires, epoch ms. */
  timeAt(entry: number): number {
    return this.table.entries.timeOf(entry)
  }

  /** The latest time of an entry, -1 where there is none. */
  get latestMs(): number {
    const last = lastOf(this.timeOrder)
    return last < 0 ? -1 : this.table.entries.timeOf(last)
  }

  /** Adds the entries from one time to another, that one left out, to a list, by (time, key). */
  collectTimes(list: EntryList, fromMs: number, untilMs: number): void {
    collect(this.timeOrder, list, this.lower.atTime(fromMs), this.upper.atTime(untilMs))
  }

  /** Whether a time has expired. */
  protected isExpired(timeMs: number): boolean {
    return timeMs <= this.#expiredThroughMs
  }

  /** The first time that has not expired. */
  protected get firstTimeMs(): number {
    return this.#expiredThroughMs + 1
  }

  /** Observes the time of what is to be put. @returns false when it has expired. */
  protected observe(timeMs: number): boolean {
    if (this.#retentionMs !== Infinity && timeMs > this.timeMs) {
      this.timeMs = timeMs
      this.expireThrough(timeMs - this.#retentionMs)
    }
    if (this.isExpired(timeMs)) return false
    if (timeMs < this.#earliestMs) this.#earliestMs = timeMs
    return true
  }

  /** A bound at the key in `key` up to `end`. */
  protected boundAt(bound: TimedBound, end: number, timeMs: number): TimedBound {
    return bound.atKey(this.key.bytes, end, timeMs, this.#timedSuffixBytes)
  }
}

/** Writes a time as Kafka does: int64, big endian. What is no time of an event is cut to the nearest. */
export function writeMs(bytes: Uint8Array, at: number, timeMs: number): void {
  const ms = Math.min(Math.max(timeMs, 0), LATEST_MS)
  writeUint32(bytes, at, Math.floor(ms / 0x1_0000_0000))
  writeUint32(bytes, at + 4, ms % 0x1_0000_0000)
}

/** Reads what `writeMs` wrote. */
export function readMs(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) * 0x1_0000_0000 + readUint32(bytes, at + 4)
}

/** Writes a number below 2 ** 32, big endian. */
export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

function readUint32(bytes: Uint8Array, at: number): number {
  const low = (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
  return bytes[at]! * 0x100_0000 + low
}
