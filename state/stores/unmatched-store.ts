// Records of a left or outer stream join that have found no partner yet, in the order (time, right side
// first, key): Kafka's outer join store, whose keys are time, side and key. Several may have one key.
import type { Serde } from '../../topology/serdes/serde.ts'
import { EntryList } from '../entry-list.ts'
import { MemoryStore, type StoreSpec } from './memory-store.ts'
import { collect, collectAll } from './order-reads.ts'
import { readMs, writeMs, writeUint32 } from './timed-store.ts'
import type { OrderBound } from './entry-order.ts'

/** The side of a join that a record came in on. */
export type JoinSide = 'left' | 'right'

const PREFIX_BYTES = 9
const SUFFIX_BYTES = 4
const LEFT = 1
const RIGHT = 0

/** A value of either side. */
interface EitherValue {
  readonly side: JoinSide
  readonly value: unknown
}

/** What the store is made of: the serdes of key and of both values. */
export interface UnmatchedStoreSpec {
  readonly name: string
  readonly key: Serde<unknown>
  readonly left: Serde<unknown>
  readonly right: Serde<unknown>
}

/** Unmatched records of one join. Entries are numbers, valid until the store is changed. */
export class UnmatchedStore extends MemoryStore<unknown, EitherValue> {
  readonly #list = new EntryList()
  readonly #from: Bound = { timeMs: 0, bytes: new Uint8Array(0), length: 0 }
  readonly #until: Bound = { timeMs: 0, bytes: new Uint8Array(0), length: 0 }

  constructor({ name, key, left, right }: UnmatchedStoreSpec) {
    const spec: StoreSpec<unknown, EitherValue> = { name, key, value: either(left, right) }
    super(spec, SUFFIX_BYTES, (bytes, start) => readMs(bytes, start))
    this.lookedAtMs = Infinity
  }

  /** Stream time of the join, epoch ms, -1 before the first record; saved with the store. */
  get timeMs(): number {
    return this.log.timeMs
  }

  set timeMs(timeMs: number) {
    this.log.timeMs = timeMs
  }

  /** Time of the record looked at last, epoch ms; saved with the store. It decides when all are looked at again. */
  get lookedAtMs(): number {
    return this.log.mark
  }

  set lookedAtMs(timeMs: number) {
    this.log.mark = timeMs
  }

  add(side: JoinSide, key: unknown, timestampMs: number, value: unknown): void {
    this.log.sequence = (this.log.sequence + 1) % 0x1_0000_0000
    const end = this.#writeRecordKey(side, key, timestampMs, this.log.sequence)
    const valueEnd = this.writeValue({ side, value })
    this.table.set(this.key.bytes, 0, end, this.value.bytes, valueEnd, timestampMs)
  }

  /** Deletes all records of a side with this key and time: one of them has found a partner. */
  delete(side: JoinSide, key: unknown, timestampMs: number): void {
    if (this.rows === 0) return
    const end = this.#writeRecordKey(side, key, timestampMs, 0)
    const from = this.#from
    from.bytes = this.key.bytes.slice(0, end)
    from.length = end
    const until = this.#until
    until.bytes = from.bytes.slice()
    until.bytes.fill(0xff, end - SUFFIX_BYTES)
    until.length = end
    const list = this.#list
    list.size = 0
    collect(this.keyOrder, list, from, until)
    for (let i = 0; i < list.size; i++) this.table.remove(list.entries[i]!)
  }

  /** Adds all entries in their order to a list. */
  collectAll(list: EntryList): void {
    collectAll(this.keyOrder, list)
  }

  remove(entry: number): void {
    this.table.remove(entry)
  }

  timeAt(entry: number): number {
    return this.table.entries.timeOf(entry)
  }

  sideAt(entry: number): JoinSide {
    const { entries } = this.table
    return entries.pageOf(entry)[entries.keyStart(entry) + 8] === LEFT ? 'left' : 'right'
  }

  override keyAt(entry: number): unknown {
    const { entries } = this.table
    const start = entries.keyStart(entry) + PREFIX_BYTES
    const end = entries.keyEnd(entry) - SUFFIX_BYTES
    return this.keySerde.deserialize(entries.pageOf(entry), start, end)
  }

  #writeRecordKey(side: JoinSide, key: unknown, timestampMs: number, sequence: number): number {
    const buffer = this.key
    buffer.position = 0
    buffer.reserve(PREFIX_BYTES)
    writeMs(buffer.bytes, 0, timestampMs)
    buffer.bytes[8] = side === 'left' ? LEFT : RIGHT
    buffer.position = PREFIX_BYTES
    this.keySerde.serialize(key, buffer)
    const end = buffer.position
    buffer.reserve(SUFFIX_BYTES)
    writeUint32(buffer.bytes, end, sequence)
    return end + SUFFIX_BYTES
  }
}

interface Bound extends OrderBound {
  bytes: Uint8Array
  length: number
}

function either(left: Serde<unknown>, right: Serde<unknown>): Serde<EitherValue> {
  return {
    name: `either(${left.name}, ${right.name})`,
    serialize({ side, value }, sink) {
      sink.reserve(1)
      sink.bytes[sink.position] = side === 'left' ? LEFT : RIGHT
      sink.position += 1
      ;(side === 'left' ? left : right).serialize(value, sink)
    },
    deserialize(bytes, start, end) {
      const side = bytes[start] === LEFT ? 'left' : 'right'
      const serde = side === 'left' ? left : right
      return { side, value: serde.deserialize(bytes, start + 1, end) }
    },
  }
}
