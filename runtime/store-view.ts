// The stores of a task as its checkpoint on this machine has them, while another instance runs the task or its
// changelogs are still read: loaded when somebody asks who takes state that is behind (Kafka Streams' KIP-535),
// brought on with the checkpoint, and given up when nobody asks any more.
import type { StateMemory } from '../state/stores/state-memory.ts'
import { StoresAlone } from '../processors/stores-alone.ts'
import type { TaskState } from '../processors/task-state.ts'
import { subtopologyOf } from '../topology/subtopology.ts'
import type { Topology } from '../topology/topology.ts'
import type { TaskSpec } from './plan.ts'
import type { LoggedEntry, TaskCheckpoints } from './task-checkpoints.ts'
import { boundStore } from './task-stores.ts'

/** What views need of their thread. */
export interface ViewSurroundings {
  readonly topology: Topology
  /** What bounds what stores take in memory; nothing does where it is left out. */
  readonly memory?: StateMemory | undefined
}

/** The stores of one task that can be read. Only those that were asked for are filled. */
export class StoreView {
  readonly #checkpoints: TaskCheckpoints
  readonly #stores: StoresAlone
  readonly #closers: (() => void)[] = []
  /** Those that are filled, or are being filled, with what is left to take in. */
  readonly #loads = new Map<string, Iterator<Uint8Array> | undefined>()
  /** By the clock that never goes back, when it was last asked. */
  askedMs = 0

  constructor(checkpoints: TaskCheckpoints, spec: TaskSpec, around: ViewSurroundings) {
    const { topology, memory } = around
    this.#checkpoints = checkpoints
    this.#stores = new StoresAlone({
      topology,
      part: subtopologyOf(topology, spec.subtopology),
      partition: spec.partition,
      topic: spec.inputs[0]?.topic ?? '',
    })
    if (memory === undefined) return
    for (const store of this.#stores.all) this.#closers.push(boundStore(store, memory))
  }

  /** To be asked when it `has` the store. */
  get state(): TaskState {
    return this.#stores.state
  }

  /** Whether something of a store is still to be taken in: the checkpoint must not change meanwhile. */
  get isLoading(): boolean {
    return [...this.#loads.values()].some((load) => load !== undefined)
  }

  /** Whether all of a store is there. */
  has(store: string): boolean {
    return this.#loads.has(store) && this.#loads.get(store) === undefined
  }

  /** Begins to fill a store; see `step`. */
  want(store: string): void {
    if (this.#loads.has(store)) return
    this.#stores.restoreTimes(this.#checkpoints.times)
    this.#loads.set(store, this.#checkpoints.entriesOf(store)[Symbol.iterator]())
  }

  /** Takes in what is next of a store that is being filled. */
  step(): void {
    for (const [name, load] of this.#loads) {
      if (load === undefined) continue
      const next = load.next()
      if (next.done === true) this.#loads.set(name, undefined)
      else this.#restore(name, next.value)
      return
    }
  }

  /**
   * The checkpoint has taken over entries of a store.
   * @returns false when they replace what is here: then all of it is to be read again.
   */
  take(store: string, entries: readonly LoggedEntry[]): boolean {
    if (!this.#loads.has(store)) return true
    if (entries.some(({ isSnapshot }) => isSnapshot)) return false
    for (const { meta, bytes } of entries) {
      this.#stores.restoreTimes(meta.times ?? {})
      this.#restore(store, bytes)
    }
    return true
  }

  /** Gives up what the stores hold. */
  close(): void {
    for (const close of this.#closers) close()
    this.#loads.clear()
  }

  #restore(name: string, bytes: Uint8Array): void {
    for (const store of this.#stores.all) if (store.name === name) store.restore(bytes)
  }
}
