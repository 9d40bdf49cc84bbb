// Aggregates over sliding windows (KIP-450, Kafka's KStreamSlidingWindowAggregate): a window ends at each
// record's time, another begins behind it once a later record falls in. Used by the windowed aggregate.
import { EntryList } from '../state/entry-list.ts'
import type { StoreSpec } from '../state/stores/memory-store.ts'
import { MemoryWindowStore } from '../state/stores/window-store.ts'
import type { SlidingWindows } from '../topology/record-windows.ts'
import type { StreamRecord } from './processor.ts'
import type { WindowedSurroundings } from './window-aggregation.ts'

/** An aggregate and the highest time of the records in it; no entry of the store, which may change. */
interface Held {
  readonly value: unknown
  readonly timestampMs: number
}

const NO_TIME = -1
const NO_ENTRY = -1

/** The store of an aggregate over sliding windows; the aggregate says what has expired. */
export function slidingStore(
  spec: StoreSpec<unknown, unknown>,
  { differenceMs }: SlidingWindows,
): MemoryWindowStore<unknown, unknown> {
  return new MemoryWindowStore({ ...spec, sizeMs: differenceMs, retentionMs: Infinity })
}

/** Windows of one operator; `process` takes a record. Times are epoch ms, both ends of a window belong to it. */
export class SlidingWindowAggregate {
  readonly #store: MemoryWindowStore<unknown, unknown>
  readonly #around: WindowedSurroundings
  readonly #differenceMs: number
  readonly #graceMs: number
  readonly #retentionMs: number
  readonly #isFinal: boolean
  /** Windows that ended before this time have been given out as final. */
  #finalBeforeMs: number | undefined
  readonly #found = new EntryList()
  /** Starts of the windows found for the record in work. */
  readonly #starts: number[] = []
  /** Windows that ended before this time have closed. */
  #closeMs = 0

  constructor(
    store: MemoryWindowStore<unknown, unknown>,
    windows: SlidingWindows,
    retentionMs: number | undefined,
    around: WindowedSurroundings,
  ) {
    this.#store = store
    this.#around = around
    this.#differenceMs = windows.differenceMs
    this.#graceMs = windows.graceMs
    this.#isFinal = around.emit === 'on-window-close'
    this.#retentionMs = retentionMs ?? 2 * windows.differenceMs + windows.graceMs
  }

  process(record: StreamRecord): void {
    const { timestampMs } = record
    if (record.key === null || record.key === undefined) return this.#around.drop('null-key')
    if (record.value === null || record.value === undefined) return this.#around.drop('null-value')
    if (this.#finalBeforeMs === undefined) this.#begin()
    const nowMs = this.#around.time.advance(timestampMs)
    this.#closeMs = nowMs - this.#graceMs
    if (timestampMs + this.#differenceMs < this.#closeMs) {
      this.#around.drop('expired-window')
      return
    }
    if (timestampMs < this.#differenceMs) this.#processEarly(record)
    else this.#process(record)
    this.close(nowMs)
  }

  /** Gives final results out, where a job asks for those, of what has closed at a time of the operator. */
  close(nowMs: number): void {
    if (!this.#isFinal) return
    if (this.#finalBeforeMs === undefined) this.#begin()
    this.#giveOutFinal(nowMs)
  }

  /** Takes up where the store was left. */
  #begin(): void {
    const store = this.#store
    this.#finalBeforeMs = this.#around.time.nowMs - this.#graceMs
    // The latest window may have been deleted since.
    store.timeMs = Math.max(store.timeMs, store.latestMs)
    if (!this.#isFinal) store.expireThrough(store.timeMs - this.#retentionMs)
  }

  /** Updates the windows that hold the record, the latest first, then makes those that are missing. */
  #process(record: StreamRecord): void {
    const { key, timestampMs } = record
    const differenceMs = this.#differenceMs
    this.#find(key, timestampMs - 2 * differenceMs, timestampMs + 1)
    const { entries } = this.#found
    let left: Held | undefined
    let right: Held | undefined
    let hasLeft = false
    let previousMs = NO_TIME
    for (let i = this.#found.size - 1; i >= 0; i--) {
      const startMs = this.#starts[i]!
      if (startMs === timestampMs + 1) continue
      const held = this.#heldAt(entries[i]!)
      const endMs = startMs + differenceMs
      if (endMs < timestampMs) {
        left = held
        previousMs = held.timestampMs
        break
      }
      const isRight = endMs > timestampMs && right === undefined
      if (isRight) right = held
      this.#update(record, startMs, held, entries[i], isRight)
      if (endMs > timestampMs) continue
      // Another record of that time has made all windows already.
      if (held.timestampMs >= timestampMs) return
      hasLeft = true
      previousMs = held.timestampMs
    }
    const previousStartMs = previousMs + 1
    const isPreviousNear = previousStartMs + differenceMs >= timestampMs
    if (previousMs !== NO_TIME && isPreviousNear && !this.#starts.includes(previousStartMs)) {
      this.#create(record, previousStartMs)
    }
    if (!hasLeft) {
      const isInLeft = previousMs !== NO_TIME && previousMs >= timestampMs - differenceMs
      const value = isInLeft ? left!.value : this.#around.aggregation.initialize()
      this.#update(record, timestampMs - differenceMs, { value, timestampMs })
    }
    if (right !== undefined) this.#createRight(key, timestampMs, right)
  }

  /** Records before the first whole window share one that begins at 0. */
  #processEarly(record: StreamRecord): void {
    const { key, timestampMs } = record
    this.#find(key, 0, timestampMs + 1)
    const { entries, size } = this.#found
    let combined: Held | undefined
    let right: Held | undefined
    let previousMs = NO_TIME
    for (let i = 0; i < size; i++) {
      const startMs = this.#starts[i]!
      if (startMs > timestampMs) break
      const held = this.#heldAt(entries[i]!)
      if (startMs === 0) {
        combined = held
        if (held.timestampMs < timestampMs) previousMs = held.timestampMs
      } else {
        right = held
        this.#update(record, startMs, held, entries[i], true)
      }
    }
    // Without a window behind the record, whatever is later than it lies in its right window.
    right ??= combined
    if (right !== undefined) this.#createRight(key, timestampMs, right)
    if (previousMs !== NO_TIME && !this.#starts.includes(previousMs + 1)) {
      this.#create(record, previousMs + 1)
    }
    if (combined === undefined) this.#create(record, 0)
    else this.#update(record, 0, combined)
  }

  /** Finds the windows of a key that begin from one time to another, the earliest first. */
  #find(key: unknown, fromMs: number, toMs: number): void {
    const store = this.#store
    const found = this.#found
    found.size = 0
    store.collect(found, key, Math.max(0, fromMs), toMs)
    this.#starts.length = 0
    for (let i = 0; i < found.size; i++) this.#starts.push(store.startAt(found.entries[i]!))
  }

  #heldAt(entry: number): Held {
    const store = this.#store
    return { value: store.valueAt(entry), timestampMs: store.timestampAt(entry) }
  }

  /** A window that holds the record alone. */
  #create(record: StreamRecord, startMs: number): void {
    const value = this.#around.aggregation.initialize()
    this.#update(record, startMs, { value, timestampMs: record.timestampMs })
  }

  /** The window right behind the record, where later records lie in it already. */
  #createRight(key: unknown, timestampMs: number, { value, timestampMs: latestMs }: Held): void {
    const startMs = timestampMs + 1
    if (latestMs <= timestampMs || this.#starts.includes(startMs)) return
    this.#put(key, startMs, value, null, latestMs)
  }

  /**
   * Adds the record to a window that holds `held` so far, unless the window has closed. `entry` is that of
   * a window that is there; what is held is kept as it is where it serves again.
   */
  #update(
    record: StreamRecord,
    startMs: number,
    held: Held,
    entry = NO_ENTRY,
    servesAgain = false,
  ): void {
    if (startMs + this.#differenceMs < this.#closeMs) {
      this.#around.drop('expired-window')
      return
    }
    const { key, timestampMs } = record
    const old = held.value
    const { aggregation, sendsOldValues } = this.#around
    const base = servesAgain || sendsOldValues ? this.#store.copyOf(old) : old
    const value = aggregation.add(base, record) ?? null
    const latestMs = old === null ? timestampMs : Math.max(timestampMs, held.timestampMs)
    if (entry === NO_ENTRY) {
      this.#put(key, startMs, value, old, latestMs)
      return
    }
    this.#store.update(entry, value, latestMs)
    this.#forward(key, startMs, value, old, latestMs)
  }

  #put(key: unknown, startMs: number, value: unknown, old: unknown, timestampMs: number): void {
    const store = this.#store
    store.put(key, value, startMs, timestampMs)
    if (this.#isFinal) return
    if (startMs > store.timeMs) {
      // What Kafka's store hides by then plays no part any more.
      store.timeMs = startMs
      store.expireThrough(startMs - this.#retentionMs)
    }
    this.#forward(key, startMs, value, old, timestampMs)
  }

  #forward(key: unknown, startMs: number, value: unknown, old: unknown, timestampMs: number): void {
    if (this.#isFinal) return
    const endMs = startMs + this.#differenceMs
    const before = this.#around.sendsOldValues ? old : null
    this.#around.forward(key, startMs, endMs, value, before, timestampMs)
  }

  /** Gives out the windows that have closed since, by (start, key), and lets go of what none will need. */
  #giveOutFinal(nowMs: number): void {
    const store = this.#store
    const closeMs = nowMs - this.#graceMs
    const beforeMs = closeMs - this.#differenceMs
    const sinceMs = this.#finalBeforeMs! - this.#differenceMs
    if (beforeMs <= sinceMs) return
    this.#finalBeforeMs = closeMs
    const closed = this.#found
    closed.size = 0
    store.collectTimes(closed, sinceMs, beforeMs)
    for (let i = 0; i < closed.size; i++) {
      const entry = closed.entries[i]!
      const startMs = store.startAt(entry)
      const endMs = startMs + this.#differenceMs
      const [key, value] = [store.keyAt(entry), store.valueAt(entry)]
      this.#around.forward(key, startMs, endMs, value, null, store.timestampAt(entry))
    }
    // No record that is still accepted builds on windows before these.
    const neededMs = 3 * this.#differenceMs + this.#graceMs + 1
    store.expireThrough(nowMs - Math.max(this.#retentionMs, neededMs) - this.#around.finalStaysMs)
  }
}
