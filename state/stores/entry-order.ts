// The entries of a byte table in the order of their time and key. Entries wait unsorted until somebody asks, so
// that a store nobody scans pays nothing.
import { EntryList } from '../entry-list.ts'
import { compareBytes } from './byte-arena.ts'
import { EntryBlocks, type Block, type OrderPlace } from './entry-blocks.ts'
import { sortGathered } from './entry-sort.ts'
import { ORDER_FLAGS, type ByteTable, type EntryOrder as Order } from './byte-table.ts'

/** Waiting entries beyond this share of the sorted ones are sorted all at once. */
const REBUILD_SHARE = 8
const WAITING_MAX = 65_536
/** So far from where something was looked for an entry to be taken out is looked for one by one. */
const NEAR_ENTRIES = 8

/** A time and key to stand before or behind; without times the order ignores the time. */
export interface OrderBound {
  readonly timeMs: number
  readonly bytes: Uint8Array
  readonly length: number
}

/** What makes the order. */
export interface OrderSpec {
  /** Its number among the orders of its table. */
  readonly index: 0 | 1
  /** Whether the time comes before the key. */
  readonly byTime: boolean
  /** Bytes at the end of each key that are compared last: the times of a window behind its key. */
  readonly suffixBytes: number
}

/** Order by (time, key, suffix) or by (key, suffix), all as unsigned bytes. */
export class EntryOrder implements Order {
  /** Goes up when places change their meaning. */
  version = 0
  readonly #table: ByteTable
  readonly #byTime: boolean
  readonly #suffixBytes: number
  readonly #waitingFlag: number
  readonly #sortedFlag: number
  readonly #waiting = new EntryList()
  readonly #blocks = new EntryBlocks()
  /** Where something was last looked for or changed: what comes next is often there. It may be no place any more. */
  readonly #near: OrderPlace = { block: 0, slot: 0 }

  constructor(table: ByteTable, { index, byTime, suffixBytes }: OrderSpec) {
    this.#table = table
    this.#byTime = byTime
    this.#suffixBytes = suffixBytes
    this.#waitingFlag = ORDER_FLAGS << (2 * index)
    this.#sortedFlag = this.#waitingFlag << 1
    table.addOrder(this)
  }

  get sizeBytes(): number {
    return this.#blocks.sizeBytes + this.#waiting.entries.byteLength
  }

  added(entry: number): void {
    const { entries } = this.#table
    entries.setFlags(entry, entries.flagsOf(entry) | this.#waitingFlag)
    this.#waiting.push(entry)
    // Where entries come and go and nobody asks, the list must not grow for ever.
    if (this.#waiting.size > Math.max(WAITING_MAX, 2 * this.#blocks.size)) this.settle()
  }

  removed(entry: number): void {
    const { entries } = this.#table
    const flags = entries.flagsOf(entry)
    // One that waits is known by its flag, which goes with it.
    entries.setFlags(entry, flags & ~(this.#waitingFlag | this.#sortedFlag))
    if ((flags & this.#sortedFlag) === 0) return
    const near = this.#near
    if (!this.#isNear(entry)) {
      near.block = this.#blockOf(entry)
      near.slot = this.#slotIn(this.#blocks.at(near.block)!, entry)
    }
    this.#blocks.remove(near)
    this.version += 1
  }

  /** Lets the first entries go; they are to be taken out of their table, too. Nothing may wait. */
  dropFirst(count: number): void {
    const { entries } = this.#table
    const flags = ~(this.#waitingFlag | this.#sortedFlag)
    this.#blocks.dropFirst(count, (entry) =>
      entries.setFlags(entry, entries.flagsOf(entry) & flags),
    )
    this.version += 1
  }

  /** Puts waiting entries in their places. Call it before places are used. */
  settle(): void {
    const { entries, size } = this.#waiting
    if (size === 0) return
    this.#waiting.size = 0
    this.version += 1
    if (size > 16 && size * REBUILD_SHARE > this.#blocks.size) {
      this.#rebuild(entries.subarray(0, size))
      return
    }
    for (let i = 0; i < size; i++) if (this.#takeWaiting(entries[i]!)) this.#insert(entries[i]!)
  }

  /** The place before the first entry at or after a time and key. */
  seek(place: OrderPlace, timeMs: number, key: Uint8Array, start: number, end: number): void {
    const blocks = this.#blocks
    let low = 0
    let high = blocks.count
    while (low < high) {
      const middle = (low + high) >>> 1
      const { entries, size } = blocks.at(middle)!
      if (this.compareTo(entries[size - 1]!, timeMs, key, start, end) < 0) low = middle + 1
      else high = middle
    }
    place.block = low
    place.slot =
      low === blocks.count ? 0 : this.#lowerBound(blocks.at(low)!, timeMs, key, start, end)
    this.#near.block = place.block
    this.#near.slot = place.slot
  }

  /** The place before all entries. */
  seekFirst(place: OrderPlace): void {
    place.block = 0
    place.slot = 0
  }

  /** The place behind all entries. */
  seekLast(place: OrderPlace): void {
    place.block = this.#blocks.count
    place.slot = 0
  }

  /** The entry behind a place, which moves on behind it; -1 at the end. */
  next(place: OrderPlace): number {
    return this.#blocks.next(place)
  }

  /** The entry before a place, which moves back before it; -1 at the beginning. */
  previous(place: OrderPlace): number {
    return this.#blocks.previous(place)
  }

  /** Where an entry stands to a time and key: below, at or above 0. */
  compareTo(entry: number, timeMs: number, key: Uint8Array, start: number, end: number): number {
    const { entries } = this.#table
    if (this.#byTime) {
      const entryTimeMs = entries.timeOf(entry)
      if (entryTimeMs !== timeMs) return entryTimeMs < timeMs ? -1 : 1
    }
    const page = entries.pageOf(entry)
    const from = entries.keyStart(entry)
    const to = entries.keyEnd(entry)
    const suffix = this.#suffixBytes
    if (suffix === 0) return compareBytes(page, from, to, key, start, end)
    const byKey = compareBytes(page, from, to - suffix, key, start, end - suffix)
    return byKey !== 0 ? byKey : compareBytes(page, to - suffix, to, key, end - suffix, end)
  }

  #compare(one: number, other: number): number {
    const { entries } = this.#table
    const start = entries.keyStart(other)
    const end = entries.keyEnd(other)
    return this.compareTo(one, entries.timeOf(other), entries.pageOf(other), start, end)
  }

  /** Whether an entry that waited is still to be put in its place. */
  #takeWaiting(entry: number): boolean {
    const { entries } = this.#table
    const flags = entries.flagsOf(entry)
    if ((flags & this.#waitingFlag) === 0) return false
    entries.setFlags(entry, (flags & ~this.#waitingFlag) | this.#sortedFlag)
    return true
  }

  /** Whether an entry is at the place last used or a few behind it; then that is its place. */
  #isNear(entry: number): boolean {
    const near = this.#near
    const block = this.#blocks.at(near.block)
    if (block === undefined) return false
    const end = Math.min(block.size, near.slot + NEAR_ENTRIES)
    for (let slot = near.slot; slot < end; slot++) {
      if (block.entries[slot] !== entry) continue
      near.slot = slot
      return true
    }
    return false
  }

  /** Whether an entry belongs at the place last used, and there is room. */
  #fitsNear(entry: number): boolean {
    const { block: blockIndex, slot } = this.#near
    const block = this.#blocks.at(blockIndex)
    if (block === undefined || this.#blocks.isFull(block) || slot > block.size) return false
    if (slot === 0 ? blockIndex > 0 : this.#compare(block.entries[slot - 1]!, entry) >= 0)
      return false
    if (slot === block.size) return blockIndex === this.#blocks.count - 1
    return this.#compare(block.entries[slot]!, entry) > 0
  }

  #insert(entry: number): void {
    const blocks = this.#blocks
    if (this.#fitsNear(entry)) {
      const { block, slot } = this.#near
      blocks.insert(blocks.at(block)!, slot, entry)
      return
    }
    const index = Math.min(this.#blockOf(entry), Math.max(0, blocks.count - 1))
    const found = blocks.at(index) ?? blocks.push()
    const block = blocks.isFull(found) ? this.#split(found, index, entry) : found
    blocks.insert(block, this.#slotIn(block, entry), entry)
  }

  /** Makes room for an entry; what comes in ascending order leaves full blocks behind. */
  #split(block: Block, index: number, entry: number): Block {
    const blocks = this.#blocks
    const isLast = index === blocks.count - 1
    if (isLast && this.#compare(block.entries[block.size - 1]!, entry) < 0) return blocks.push()
    const kept = block.size >>> 1
    const other = blocks.split(index, kept)
    return this.#compare(block.entries[kept - 1]!, entry) < 0 ? other : block
  }

  #rebuild(waiting: Int32Array): void {
    const all = new Int32Array(this.#blocks.size + waiting.length)
    let size = this.#blocks.copyTo(all)
    for (const entry of waiting) if (this.#takeWaiting(entry)) all[size++] = entry
    const sorted = all.subarray(0, size)
    if (this.#table.entries.spill.spilledBytes === 0) {
      sorted.sort((one, other) => this.#compare(one, other))
    } else {
      const order = { byTime: this.#byTime, suffixBytes: this.#suffixBytes }
      sortGathered(this.#table, sorted, order)
    }
    this.#blocks.refill(sorted)
  }

  /** The first block whose last entry is not before `entry`. */
  #blockOf(entry: number): number {
    let low = 0
    let high = this.#blocks.count
    while (low < high) {
      const middle = (low + high) >>> 1
      const { entries, size } = this.#blocks.at(middle)!
      if (this.#compare(entries[size - 1]!, entry) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #slotIn(block: Block, entry: number): number {
    let low = 0
    let high = block.size
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#compare(block.entries[middle]!, entry) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #lowerBound(block: Block, timeMs: number, key: Uint8Array, start: number, end: number): number {
    let low = 0
    let high = block.size
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.compareTo(block.entries[middle]!, timeMs, key, start, end) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
