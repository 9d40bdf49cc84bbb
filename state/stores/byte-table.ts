// The heart of all stores: byte strings to byte strings, found by a hash, each with a timestamp; knows
// what changed since the last save. Stores give meaning to the bytes, orders are built on its entries.
import { HashSlots } from '../../topology/serdes/hash-slots.ts'
import { EntryList } from '../entry-list.ts'
import { ByteEntries } from './byte-entries.ts'
import { hashOf } from './hash-bytes.ts'
import { LOGGED_ROWS_MAX, type LoggedRows } from './logged-rows.ts'
import type { StateMemory } from './state-memory.ts'

const NONE = -1
/** Not free. */
const USED = 1
/** The entry holds a value; one without is a deletion that is still to be saved. */
const LIVE = 2
/** Changed since the last save. */
const DIRTY = 4
/** The saved log has the key, so that its deletion must be saved, too. */
const SAVED = 8
/** Drained in a round whose flag this is: it is set in every other one. */
const ROUND = 16
/** The flags from here on belong to orders. */
export const ORDER_FLAGS = 32

/** What keeps an order of the entries with a value and must know which come and go. */
export interface EntryOrder {
  readonly sizeBytes: number
  added(entry: number): void
  /** Called while the entry's bytes and flags are still there; gives up its own flags. */
  removed(entry: number): void
}

/** Of rows that are restored together; what is in them is of no use later. */
const hashes = new Int32Array(LOGGED_ROWS_MAX)

/** Reads a time out of a key's bytes, for stores that order their entries by time; epoch ms. */
export type TimeOf = (bytes: Uint8Array, start: number, end: number) => number

/** Entries are small numbers, valid while the entry is held. */
export class ByteTable {
  /** Read where keys, values and times of entries lie; changed by the table alone. */
  readonly entries = new ByteEntries()
  readonly #timeOf: TimeOf | undefined
  readonly #slots = new HashSlots(
    (entry, hash) => this.entries.flagsOf(entry) !== 0 && this.entries.hashOf(entry) === hash,
  )
  #rows = 0
  #removedRows = 0
  readonly #dirty = new EntryList()
  /** What entries have of `ROUND` that were drained since the round began, and where it goes on. */
  #round = ROUND
  #next = 0
  readonly #orders: EntryOrder[] = []
  #endRest: () => void = () => undefined

  /** @param timeOf reads the time out of a key; without it all entries have the time 0. */
  constructor(timeOf?: TimeOf) {
    this.#timeOf = timeOf
  }

  /** How many keys have a value. */
  get rows(): number {
    return this.#rows
  }

  /** How many keys have lost their value since it was made. */
  get removedRows(): number {
    return this.#removedRows
  }

  /** Bytes that table, pages and orders take in memory. */
  get sizeBytes(): number {
    return this.#indexBytes + this.entries.sizeBytes
  }

  /** Lets keys and values lie in memory that is bounded. The table must be empty. */
  lieIn(memory: StateMemory): void {
    this.entries.lieIn(memory)
    this.#endRest = memory.addRest(
      () => this.#indexBytes + this.entries.sizeBytes - this.entries.pageBytes,
    )
  }

  /** Gives up what it holds, here and in files. */
  close(): void {
    this.#endRest()
    this.entries.close()
  }

  get #indexBytes(): number {
    let sizeBytes = this.#slots.sizeBytes + this.#dirty.entries.byteLength
    for (const order of this.#orders) sizeBytes += order.sizeBytes
    return sizeBytes
  }

  /** The entry of a key, or -1 where it has no value. */
  find(key: Uint8Array, start: number, end: number): number {
    const entry = this.#find(hashOf(key, start, end), key, start, end)
    return entry !== NONE && this.isLive(entry) ? entry : NONE
  }

  isLive(entry: number): boolean {
    return (this.entries.flagsOf(entry) & LIVE) !== 0
  }

  /** Tells an order which entries there are, from now on. */
  addOrder(order: EntryOrder): void {
    this.#orders.push(order)
    this.forEach((entry) => order.added(entry))
  }

  /** Sets the value of a key to `value` up to `valueEnd`. @returns its entry. */
  set(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    valueEnd: number,
    timestampMs: number,
  ): number {
    const entry = this.#entryOf(hashOf(key, keyStart, keyEnd), key, keyStart, keyEnd, valueEnd)
    this.update(entry, value, valueEnd, timestampMs)
    return entry
  }

  /** Gives an entry another value: `value` up to `valueEnd`. */
  update(entry: number, value: Uint8Array, valueEnd: number, timestampMs: number): void {
    this.entries.setValue(entry, value, 0, valueEnd, timestampMs)
    this.#touch(entry)
  }

  /** Makes room for so many keys, where there is none yet. */
  reserve(keys: number): void {
    this.#slots.reserve(keys)
  }

  /**
   * Puts in place what the log has: keys and their values, back to back. The places of the keys are asked for together:
   * see `HashSlots.touch`.
   */
  restore(
    bytes: Uint8Array,
    { keyStarts, keyEnds, valueEnds, timestamps, size }: LoggedRows,
  ): void {
    for (let i = 0; i < size; i++) hashes[i] = hashOf(bytes, keyStarts[i]!, keyEnds[i]!)
    this.#slots.settle()
    this.#slots.touch(hashes, size)
    for (let i = 0; i < size; i++) {
      const [start, keyEnd, end] = [keyStarts[i]!, keyEnds[i]!, valueEnds[i]!]
      const entry = this.#entryOf(hashes[i]!, bytes, start, keyEnd, end - keyEnd)
      if (this.#timeOf !== undefined) this.#retime(entry, this.#timeOf(bytes, start, keyEnd))
      this.entries.setValue(entry, bytes, keyEnd, end, timestamps[i]!)
      this.entries.setFlags(entry, this.entries.flagsOf(entry) | SAVED)
    }
  }

  /** Deletes an entry; where the log has it, its deletion is to be saved. */
  remove(entry: number): void {
    const flags = this.entries.flagsOf(entry)
    if ((flags & SAVED) === 0) {
      this.forget(entry)
      return
    }
    this.#leave(entry)
    this.entries.setFlags(entry, this.entries.flagsOf(entry) & ~LIVE)
    this.#touch(entry)
  }

  /** Gives up an entry without a trace: who restores can tell by itself that it is gone. */
  forget(entry: number): void {
    if (this.isLive(entry)) this.#leave(entry)
    this.#slots.died(1)
    this.entries.free(entry)
  }

  /** Gives up everything without a trace. */
  clear(): void {
    this.#forEachUsed((entry) => this.forget(entry))
  }

  /**
   * Visits the entries changed since the last call, deleted ones included (`isLive` tells), in the
   * order of their first change; they count as saved afterwards.
   */
  drainDirty(visit: (entry: number) => void): void {
    const { entries, size } = this.#dirty
    this.#dirty.size = 0
    for (let i = 0; i < size; i++) {
      const entry = entries[i]!
      const flags = this.entries.flagsOf(entry)
      // Entries given up meanwhile may be in the list, and in it again when their number served again.
      if ((flags & DIRTY) === 0) continue
      visit(entry)
      if ((flags & LIVE) === 0) this.forget(entry)
      else this.#drained(entry, flags & ~DIRTY)
    }
  }

  /** Visits all entries with a value; they count as saved afterwards, and a round begins. Nothing may be dirty. */
  drainAll(visit: (entry: number) => void): void {
    this.forEach((entry) => {
      visit(entry)
      this.#drained(entry, this.entries.flagsOf(entry))
    })
    this.#beginRound()
  }

  /**
   * Visits entries that were not drained in any way since the round began, until it is enough. Nothing may be dirty.
   * @returns whether that were the last ones: then the round ends.
   */
  drainRound(visit: (entry: number) => void, isEnough: () => boolean): boolean {
    const { entries } = this
    for (; this.#next < entries.end; this.#next++) {
      const flags = entries.flagsOf(this.#next)
      if ((flags & LIVE) === 0 || (flags & ROUND) === this.#round) continue
      if (isEnough()) return false
      visit(this.#next)
      this.#drained(this.#next, flags)
    }
    this.#beginRound()
    return true
  }

  /** All entries have the flag of the round that is over: of the next one none was drained. */
  #beginRound(): void {
    this.#next = 0
    this.#round ^= ROUND
  }

  #drained(entry: number, flags: number): void {
    this.entries.setFlags(entry, (flags & ~ROUND) | SAVED | this.#round)
  }

  /** Visits all entries with a value, in no order that means anything. */
  forEach(visit: (entry: number) => void): void {
    this.#forEachUsed((entry) => {
      if (this.isLive(entry)) visit(entry)
    })
  }

  /** An entry has no value any more: what is to be saved as deleted is in no order. */
  #leave(entry: number): void {
    this.#rows -= 1
    this.#removedRows += 1
    for (const order of this.#orders) order.removed(entry)
  }

  #forEachUsed(visit: (entry: number) => void): void {
    for (let entry = 0; entry < this.entries.end; entry++) {
      if (this.entries.flagsOf(entry) !== 0) visit(entry)
    }
  }

  /** What was deleted and set again between two saves has another time, but its deletion is in no log. */
  #retime(entry: number, timeMs: number): void {
    if (this.entries.timeOf(entry) === timeMs) return
    for (const order of this.#orders) order.removed(entry)
    this.entries.setTime(entry, timeMs)
    for (const order of this.#orders) order.added(entry)
  }

  #touch(entry: number): void {
    const flags = this.entries.flagsOf(entry)
    if ((flags & DIRTY) !== 0) return
    this.entries.setFlags(entry, flags | DIRTY)
    this.#dirty.push(entry)
  }

  /** The entry of a key, made live; a new one has room for such a value. */
  #entryOf(hash: number, key: Uint8Array, start: number, end: number, valueLength: number): number {
    const known = this.#find(hash, key, start, end)
    if (known === NONE) {
      const timeMs = this.#timeOf === undefined ? 0 : this.#timeOf(key, start, end)
      const entry = this.entries.add(key, start, end, valueLength, hash, timeMs, USED | LIVE)
      this.#slots.put(hash, entry)
      this.#rows += 1
      for (const order of this.#orders) order.added(entry)
      return entry
    }
    const flags = this.entries.flagsOf(known)
    if ((flags & LIVE) === 0) {
      this.entries.setFlags(known, flags | LIVE)
      // The time may lie beside the key: what was deleted a moment ago comes again with another one.
      if (this.#timeOf !== undefined) this.entries.setTime(known, this.#timeOf(key, start, end))
      this.#rows += 1
      for (const order of this.#orders) order.added(known)
    }
    return known
  }

  /** The entry of a key, live or not, or -1. */
  #find(hash: number, key: Uint8Array, start: number, end: number): number {
    const { slots, old } = this.#slots
    const entry = this.#findIn(slots, hash, key, start, end)
    return entry < 0 && old !== undefined ? this.#findIn(old, hash, key, start, end) : entry
  }

  #findIn(slots: Int32Array, hash: number, key: Uint8Array, start: number, end: number): number {
    const { entries } = this
    const mask = slots.length - 2
    let at = (hash << 1) & mask
    for (;;) {
      const entry = slots[at + 1]! - 1
      if (entry < 0) return NONE
      // What was given up may still be in the slots, under the hash that it had.
      const isHeld = slots[at] === hash && entries.flagsOf(entry) !== 0
      if (isHeld && entries.matches(entry, key, start, end)) return entry
      at = (at + 2) & mask
    }
  }
}
