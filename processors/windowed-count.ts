// Counts per key and window (Kafka's KStreamWindowAggregate with a count): late records are dropped per
// window, updates go out by the emit strategy, closed windows are given up.
import { CountPacker, restoreEntry } from '../state/count-log.ts'
import type { KeyTable } from '../state/key-table.ts'
import { CountView } from '../state/count-view.ts'
import { WindowCounts } from '../state/window-counts.ts'
import type { EmitStrategy, WindowedCountNode } from '../topology/node.ts'
import { firstWindowStart, type TimeWindows } from '../topology/windows.ts'
import type { OperatorTime } from './operator-time.ts'
import {
  StreamRecord,
  type CacheCounts,
  type Forward,
  type TaskContext,
  type TaskStore,
} from './processor.ts'
import type { TaskState } from './task-state.ts'

/**
 * The records that come must carry `keys` and `keyId`; the grouping before sees to that. `makeNext` is
 * called when this count has its place among those that emit: behind it come those that it feeds.
 */
export function windowedCount(
  node: WindowedCountNode,
  keys: KeyTable,
  makeNext: () => Forward,
  context: TaskContext,
  state: TaskState,
): Forward {
  const processor = new WindowedCount(node, keys, makeNext, context)
  state.addCounts(node.name, processor.view)
  return (record) => processor.process(record)
}

// A class, not closures: the times that change per record would be boxed in a closure's variables.
class WindowedCount implements TaskStore {
  readonly name: string
  readonly #windows: TimeWindows
  readonly #emit: EmitStrategy
  readonly #keys: KeyTable
  readonly #next: Forward
  readonly #context: TaskContext
  readonly #time: OperatorTime
  readonly #counts: WindowCounts
  readonly #packer: CountPacker
  readonly #result = new StreamRecord()
  readonly #cache: CacheCounts | undefined
  #puts = 0
  /** Stream time at which the earliest window held closes. */
  #closesAtMs = Infinity

  constructor(
    node: WindowedCountNode,
    keys: KeyTable,
    makeNext: () => Forward,
    context: TaskContext,
  ) {
    this.name = node.name
    this.#windows = node.windows
    this.#emit = node.emit
    this.#keys = keys
    this.#context = context
    this.#time = context.timeOf(node.name)
    this.#counts = new WindowCounts(node.name, keys, node.windows)
    this.#packer = new CountPacker(this.#counts)
    this.#result.keys = keys
    context.addStore(this)
    if (node.emit === 'on-update-coalesced') this.#cache = context.cacheOf(node.name)
    context.onEmit(() => this.#emitAndClose())
    this.#next = makeNext()
  }

  /** The counts as a store that can be read. */
  get view(): CountView<unknown> {
    return new CountView(this.#counts)
  }

  get rows(): number {
    return this.#counts.rows
  }

  get sizeBytes(): number {
    return this.#counts.sizeBytes
  }

  get puts(): number {
    return this.#puts
  }

  get removedRows(): number {
    return this.#counts.removedRows
  }

  get cacheBytes(): number {
    return this.#cache === undefined ? 0 : this.#counts.updatesHeldBytes
  }

  pack(isSnapshot: boolean): Uint8Array | undefined {
    return isSnapshot ? this.#packer.packSnapshot() : this.#packer.packUnsaved()
  }

  get changedRows(): number {
    return this.#packer.changedRows
  }

  restore(entry: Uint8Array, savedBytes?: number): void {
    restoreEntry(this.#counts, entry, savedBytes)
    // The log does not say which windows were closed since: the operator's time does. Their final results
    // went out before the commit that saved it.
    this.#counts.dropThrough(this.#closedThroughMs)
    this.#closesAtMs = this.#earliestClose()
  }

  process(record: StreamRecord): void {
    const { timestampMs, keyId } = record
    const { sizeMs, advanceMs, graceMs } = this.#windows
    if (keyId < 0) {
      this.#context.drop(this.name, 'null-key')
      return
    }
    const closedThroughMs = this.#time.advance(timestampMs) - graceMs - sizeMs
    let startMs = firstWindowStart(timestampMs, this.#windows)
    for (; startMs <= timestampMs; startMs += advanceMs) {
      if (startMs <= closedThroughMs) {
        this.#context.drop(this.name, 'expired-window')
        continue
      }
      this.#counts.increment(startMs, keyId, timestampMs)
      this.#puts += 1
      const closesAtMs = startMs + sizeMs + graceMs
      if (closesAtMs < this.#closesAtMs) this.#closesAtMs = closesAtMs
      if (this.#emit === 'on-update') this.#counts.drainUpdates(this.#forward)
    }
  }

  readonly #forward = (entry: number): void => {
    const counts = this.#counts
    const result = this.#result
    const keyId = counts.keyIdOf(entry)
    const window = counts.windowOf(entry)
    result.keyId = keyId
    result.windowStartMs = window.startMs
    result.key = { key: this.#keys.valueOf(keyId), window }
    result.value = counts.countOf(entry)
    result.timestampMs = counts.timestampOf(entry)
    this.#next(result)
  }

  #emitAndClose(): void {
    if (this.#cache === undefined) this.#counts.forgetUpdates()
    else this.#drain(this.#cache)
    if (this.#time.catchUp() >= this.#closesAtMs) this.#close()
    // No row is in work, so no id is.
    this.#keys.forgetSome()
  }

  /** All updates since the last emission have come; each entry that they changed goes out once. */
  #drain(cache: CacheCounts): void {
    const updates = this.#puts - cache.requests
    cache.requests = this.#puts
    cache.hits += updates - this.#counts.updatesHeld
    this.#counts.drainUpdates(this.#forward)
  }

  /** Gives up what no record can change any more; final results go out in the order (start, key). */
  #close(): void {
    const lastStartMs = this.#closedThroughMs
    if (this.#emit === 'on-window-close') {
      this.#counts.dropThrough(lastStartMs, (entries) =>
        this.#inKeyOrder(entries).forEach(this.#forward),
      )
    } else {
      this.#counts.dropThrough(lastStartMs)
    }
    this.#closesAtMs = this.#earliestClose()
  }

  /** Start of the last window that is closed: its end plus grace is not after stream time. */
  get #closedThroughMs(): number {
    return this.#time.nowMs - this.#windows.graceMs - this.#windows.sizeMs
  }

  #earliestClose(): number {
    return this.#counts.earliestStartMs + this.#windows.sizeMs + this.#windows.graceMs
  }

  #inKeyOrder(entries: number[]): number[] {
    const bytesOf = (entry: number): Uint8Array => this.#keys.bytesOf(this.#counts.keyIdOf(entry))
    return entries.sort((one, other) => Buffer.compare(bytesOf(one), bytesOf(other)))
  }
}
