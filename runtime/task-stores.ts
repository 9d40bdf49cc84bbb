// The stores of one task, with what is counted of them: operations, iterators left open, updates held back.
import type { CacheCounts, TaskStore } from '../processors/processor.ts'
import type { StateMemory } from '../state/stores/state-memory.ts'
import { observeOperations, type OpenIterators } from './store-operations.ts'
import type { TaskMetrics } from './task-metrics.ts'

/** What is measured, and who knows what is saved. */
interface TaskStoresOptions {
  /** Whether what operations take is measured, too. */
  readonly isTimed: boolean
  readonly savedBytes: (store: string) => number
  /** What bounds what the stores of the thread take; nothing does where it is left out. */
  readonly memory?: StateMemory | undefined
}

/** The stores that a task's processors have opened. */
export class TaskStores {
  readonly all: TaskStore[] = []
  readonly #metrics: TaskMetrics
  readonly #options: TaskStoresOptions
  readonly #iterators = new Map<string, OpenIterators>()
  /** Take over what stores and caches have counted by themselves. */
  readonly #tellers: (() => void)[] = []
  readonly #caches: CacheCounts[] = []
  readonly #closers: (() => void)[] = []

  constructor(metrics: TaskMetrics, options: TaskStoresOptions) {
    this.#metrics = metrics
    this.#options = options
  }

  add(store: TaskStore): void {
    const observer = this.#metrics.operationsOf(store.name, this.#options.isTimed)
    this.#iterators.set(store.name, observeOperations(store, observer))
    if (store.puts !== undefined) this.#tellers.push(this.#metrics.putsOf(store))
    this.#bound(store)
    this.all.push(store)
  }

  /** All that was saved is there again: what it gave up with that is not told. */
  begin(): void {
    for (const store of this.all) this.#tellers.push(this.#metrics.removalsOf(store))
  }

  cacheOf(store: string): CacheCounts {
    const counts: CacheCounts = { requests: 0, hits: 0, heldBytes: 0 }
    this.#caches.push(counts)
    this.#tellers.push(this.#metrics.cacheOf(store, counts))
    return counts
  }

  /** Bytes of updates that wait for the next emission. */
  get heldBytes(): number {
    let bytes = 0
    for (const { heldBytes } of this.#caches) bytes += heldBytes
    return bytes
  }

  /** Iterators over a store that are open. */
  openIteratorsOf(store: string): number {
    return this.#iterators.get(store)?.open ?? 0
  }

  /** Bytes of what is saved of a store. */
  savedBytesOf(store: string): number {
    return this.#options.savedBytes(store)
  }

  /** Gives up what the stores hold. They are of no use any more. */
  close(): void {
    for (const close of this.#closers) close()
  }

  #bound(store: TaskStore): void {
    const { memory } = this.#options
    if (memory === undefined) return
    this.#closers.push(boundStore(store, memory))
    if (store.spill !== undefined) {
      this.#tellers.push(this.#metrics.spillOf(store.name, store.spill))
    }
  }

  /** Brings the metrics up to date. */
  tell(): void {
    for (const tell of this.#tellers) tell()
  }
}

/** Counts what an empty store is going to hold among what is bounded. @returns what gives it up. */
export function boundStore(store: TaskStore, memory: StateMemory): () => void {
  // One without pages: what it takes is not there for those of others.
  if (store.spill === undefined) return memory.addRest(() => store.sizeBytes)
  store.lieIn?.(memory)
  return () => store.close?.()
}
