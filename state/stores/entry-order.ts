// The entries of a byte table in the order of their time and key: blocks of entry numbers, split when
// they are full. Entries wait unsorted until somebody asks, so that a store nobody scans pays nothing.
import { EntryList } from '../entry-list.ts'
import { compareBytes } from './byte-arena.ts'
import { sortGathered } from './entry-sort.ts'
import { ORDER_FLAGS, type ByteTable, type EntryOrder as Order } from './byte-table.ts'

const BLOCK_ENTRIES = 256
/** Waiting entries beyond this share of the sorted ones are sorted all at once. */
const REBUILD_SHARE = 8
const WAITING_MAX = 65_536
/** So far from where something was looked for an entry to be taken out is looked for one by one. */
const NEAR_ENTRIES = 8

interface Block {
  readonly entries: Int32Array
  size: number
}

/** A time and key to stand before or behind; without times the order ignores the time. */
export interface OrderBound {
  readonly timeMs: number
  readonly bytes: Uint8Array
  readonly length: number
}

/** A place in an order: between two entries. */
export interface OrderPlace {
  block: number
  slot: number
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
  #blocks: Block[] = []
  #size = 0
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
    return this.#blocks.length * BLOCK_ENTRIES * 4 + this.#waiting.entries.byteLength
  }

  added(entry: number): void {
    const { entries } = this.#table
    entries.setFlags(entry, entries.flagsOf(entry) | this.#waitingFlag)
    this.#waiting.push(entry)
    // Where entries come and go and nobody asks, the list must not grow for ever.
    if (this.#waiting.size > Math.max(WAITING_MAX, 2 * this.#size)) this.settle()
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
      near.slot = this.#slotIn(this.#blocks[near.block]!, entry)
    }
    const { block: blockIndex, slot } = near
    const block = this.#blocks[blockIndex]!
    block.entries.copyWithin(slot, slot + 1, block.size)
    block.size -= 1
    this.#size -= 1
    this.version += 1
    if (block.size === 0) this.#blocks.splice(blockIndex, 1)
  }

  /** Lets the first entries go; they are to be taken out of their table, too. Nothing may wait. */
  dropFirst(count: number): void {
    const { entries } = this.#table
    const flags = ~(this.#waitingFlag | this.#sortedFlag)
    let gone = 0
    for (let left = count; left > 0;) {
      const block = this.#blocks[gone]!
      const dropped = Math.min(left, block.size)
      for (let i = 0; i < dropped; i++) {
        const entry = block.entries[i]!
        entries.setFlags(entry, entries.flagsOf(entry) & flags)
      }
      if (dropped === block.size) gone += 1
      else block.entries.copyWithin(0, dropped, block.size)
      block.size -= dropped
      left -= dropped
    }
    this.#blocks.splice(0, gone)
    this.#size -= count
    this.version += 1
  }

  /** Puts waiting entries in their places. Call it before places are used. */
  settle(): void {
    const { entries, size } = this.#waiting
    if (size === 0) return
    this.#waiting.size = 0
    this.version += 1
    if (size > 16 && size * REBUILD_SHARE > this.#size) {
      this.#rebuild(entries.subarray(0, size))
      return
    }
    for (let i = 0; i < size; i++) if (this.#takeWaiting(entries[i]!)) this.#insert(entries[i]!)
  }

  /** The place before the first entry at or after a time and key. */
  seek(place: OrderPlace, timeMs: number, key: Uint8Array, start: number, end: number): void {
    const blocks = this.#blocks
    let low = 0
    let high = blocks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const { entries, size } = blocks[middle]!
      if (this.compareTo(entries[size - 1]!, timeMs, key, start, end) < 0) low = middle + 1
      else high = middle
    }
    place.block = low
    place.slot = low === blocks.length ? 0 : this.#lowerBound(blocks[low]!, timeMs, key, start, end)
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
    place.block = this.#blocks.length
    place.slot = 0
  }

  /** The entry behind a place, which moves on behind it; -1 at the end. */
  next(place: OrderPlace): number {
    const block = this.#blocks[place.block]
    if (block === undefined) return -1
    const entry = block.entries[place.slot]!
    place.slot += 1
    if (place.slot === block.size) {
      place.block += 1
      place.slot = 0
    }
    return entry
  }

  /** The entry before a place, which moves back before it; -1 at the beginning. */
  previous(place: OrderPlace): number {
    if (place.slot === 0) {
      if (place.block === 0) return -1
      place.block -= 1
      place.slot = this.#blocks[place.block]!.size
    }
    place.slot -= 1
    return this.#blocks[place.block]!.entries[place.slot]!
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
    const block = this.#blocks[near.block]
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
    const block = this.#blocks[blockIndex]
    if (block === undefined || block.size === BLOCK_ENTRIES || slot > block.size) return false
    if (slot === 0 ? blockIndex > 0 : this.#compare(block.entries[slot - 1]!, entry) >= 0)
      return false
    if (slot === block.size) return blockIndex === this.#blocks.length - 1
    return this.#compare(block.entries[slot]!, entry) > 0
  }

  #insert(entry: number): void {
    if (this.#fitsNear(entry)) {
      const { block, slot } = this.#near
      this.#insertAt(this.#blocks[block]!, slot, entry)
      return
    }
    const blockIndex = Math.min(this.#blockOf(entry), Math.max(0, this.#blocks.length - 1))
    let block = this.#blocks[blockIndex]
    if (block === undefined) {
      block = { entries: new Int32Array(BLOCK_ENTRIES), size: 0 }
      this.#blocks.push(block)
    } else if (block.size === BLOCK_ENTRIES) {
      block = this.#split(blockIndex, entry)
    }
    this.#insertAt(block, this.#slotIn(block, entry), entry)
  }

  #insertAt(block: Block, slot: number, entry: number): void {
    block.entries.copyWithin(slot + 1, slot, block.size)
    block.entries[slot] = entry
    block.size += 1
    this.#size += 1
  }

  /** Makes room for an entry; what comes in ascending order leaves full blocks behind. */
  #split(blockIndex: number, entry: number): Block {
    const block = this.#blocks[blockIndex]!
    const isLast = blockIndex === this.#blocks.length - 1
    const isBehind = isLast && this.#compare(block.entries[block.size - 1]!, entry) < 0
    const kept = isBehind ? block.size : block.size >>> 1
    const other = { entries: new Int32Array(BLOCK_ENTRIES), size: block.size - kept }
    other.entries.set(block.entries.subarray(kept, block.size))
    block.size = kept
    this.#blocks.splice(blockIndex + 1, 0, other)
    if (isBehind) return other
    return this.#compare(block.entries[kept - 1]!, entry) < 0 ? other : block
  }

  #rebuild(waiting: Int32Array): void {
    const all = new Int32Array(this.#size + waiting.length)
    let size = 0
    for (const block of this.#blocks) {
      all.set(block.entries.subarray(0, block.size), size)
      size += block.size
    }
    for (const entry of waiting) if (this.#takeWaiting(entry)) all[size++] = entry
    const sorted = all.subarray(0, size)
    if (this.#table.entries.spill.spilledBytes === 0) {
      sorted.sort((one, other) => this.#compare(one, other))
    } else {
      const order = { byTime: this.#byTime, suffixBytes: this.#suffixBytes }
      sortGathered(this.#table, sorted, order)
    }
    this.#blocks = []
    this.#size = size
    // Blocks are not filled, so that the next entries find room.
    const step = BLOCK_ENTRIES - BLOCK_ENTRIES / 4
    for (let at = 0; at < size; at += step) {
      const part = sorted.subarray(at, at + step)
      const entries = new Int32Array(BLOCK_ENTRIES)
      entries.set(part)
      this.#blocks.push({ entries, size: part.length })
    }
  }

  /** The first block whose last entry is not before `entry`. */
  #blockOf(entry: number): number {
    let low = 0
    let high = this.#blocks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const { entries, size } = this.#blocks[middle]!
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
