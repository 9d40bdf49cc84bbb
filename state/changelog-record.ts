// One entry of a store's log as records of its changelog topic. An entry is cut into parts, since brokers
// refuse large records; keys repeat, so that compaction keeps the last snapshots and what came after.
import { keyOf, valueOf, type RecordBatch } from '../broker/record-batch.ts'
import type { RecordBatchBuilder } from '../broker/record-batch-builder.ts'

/** What a commit changed in a store, or all that it holds, as its changelog has it. */
export interface ChangelogEntry {
  /** Goes up by one with each entry of the store. */
  readonly number: number
  /** Changes since the last snapshot, counted from 0; of a snapshot, the place that it takes. */
  readonly slot: number
  readonly isSnapshot: boolean
  /**
   * Of a snapshot, and of an entry that ends a round: the slot of the changes behind it. What ends a round replaces, with
   * the entries since the one that ended the round before, or since a snapshot, all former ones.
   */
  readonly nextSlot?: number | undefined
  /** Of changes: the place that the next snapshot of who wrote them takes; former versions did not tell. */
  readonly nextSnapshot?: number | undefined
  /** Of its first record, or before it; who writes it may not know any. */
  readonly offset?: number
  /** What the task keeps beside its stores, as JSON. */
  readonly meta: Uint8Array
  readonly bytes: Uint8Array
}

const VERSION = 1
/** Of what ended a round when that took the place of a snapshot, and told one of two slots by a byte alone. */
const FORMER_ROUND_VERSION = 2
/** Of what ends a round: who does not know those must not go on without them. */
const ROUND_VERSION = 3
/** What is in the byte behind the version. */
const SNAPSHOT = 1
const FORMER_HIGH_SLOT_NEXT = 2
const FORMER_HIGH_SLOT = 2 ** 31
const HEADER_BYTES = 32
/**
 * How much of an entry a record holds, unless records may not be so large: with what is around it, it is to fit into
 * half a megabyte, which a worker polls at once.
 */
export const PART_BYTES_MAX = 520_192

/**
 * Appends an entry's records; what they hold is copied.
 * @param written is called after each: an entry may be as large as its store, and no builder need hold all of it.
 */
export function writeEntry(
  rows: RecordBatchBuilder,
  { number, slot, isSnapshot, nextSlot, nextSnapshot = -1, meta, bytes }: ChangelogEntry,
  timestampMs: number,
  partBytesMax = PART_BYTES_MAX,
  written: () => void = () => undefined,
): void {
  const parts = Math.max(1, Math.ceil(bytes.length / partBytesMax))
  for (let part = 0; part < parts; part++) {
    const piece = bytes.subarray(part * partBytesMax, (part + 1) * partBytesMax)
    const metaBytes = part === parts - 1 ? meta.length : 0
    const value = new Uint8Array(HEADER_BYTES + metaBytes + piece.length)
    const view = new DataView(value.buffer)
    view.setUint8(0, isSnapshot || nextSlot === undefined ? VERSION : ROUND_VERSION)
    view.setUint8(1, isSnapshot ? SNAPSHOT : 0)
    view.setUint8(2, nextSnapshot + 1)
    view.setUint32(4, nextSlot ?? 0, true)
    view.setFloat64(8, number, true)
    view.setUint32(16, slot, true)
    view.setUint32(20, part, true)
    view.setUint32(24, parts, true)
    view.setUint32(28, metaBytes, true)
    if (metaBytes > 0) value.set(meta, HEADER_BYTES)
    value.set(piece, HEADER_BYTES + metaBytes)
    const key = Buffer.from(`${isSnapshot ? 'snapshot' : 'changes'}-${slot}-${part}`)
    rows.append(key, value, timestampMs)
    written()
  }
}

const NOTHING = new Uint8Array(0)

/** Puts the records of a changelog together again. Parts of which others are missing come to nothing. */
export class EntryAssembler {
  #number = -1
  #offset = 0
  #isSnapshot = false
  /** Of the entry that is begun: how many of its parts came, and their bytes. */
  #parts = 0
  #bytes: Uint8Array = NOTHING
  #length = 0

  /** Whether no entry is begun: what comes next is the first part of one. */
  get isEmpty(): boolean {
    return this.#parts === 0
  }

  /**
   * Takes a record. @returns the entry that is complete with it; its bytes are its own.
   * @throws Error when the record is none of a changelog.
   */
  add(batch: RecordBatch, row: number): ChangelogEntry | undefined {
    const value = valueOf(batch, row)
    const version = value?.[0] ?? 0
    const isKnown = version >= VERSION && version <= ROUND_VERSION
    if (value === null || value.length < HEADER_BYTES || !isKnown) {
      const key = Buffer.from(keyOf(batch, row) ?? []).toString()
      throw new Error(`the record at offset ${batch.offsets[row]} (key "${key}") is no changelog's`)
    }
    const view = new DataView(value.buffer, value.byteOffset, value.length)
    const isSnapshot = value[1] === SNAPSHOT
    const number = view.getFloat64(8, true)
    const part = view.getUint32(20, true)
    const metaBytes = view.getUint32(28, true)
    if (part === 0) {
      this.#number = number
      this.#offset = batch.offsets[row]!
      this.#isSnapshot = isSnapshot
      this.#forget()
    } else if (number !== this.#number || isSnapshot !== this.#isSnapshot || part !== this.#parts) {
      this.#number = -1
      this.#forget()
      return undefined
    }
    const parts = view.getUint32(24, true)
    this.#take(value.subarray(HEADER_BYTES + metaBytes), parts)
    if (part + 1 < parts) return undefined
    const meta = value.slice(HEADER_BYTES, HEADER_BYTES + metaBytes)
    const bytes = this.#bytes.subarray(0, this.#length)
    this.#number = -1
    this.#forget()
    const offset = this.#offset
    const slot = view.getUint32(16, true)
    const first = value[1] === FORMER_HIGH_SLOT_NEXT ? FORMER_HIGH_SLOT : 0
    const isWhole = isSnapshot || version >= FORMER_ROUND_VERSION
    const nextSlot = isWhole ? Math.max(first, view.getUint32(4, true)) : undefined
    const nextSnapshot = value[2] === 0 ? undefined : value[2]! - 1
    return { nextSlot, nextSnapshot, number, slot, isSnapshot, offset, meta, bytes }
  }

  /** Parts go to their place at once: an entry may be as large as its store, and no part but the last is shorter. */
  #take(piece: Uint8Array, parts: number): void {
    const length = this.#length + piece.length
    if (this.#bytes.length < length) {
      const room = Buffer.allocUnsafeSlow(Math.max(length, piece.length * parts))
      room.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = room
    }
    this.#bytes.set(piece, this.#length)
    this.#length = length
    this.#parts += 1
  }

  #forget(): void {
    this.#parts = 0
    this.#bytes = NOTHING
    this.#length = 0
  }
}
