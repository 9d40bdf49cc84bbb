// Joins two streams within a window of time (Kafka's KStreamKStreamJoin): each side keeps its records in a
// buffer and looks into the other's. What finds no partner in a left or outer join goes out once it is late.
import { EntryList } from '../state/entry-list.ts'
import type { JoinSide, UnmatchedStore } from '../state/stores/unmatched-store.ts'
import { MemoryWindowStore } from '../state/stores/window-store.ts'
import type { Serde } from '../topology/serdes/serde.ts'
import type { DropReason, StreamRecord } from './processor.ts'

/** Which records belong together: the right one's time lies in [left − before, left + after]. Milliseconds. */
export interface JoinTimes {
  readonly beforeMs: number
  readonly afterMs: number
  readonly graceMs: number
}

/** What a join is made of. */
export interface StreamJoinSpec extends JoinTimes {
  /** Sides whose records go out without a partner, too; none in an inner join. */
  readonly outer: readonly JoinSide[]
  /** Joins two values; null stands for a side without a partner. */
  readonly merge: (left: unknown, right: unknown, key: unknown, timestampMs: number) => unknown
}

/** Where results and dropped records go. */
export interface JoinSurroundings {
  readonly forward: (key: unknown, value: unknown, timestampMs: number) => void
  readonly drop: (reason: DropReason) => void
  /** User code failed on the record in work; it is kept for its partners all the same. */
  readonly failed: (cause: unknown) => void
}

/** The buffer of one side of a join. */
export function joinBuffer(
  name: string,
  key: Serde<unknown>,
  value: Serde<unknown>,
  { beforeMs, afterMs, graceMs }: JoinTimes,
): MemoryWindowStore<unknown, unknown> {
  const sizeMs = beforeMs + afterMs
  const retentionMs = sizeMs + graceMs
  return new MemoryWindowStore({ name, key, value, sizeMs, retentionMs, retainDuplicates: true })
}

/** Half of a join: the records of one side. */
interface Side {
  readonly name: JoinSide
  readonly other: JoinSide
  readonly isOuter: boolean
  readonly buffer: MemoryWindowStore<unknown, unknown>
  readonly otherBuffer: MemoryWindowStore<unknown, unknown>
  /** Where the other side's records lie from a record of this side. */
  readonly beforeMs: number
  readonly afterMs: number
}

/** The stores of a join; `unmatched` is there where a side is outer. */
export interface JoinStores {
  readonly left: MemoryWindowStore<unknown, unknown>
  readonly right: MemoryWindowStore<unknown, unknown>
  readonly unmatched: UnmatchedStore | undefined
}

/** The join of one task. For a join of a stream with itself call `left`, then `right` with each record. */
export class StreamJoin {
  readonly #spec: StreamJoinSpec
  readonly #around: JoinSurroundings
  readonly #unmatched: UnmatchedStore | undefined
  readonly #left: Side
  readonly #right: Side
  readonly #found = new EntryList()

  constructor(stores: JoinStores, spec: StreamJoinSpec, around: JoinSurroundings) {
    const { left, right, unmatched } = stores
    const { beforeMs, afterMs, outer } = spec
    this.#spec = spec
    this.#around = around
    this.#unmatched = unmatched
    this.#left = {
      ...{ name: 'left', other: 'right', isOuter: outer.includes('left') },
      ...{ buffer: left, otherBuffer: right, beforeMs, afterMs },
    }
    this.#right = {
      ...{ name: 'right', other: 'left', isOuter: outer.includes('right') },
      ...{ buffer: right, otherBuffer: left, beforeMs: afterMs, afterMs: beforeMs },
    }
  }

  /** Takes a record of the left stream. */
  left(record: StreamRecord): void {
    this.#process(this.#left, record)
  }

  /** Takes a record of the right stream. */
  right(record: StreamRecord): void {
    this.#process(this.#right, record)
  }

  /** Event time has gone on to `timeMs` without records: what finds no partner any more goes out. */
  goOn(timeMs: number): void {
    const unmatched = this.#unmatched
    if (unmatched === undefined || timeMs <= unmatched.timeMs) return
    unmatched.timeMs = timeMs
    this.#giveOutLate(this.#left)
    this.#giveOutLate(this.#right)
  }

  #process(side: Side, record: StreamRecord): void {
    const { key, value, timestampMs } = record
    const unmatched = this.#unmatched
    if (unmatched !== undefined && timestampMs > unmatched.timeMs) unmatched.timeMs = timestampMs
    const hasKey = key !== null && key !== undefined
    if (value === null || value === undefined)
      return this.#around.drop(hasKey ? 'null-value' : 'null-key')
    if (!hasKey && !side.isOuter) return this.#around.drop('null-key')
    try {
      if (!hasKey) {
        // Nothing can join it, so there is nothing to wait for.
        this.#forward(side, key, value, null, timestampMs)
        return
      }
      if (unmatched !== undefined && timestampMs === unmatched.timeMs) this.#giveOutLate(side)
      this.#join(side, key, value, timestampMs)
    } catch (cause) {
      this.#around.failed(cause)
    }
    if (!hasKey) return
    // The other side is searched first: what is put stays for those who come after.
    if (!side.buffer.put(key, value, timestampMs)) this.#around.drop('expired-window')
  }

  #join(side: Side, key: unknown, value: unknown, timestampMs: number): void {
    const { otherBuffer } = side
    const fromMs = Math.max(0, timestampMs - side.beforeMs)
    const toMs = Math.max(0, timestampMs + side.afterMs)
    const found = this.#found
    found.size = 0
    otherBuffer.collect(found, key, fromMs, toMs)
    for (let i = 0; i < found.size; i++) {
      const entry = found.entries[i]!
      const otherMs = otherBuffer.startAt(entry)
      this.#unmatched?.delete(side.other, key, otherMs)
      const other = otherBuffer.valueAt(entry)
      this.#forward(side, key, value, other, Math.max(timestampMs, otherMs))
    }
    if (found.size > 0 || !side.isOuter) return
    const unmatched = this.#unmatched!
    if (toMs < unmatched.timeMs) {
      this.#forward(side, key, value, null, timestampMs)
      return
    }
    unmatched.lookedAtMs = Math.min(unmatched.lookedAtMs, timestampMs)
    unmatched.add(side.name, key, timestampMs, value)
  }

  /** Gives out what no partner can join any more, in the order (time, right side first, key). */
  #giveOutLate(side: Side): void {
    const unmatched = this.#unmatched!
    const { beforeMs, afterMs, graceMs } = this.#spec
    if (unmatched.lookedAtMs + side.afterMs + graceMs >= unmatched.timeMs) return
    const found = this.#found
    found.size = 0
    unmatched.collectAll(found)
    // Kept as Kafka keeps it: it may be that of a record behind others that still wait.
    unmatched.lookedAtMs = Infinity
    const open: Record<JoinSide, boolean> = { left: false, right: false }
    const late: number[] = []
    for (let i = 0; i < found.size; i++) {
      const entry = found.entries[i]!
      const timestampMs = unmatched.timeAt(entry)
      unmatched.lookedAtMs = timestampMs
      if (open.left && open.right) break
      const name = unmatched.sideAt(entry)
      const waitsMs = (name === 'left' ? afterMs : beforeMs) + graceMs
      if (timestampMs + waitsMs >= unmatched.timeMs) {
        open[name] = true
        continue
      }
      const { value } = unmatched.valueAt(entry)
      const from = name === 'left' ? this.#left : this.#right
      this.#forward(from, unmatched.keyAt(entry), value, null, timestampMs)
      late.push(entry)
    }
    for (const entry of late) unmatched.remove(entry)
  }

  /** Puts a result out; `value` is that of the record's own side. */
  #forward(side: Side, key: unknown, value: unknown, other: unknown, timestampMs: number): void {
    const { merge } = this.#spec
    const isLeft = side.name === 'left'
    const [left, right] = isLeft ? [value, other] : [other, value]
    const joined = merge(left, right, key, timestampMs)
    this.#around.forward(key, joined, timestampMs)
  }
}
