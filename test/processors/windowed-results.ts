// Runs aggregates over records' own windows without a task around them, for their tests.
import { SessionAggregate, sessionStore } from '../../processors/session-windows.ts'
import { SlidingWindowAggregate, slidingStore } from '../../processors/sliding-windows.ts'
import { StreamRecord, type DropReason } from '../../processors/processor.ts'
import type { ObservedTime, WindowedSurroundings } from '../../processors/window-aggregation.ts'
import { MemorySessionStore } from '../../state/stores/session-store.ts'
import { MemoryWindowStore } from '../../state/stores/window-store.ts'
import { json } from '../../topology/serdes/json.ts'
import { utf8 } from '../../topology/serdes/primitive.ts'
import type { SessionWindows, SlidingWindows } from '../../topology/record-windows.ts'
import type { EmitStrategy } from '../../topology/node.ts'
import type { Serde } from '../../topology/serdes/serde.ts'

/** A change: key, window, new value, old value, timestamp. */
export type Change = readonly [
  key: unknown,
  startMs: number,
  endMs: number,
  value: unknown,
  old: unknown,
  timestampMs: number,
]

export interface Input {
  readonly key: string | null
  readonly value: string | null
  readonly at: number
}

/** Values of a window in the order they were added; `x` as a value deletes. */
const addText = (aggregate: unknown, record: StreamRecord): unknown =>
  record.value === 'x' ? null : textOf(aggregate) + textOf(record.value)

/** A text, empty for what is none. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** The highest time seen. */
export class MaximalTime implements ObservedTime {
  nowMs = -1

  advance(timestampMs: number): number {
    this.nowMs = Math.max(this.nowMs, timestampMs)
    return this.nowMs
  }
}

/** An aggregate that joins texts, in sliding windows or sessions; its store may be restarted. */
export class WindowedTexts {
  readonly drops: DropReason[] = []
  readonly #windows: SlidingWindows | SessionWindows
  readonly #around: WindowedSurroundings
  readonly #saved: Uint8Array[] = []
  readonly #time = new MaximalTime()
  #changes: Change[] = []
  #store: MemoryWindowStore<unknown, unknown> | MemorySessionStore<unknown, unknown>
  #aggregate: { process(record: StreamRecord): void }

  constructor(windows: SlidingWindows | SessionWindows, emit: EmitStrategy) {
    this.#windows = windows
    this.#around = {
      time: this.#time,
      sendsOldValues: true,
      finalStaysMs: 0,
      aggregation: { initialize: () => '', add: addText },
      emit,
      forward: (...change) => this.#changes.push(change),
      drop: (reason) => this.drops.push(reason),
    }
    this.#store = this.#makeStore()
    this.#aggregate = this.#makeAggregate()
  }

  /** Runs records. @returns the changes that they made. */
  run(...inputs: readonly Input[]): Change[] {
    for (const { key, value, at } of inputs) {
      const record = new StreamRecord()
      record.key = key
      record.value = value
      record.timestampMs = at
      this.#aggregate.process(record)
    }
    const changes = this.#changes
    this.#changes = []
    return changes
  }

  /** Saves what changed and goes on with what was saved. */
  restart(): void {
    const packed = this.#store.pack(false)
    if (packed !== undefined) this.#saved.push(packed.slice())
    this.#store = this.#makeStore()
    this.#aggregate = this.#makeAggregate()
    for (const entry of this.#saved) this.#store.restore(entry)
  }

  get rows(): number {
    return this.#store.rows
  }

  #makeStore() {
    const value = json.any<string>() as Serde<unknown>
    const spec = { name: 'texts', key: utf8 as Serde<unknown>, value }
    const windows = this.#windows
    return windows.kind === 'sliding-windows' ? slidingStore(spec, windows) : sessionStore(spec)
  }

  #makeAggregate(): { process(record: StreamRecord): void } {
    const windows = this.#windows
    const store = this.#store
    if (windows.kind === 'sliding-windows' && store instanceof MemoryWindowStore) {
      return new SlidingWindowAggregate(store, windows, undefined, this.#around)
    }
    if (windows.kind === 'session-windows' && store instanceof MemorySessionStore) {
      const merge = (one: unknown, other: unknown): string => textOf(one) + textOf(other)
      return new SessionAggregate(store, windows, undefined, merge, this.#around)
    }
    throw new Error('a store of other windows')
  }
}

/** Records with a key of `a`, given as values and times. */
export const records = (
  ...pairs: readonly (readonly [value: string | null, at: number])[]
): Input[] => pairs.map(([value, at]) => ({ key: 'a', value, at }))

/** Changes in short: start, end, value, timestamp. */
export const inShort = (changes: readonly Change[]): unknown[][] =>
  changes.map(([, startMs, endMs, value, , timestampMs]) => [startMs, endMs, value, timestampMs])
