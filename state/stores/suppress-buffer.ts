// The buffer of a suppressed table (KIP-328): the last change of each key, in the order of the time it was
// first held. A change that comes while its key is held takes the place of the former one.
import { unpackHeaders } from '../../broker/record-headers.ts'
import { compareBytes } from './byte-arena.ts'
import { MemoryStore, type StoreSpec } from './memory-store.ts'
import { firstOf } from './order-reads.ts'
import { readMs, writeMs } from './timed-store.ts'

const TIME_BYTES = 8
const LENGTH_BYTES = 4
const NULL_LENGTH = -1
/** What Kafka counts for the place of a record: its timestamp, offset and partition. */
const PLACE_BYTES = 20

/** A change that is held; its values are read when they are asked for. */
export interface HeldChange<K, V> {
  readonly key: K
  readonly value: V | null
  /** The value before the change, as the change told it. */
  readonly oldValue: V | null
  readonly timestampMs: number
  /** The headers of the record that told it, as `packHeaders` packs them; left out where it has none. */
  readonly headers?: Uint8Array
}

/** What a buffer is made of. */
export interface SuppressBufferSpec<K, V> extends StoreSpec<K, V> {
  /** Length of the name of the topic that records come from: Kafka counts it for each record held. */
  readonly topicLength: number
}

/** The buffer of one suppress operator. */
export class SuppressBuffer<K, V> extends MemoryStore<K, V> {
  readonly #topicLength: number
  #bufferBytes = 0

  constructor(spec: SuppressBufferSpec<K, V>) {
    // The time lies behind the key in what is saved, and is put there before an entry is made.
    super(spec, 0, (bytes, _start, end) => readMs(bytes, end))
    this.#topicLength = spec.topicLength
  }

  /** Bytes held, as Kafka estimates them for `maxBytes`. */
  get bufferBytes(): number {
    return this.#bufferBytes
  }

  /** When the oldest change is due, epoch ms; Infinity where there is none. */
  get minTimeMs(): number {
    const first = firstOf(this.timeOrder)
    return first < 0 ? Infinity : this.table.entries.timeOf(first)
  }

  /** Holds a change; one of the same key that is held keeps its time. */
  hold(timeMs: number, { key, value, oldValue, timestampMs, headers }: HeldChange<K, V>): void {
    const keyEnd = this.writeKey(key)
    const held = this.table.find(this.key.bytes, 0, keyEnd)
    const heldMs = held < 0 ? timeMs : this.table.entries.timeOf(held)
    const prior = held < 0 ? oldValue : this.#valueAt(held, 2)
    if (held >= 0) this.#bufferBytes -= this.#bytesAt(held)
    this.key.reserve(TIME_BYTES)
    writeMs(this.key.bytes, keyEnd, heldMs)
    const buffer = this.value
    buffer.position = 0
    buffer.reserve(TIME_BYTES)
    writeMs(buffer.bytes, 0, heldMs)
    buffer.position = TIME_BYTES
    this.#writePart(value)
    this.#writePart(oldValue)
    this.#writePart(prior)
    // Behind the values, and only where there are some: what was saved without them reads the same.
    if (headers !== undefined) this.#writeBytes(headers)
    const { bytes, position } = buffer
    const entry = this.table.set(this.key.bytes, 0, keyEnd, bytes, position, timestampMs)
    this.#bufferBytes += this.#bytesAt(entry)
  }

  /** The oldest change. The buffer must not be empty. */
  first(): HeldChange<K, V> {
    const entry = firstOf(this.timeOrder)
    const [value, oldValue] = [this.#valueAt(entry, 0), this.#valueAt(entry, 1)]
    const change = { key: this.keyAt(entry), value, oldValue, timestampMs: this.timestampAt(entry) }
    const headers = this.#headersAt(entry)
    // Copied: the place of the entry may be another's before what is done with it is done.
    return headers.length === 0 ? change : { headers: headers.slice(), ...change }
  }

  /** Takes the oldest change out. The buffer must not be empty. */
  removeFirst(): void {
    const entry = firstOf(this.timeOrder)
    this.#bufferBytes -= this.#bytesAt(entry)
    this.table.remove(entry)
  }

  /** What those behind last saw of a key that is held (null for nothing); undefined where it is not held. */
  priorOf(key: K): V | null | undefined {
    const entry = this.table.find(this.key.bytes, 0, this.writeKey(key))
    return entry < 0 ? undefined : this.#valueAt(entry, 2)
  }

  override restore(entry: Uint8Array, savedBytes?: number): void {
    super.restore(entry, savedBytes)
    this.#bufferBytes = 0
    this.table.forEach((held) => {
      this.#bufferBytes += this.#bytesAt(held)
    })
  }

  /** Writes a value behind its length. */
  #writePart(value: V | null): void {
    const buffer = this.value
    const at = buffer.position
    buffer.reserve(LENGTH_BYTES)
    buffer.position = at + LENGTH_BYTES
    if (value !== null) this.valueSerde.serialize(value, buffer)
    const length = value === null ? NULL_LENGTH : buffer.position - at - LENGTH_BYTES
    buffer.view.setInt32(at, length)
  }

  #writeBytes(bytes: Uint8Array): void {
    const buffer = this.value
    buffer.reserve(bytes.length)
    buffer.bytes.set(bytes, buffer.position)
    buffer.position += bytes.length
  }

  /** The packed headers of an entry, where they lie. */
  #headersAt(entry: number): Uint8Array {
    const { entries } = this.table
    return entries.pageOf(entry).subarray(this.#partsEnd(entry), entries.valueEnd(entry))
  }

  #partsEnd(entry: number): number {
    const { entries } = this.table
    const page = entries.pageOf(entry)
    let at = entries.keyEnd(entry) + TIME_BYTES
    for (let i = 0; i < 3; i++) at += LENGTH_BYTES + Math.max(0, readInt32(page, at))
    return at
  }

  /** The value, the old one or the one before all held: 0, 1 or 2. */
  #valueAt(entry: number, part: 0 | 1 | 2): V | null {
    const { entries } = this.table
    const page = entries.pageOf(entry)
    let at = entries.keyEnd(entry) + TIME_BYTES
    for (let i = 0; i < part; i++) at += LENGTH_BYTES + Math.max(0, readInt32(page, at))
    const length = readInt32(page, at)
    if (length === NULL_LENGTH) return null
    return this.valueSerde.deserialize(page, at + LENGTH_BYTES, at + LENGTH_BYTES + length)
  }

  /** What Kafka counts for an entry: key, time, values (equal ones once), the record's place and headers. */
  #bytesAt(entry: number): number {
    const { entries } = this.table
    const keyBytes = entries.keyEnd(entry) - entries.keyStart(entry)
    const page = entries.pageOf(entry)
    let at = entries.keyEnd(entry) + TIME_BYTES
    const spans: { start: number; end: number }[] = []
    for (let part = 0; part < 3; part++) {
      const start = at + LENGTH_BYTES
      at = start + Math.max(0, readInt32(page, at))
      spans.push({ start, end: at })
    }
    const [value, old, prior] = spans as [Span, Span, Span]
    const isSame = compareBytes(page, old.start, old.end, page, prior.start, prior.end) === 0
    const valueBytes = value.end - value.start + prior.end - prior.start
    const oldBytes = isSame ? 0 : old.end - old.start
    const placeBytes = PLACE_BYTES + this.#topicLength + countOf(this.#headersAt(entry))
    return keyBytes + TIME_BYTES + valueBytes + oldBytes + placeBytes
  }
}

/** What Kafka counts for headers: the characters of their names, and the bytes of their values. */
function countOf(headers: Uint8Array): number {
  if (headers.length === 0) return 0
  return unpackHeaders(headers).reduce(
    (sum, { key, value }) => sum + key.length + (value?.length ?? 0),
    0,
  )
}

interface Span {
  readonly start: number
  readonly end: number
}

function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}
