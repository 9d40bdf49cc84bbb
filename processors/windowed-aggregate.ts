// Aggregates over windows of time (Kafka's KStreamWindowAggregate): late records are dropped per window,
// results go out by the emit strategy, what is closed and beyond the retention is given up.
import { EntryList } from '../state/entry-list.ts'
import type { LocalWindows } from '../topology/local-windows.ts'
import type { WindowedAggregateNode } from '../topology/node.ts'
import type { TablePlan } from '../topology/table-plan.ts'
import { firstWindowStart, type TimeWindows, type UnlimitedWindows } from '../topology/windows.ts'
import type { OnFailure } from './failures.ts'
import type { OperatorTime } from './operator-time.ts'
import type { Forward, StreamRecord, TaskContext } from './processor.ts'
import { finalStaysMs, type WindowedForward } from './window-aggregation.ts'
import { windowedOutput } from './windowed-output.ts'
import { retentionMsOf, type WindowedStore } from './windowed-store.ts'

type Add = (aggregate: unknown, value: unknown, record: StreamRecord) => unknown

/** `makeNext` is called when the aggregate has its place among those that emit. */
export function windowedAggregate(
  node: WindowedAggregateNode,
  plan: TablePlan,
  store: WindowedStore,
  makeNext: () => Forward,
  failed: OnFailure,
  context: TaskContext,
): Forward {
  const processor = new WindowedAggregate(node, plan, store, makeNext, failed, context)
  return (record) => processor.process(record)
}

class WindowedAggregate {
  readonly #node: WindowedAggregateNode
  readonly #store: WindowedStore
  readonly #add: Add
  readonly #sendsOldValues: boolean
  readonly #failed: OnFailure
  readonly #context: TaskContext
  readonly #time: OperatorTime
  readonly #put: WindowedForward
  /** Whether it says itself what has expired; else the store does. */
  readonly #givesUp: boolean
  /** How long windows stay to be looked up only, ms. */
  readonly #staysMs: number
  readonly #closed = new EntryList()
  /** Final results of windows that start up to here have gone out; undefined until the first record. */
  #finalThroughMs: number | undefined

  constructor(
    node: WindowedAggregateNode,
    plan: TablePlan,
    store: WindowedStore,
    makeNext: () => Forward,
    failed: OnFailure,
    context: TaskContext,
  ) {
    this.#node = node
    this.#store = store
    this.#add = node.add as unknown as Add
    this.#sendsOldValues = plan.sendsOldValues
    this.#failed = failed
    this.#context = context
    this.#time = context.timeOf(node.name)
    const { windows } = node
    this.#givesUp = retentionMsOf(node) === Infinity
    this.#staysMs = finalStaysMs(node.emit, plan, node.retentionMs ?? 0)
    if (windows.kind === 'time-windows' || windows.kind === 'local-windows') {
      context.onEmit(() => this.#close(windows, this.#time.catchUp()))
    }
    this.#put = windowedOutput(node, makeNext, context)
  }

  process(record: StreamRecord): void {
    const { key } = record
    if (key === null || key === undefined) {
      this.#context.drop(this.#node.name, 'null-key')
      return
    }
    const { windows } = this.#node
    try {
      if (windows.kind === 'time-windows') this.#processTime(record, windows)
      else if (windows.kind === 'local-windows') this.#processLocal(record, windows)
      else if (windows.kind === 'unlimited-windows') this.#processUnlimited(record, windows)
    } catch (cause) {
      this.#failed(cause)
    }
  }

  #processUnlimited(record: StreamRecord, { startMs }: UnlimitedWindows): void {
    if (record.timestampMs < startMs) this.#context.drop(this.#node.name, 'unrouted')
    else this.#update(record, startMs, Infinity)
  }

  #processTime(record: StreamRecord, windows: TimeWindows): void {
    const { timestampMs } = record
    const { sizeMs, advanceMs, graceMs } = windows
    // What was final at the restart is so still.
    this.#finalThroughMs ??= this.#time.nowMs - graceMs - sizeMs
    const nowMs = this.#time.advance(timestampMs)
    const closedThroughMs = nowMs - graceMs - sizeMs
    let startMs = firstWindowStart(timestampMs, windows)
    for (; startMs <= timestampMs; startMs += advanceMs) {
      if (startMs <= closedThroughMs) this.#context.drop(this.#node.name, 'expired-window')
      else this.#update(record, startMs, startMs + sizeMs)
    }
    this.#close(windows, nowMs)
  }

  #processLocal(record: StreamRecord, windows: LocalWindows): void {
    this.#finalThroughMs ??= closedThrough(windows, this.#time.nowMs)
    const nowMs = this.#time.advance(record.timestampMs)
    const { startMs, endMs } = windows.windowAt(record.timestampMs)
    if (endMs + windows.graceMs > nowMs) this.#update(record, startMs, endMs)
    else this.#context.drop(this.#node.name, 'expired-window')
    this.#close(windows, nowMs)
  }

  #update(record: StreamRecord, startMs: number, endMs: number): void {
    const store = this.#store
    const { key, timestampMs, value } = record
    const { initialize, emit } = this.#node
    const entry = store.find(key, startMs)
    let before: unknown = entry < 0 ? null : store.valueAt(entry)
    const resultMs = entry < 0 ? timestampMs : Math.max(timestampMs, store.timestampAt(entry))
    let after: unknown
    if (entry < 0 && initialize === undefined) {
      after = value
    } else {
      before ??= initialize!()
      after = this.#add(this.#copyOf(before, entry), value, record)
    }
    store.put(key, after ?? null, startMs, resultMs)
    if (emit === 'on-window-close') return
    this.#put(key, startMs, endMs, after ?? null, this.#sendsOldValues ? before : null, resultMs)
  }

  /** What `add` changes in place must not change the old value that is sent. */
  #copyOf(before: unknown, entry: number): unknown {
    if (!this.#sendsOldValues || typeof before !== 'object') return before
    return entry < 0 ? this.#node.initialize!() : this.#store.valueAt(entry)
  }

  /** Lets final results out, in the order (start, key), and gives up what nobody may read any more. */
  #close(windows: TimeWindows | LocalWindows, nowMs: number): void {
    if (!this.#givesUp) return
    const closedThroughMs = closedThrough(windows, nowMs)
    const { emit, retentionMs } = this.#node
    if (emit === 'on-window-close') this.#emitFinal(closedThroughMs, windows)
    const expiredMs =
      retentionMs === undefined ? closedThroughMs : Math.min(closedThroughMs, nowMs - retentionMs)
    this.#store.expireThrough(expiredMs - this.#staysMs)
  }

  #emitFinal(throughMs: number, windows: TimeWindows | LocalWindows): void {
    const fromMs = this.#finalThroughMs
    if (fromMs === undefined || throughMs <= fromMs) return
    this.#finalThroughMs = throughMs
    const store = this.#store
    const closed = this.#closed
    closed.size = 0
    store.collectTimes(closed, fromMs + 1, throughMs + 1)
    for (let i = 0; i < closed.size; i++) {
      const entry = closed.entries[i]!
      const startMs = store.startAt(entry)
      const isFixed = windows.kind === 'time-windows'
      const endMs = isFixed ? startMs + windows.sizeMs : windows.windowAt(startMs).endMs
      const value = store.valueAt(entry)
      const timestampMs = store.timestampAt(entry)
      this.#put(store.keyAt(entry), startMs, endMs, value, null, timestampMs)
    }
  }
}

/** Windows that start up to here are closed: their end and grace are not after stream time. Epoch ms. */
function closedThrough(windows: TimeWindows | LocalWindows, nowMs: number): number {
  if (windows.kind === 'time-windows') return nowMs - windows.graceMs - windows.sizeMs
  const openMs = nowMs - windows.graceMs
  // All before the window of that time have ended.
  return openMs < 0 ? -1 : windows.windowAt(openMs).startMs - 1
}
