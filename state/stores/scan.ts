// Goes through the entries of a store in their order. Stores hand scans to user code, which may change
// the store meanwhile: a scan then finds its place again by the key it gave last.
import { ByteBuffer } from '../../topology/serdes/serde.ts'
import type { ByteTable } from './byte-table.ts'
import type { OrderPlace } from './entry-blocks.ts'
import type { EntryOrder, OrderBound } from './entry-order.ts'

/** Which entries a scan gives, and how. */
export interface ScanSpec<T> {
  readonly order: EntryOrder
  /** The first that belongs to it; without it the scan goes from the very first. */
  readonly from?: OrderBound | undefined
  /** The first that does not belong to it any more. */
  readonly until?: OrderBound | undefined
  readonly isBackward: boolean
  /** What an entry is to the caller; undefined leaves it out. */
  readonly read: (entry: number) => T | undefined
}

/** An iterator that can be left at any time: it holds nothing. What is put before it while it runs, it sees. */
export class Scan<T> implements IterableIterator<T> {
  readonly #table: ByteTable
  readonly #spec: ScanSpec<T>
  readonly #place: OrderPlace = { block: 0, slot: 0 }
  #version = -1
  #isBegun = false
  #isDone = false
  readonly #lastKey = new ByteBuffer()
  #lastTimeMs = 0

  constructor(table: ByteTable, spec: ScanSpec<T>) {
    this.#table = table
    this.#spec = spec
  }

  [Symbol.iterator](): this {
    return this
  }

  next(): IteratorResult<T, undefined> {
    if (this.#isDone) return { done: true, value: undefined }
    const { order, isBackward, read } = this.#spec
    order.settle()
    if (order.version !== this.#version) this.#find()
    for (;;) {
      const entry = isBackward ? order.previous(this.#place) : order.next(this.#place)
      if (entry < 0 || this.#isBeyond(entry)) {
        this.#isDone = true
        return { done: true, value: undefined }
      }
      const value = read(entry)
      if (value === undefined) continue
      this.#remember(entry)
      return { done: false, value }
    }
  }

  #isBeyond(entry: number): boolean {
    const { order, from, until, isBackward } = this.#spec
    if (isBackward) {
      if (from === undefined) return false
      return order.compareTo(entry, from.timeMs, from.bytes, 0, from.length) < 0
    }
    if (until === undefined) return false
    return order.compareTo(entry, until.timeMs, until.bytes, 0, until.length) >= 0
  }

  /** Goes to where the scan begins or, when the order has changed, to where it was. */
  #find(): void {
    const { order, from, until, isBackward } = this.#spec
    const place = this.#place
    this.#version = order.version
    if (this.#isBegun) {
      const { bytes, position } = this.#lastKey
      order.seek(place, this.#lastTimeMs, bytes, 0, position)
      if (isBackward) return
      const entry = order.next(place)
      if (entry < 0) return
      const isLast = order.compareTo(entry, this.#lastTimeMs, bytes, 0, position) === 0
      if (!isLast) order.previous(place)
      return
    }
    const start = isBackward ? until : from
    if (start !== undefined) order.seek(place, start.timeMs, start.bytes, 0, start.length)
    else if (isBackward) order.seekLast(place)
    else order.seekFirst(place)
  }

  #remember(entry: number): void {
    const { entries } = this.#table
    const last = this.#lastKey
    const start = entries.keyStart(entry)
    const length = entries.keyEnd(entry) - start
    last.position = 0
    last.reserve(length)
    const page = entries.pageOf(entry)
    for (let i = 0; i < length; i++) last.bytes[i] = page[start + i]!
    last.position = length
    this.#lastTimeMs = entries.timeOf(entry)
    this.#isBegun = true
  }
}

/** The least bytes that do not begin with `prefix`, or undefined where there are none. */
export function afterPrefix(prefix: Uint8Array): Uint8Array | undefined {
  for (let last = prefix.length - 1; last >= 0; last--) {
    if (prefix[last] === 0xff) continue
    // Not a slice: that of a Buffer shares its bytes.
    const after = new Uint8Array(prefix.subarray(0, last + 1))
    after[last]! += 1
    return after
  }
  return undefined
}

/** The least bytes behind these: what ends a range that `key` still belongs to. */
export function afterKey(key: Uint8Array): Uint8Array {
  const after = new Uint8Array(key.length + 1)
  after.set(key)
  return after
}
