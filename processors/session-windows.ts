// Aggregates over sessions (Kafka's KStreamSessionWindowAggregate): a record merges all sessions that it
// touches; each one absorbed is deleted first. Used by the windowed aggregate.
import { EntryList } from '../state/entry-list.ts'
import type { StoreSpec } from '../state/stores/memory-store.ts'
import { MemorySessionStore } from '../state/stores/session-store.ts'
import type { SessionWindows } from '../topology/record-windows.ts'
import type { TimeWindow } from '../topology/windows.ts'
import type { StreamRecord } from './processor.ts'
import type { WindowedSurroundings } from './window-aggregation.ts'

/** Makes one aggregate of those of two sessions. */
export type SessionMerge = (one: unknown, other: unknown, key: unknown) => unknown

interface Session extends TimeWindow {
  readonly value: unknown
}

/** The store of an aggregate over sessions; the aggregate says what has expired. */
export function sessionStore(
  spec: StoreSpec<unknown, unknown>,
): MemorySessionStore<unknown, unknown> {
  return new MemorySessionStore({ ...spec, retentionMs: Infinity })
}

/** Sessions of one operator; `process` takes a record. Times are epoch ms, both ends of a session belong to it. */
export class SessionAggregate {
  readonly #store: MemorySessionStore<unknown, unknown>
  readonly #around: WindowedSurroundings
  readonly #merge: SessionMerge
  readonly #gapMs: number
  readonly #closesAfterMs: number
  readonly #retentionMs: number
  /** How long sessions stay to be looked up only, ms. */
  readonly #staysMs: number
  readonly #isFinal: boolean
  /** Sessions that ended before this time have been given out as final. */
  #finalBeforeMs: number | undefined
  readonly #found = new EntryList()
  /** The sessions that the record in work touches. */
  readonly #touched: Session[] = []

  constructor(
    store: MemorySessionStore<unknown, unknown>,
    windows: SessionWindows,
    retentionMs: number | undefined,
    merge: SessionMerge,
    around: WindowedSurroundings,
  ) {
    this.#store = store
    this.#around = around
    this.#merge = merge
    this.#gapMs = windows.gapMs
    this.#closesAfterMs = windows.gapMs + windows.graceMs
    this.#retentionMs = Math.max(retentionMs ?? 0, this.#closesAfterMs)
    this.#staysMs = around.finalStaysMs
    this.#isFinal = around.emit === 'on-window-close'
  }

  process(record: StreamRecord): void {
    const { key, timestampMs } = record
    if (key === null || key === undefined) return this.#around.drop('null-key')
    const store = this.#store
    const { aggregation, sendsOldValues, time } = this.#around
    this.#finalBeforeMs ??= time.nowMs - this.#closesAfterMs
    // A session that ends just when the retention does is still there.
    const keptFromMs = time.nowMs - this.#retentionMs
    store.expireThrough(keptFromMs - this.#staysMs - 1)
    const nowMs = time.advance(timestampMs)
    const closeMs = nowMs - this.#closesAfterMs
    this.#findTouched(key, Math.max(timestampMs - this.#gapMs, keptFromMs), timestampMs)
    let aggregate = aggregation.initialize()
    let startMs = timestampMs
    let endMs = timestampMs
    for (const session of this.#touched) {
      const value = sendsOldValues ? store.copyOf(session.value) : session.value
      aggregate = this.#merge(aggregate, value, key) ?? null
      startMs = Math.min(startMs, session.startMs)
      endMs = Math.max(endMs, session.endMs)
    }
    if (endMs < closeMs) {
      this.#around.drop('expired-window')
    } else {
      if (startMs !== timestampMs || endMs !== timestampMs) this.#deleteTouched(key)
      const value = aggregation.add(aggregate, record) ?? null
      store.putSession(key, { startMs, endMs }, value)
      if (!this.#isFinal) {
        // Who looks sessions up from here on finds none that it closed. Final results go out first.
        store.expireThrough(nowMs - this.#retentionMs - 1)
        this.#around.forward(key, startMs, endMs, value, null, endMs)
      }
    }
    this.close(nowMs)
  }

  /** Gives final results out, where a job asks for those, of what has closed at a time of the operator. */
  close(nowMs: number): void {
    if (!this.#isFinal) return
    this.#finalBeforeMs ??= this.#around.time.nowMs - this.#closesAfterMs
    this.#giveOutFinal(nowMs - this.#closesAfterMs)
  }

  #findTouched(key: unknown, earliestEndMs: number, timestampMs: number): void {
    const store = this.#store
    const found = this.#found
    found.size = 0
    store.collect(found, key, earliestEndMs, timestampMs + this.#gapMs)
    const touched = this.#touched
    touched.length = 0
    for (let i = 0; i < found.size; i++) {
      const entry = found.entries[i]!
      const value = store.valueAt(entry)
      touched.push({ startMs: store.startAt(entry), endMs: store.endAt(entry), value })
    }
  }

  /** The sessions that become one are deleted, in the order of their ends. */
  #deleteTouched(key: unknown): void {
    for (const session of this.#touched) {
      const { startMs, endMs, value } = session
      this.#store.putSession(key, session, null)
      if (this.#isFinal) continue
      const before = this.#around.sendsOldValues ? value : null
      this.#around.forward(key, startMs, endMs, null, before, endMs)
    }
  }

  /** Gives out the sessions that have closed since, by (end, start, key). */
  #giveOutFinal(closeMs: number): void {
    const sinceMs = this.#finalBeforeMs!
    if (closeMs <= sinceMs) return
    this.#finalBeforeMs = closeMs
    const store = this.#store
    const found = this.#found
    found.size = 0
    store.collectTimes(found, sinceMs, closeMs)
    // They come by (end, key, start), and sorting keeps the order of what is equal.
    const closed = found.entries.slice(0, found.size).sort((one, other) => {
      return store.endAt(one) - store.endAt(other) || store.startAt(one) - store.startAt(other)
    })
    for (const entry of closed) {
      const endMs = store.endAt(entry)
      const [key, value] = [store.keyAt(entry), store.valueAt(entry)]
      this.#around.forward(key, store.startAt(entry), endMs, value, null, endMs)
    }
  }
}
