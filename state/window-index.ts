// The open windows of a store: their starts and chains in typed arrays, found by their number. Windows
// come and go by the thousand a second on a backlog, so none of them is an object.
import type { TimeWindow } from '../topology/windows.ts'

const NONE = -1
const INITIAL_WINDOWS = 64
/** Bounds kept for the results that come next: kept with their windows, they would grow old in the heap. */
const BOUNDS_KEPT = 64

/** Gives open windows small ids; the id of a closed one serves again after the next sweep of the store. */
export class WindowIndex {
  /** First entry of each window's chain, by id; -1 for none. */
  firstEntries = new Int32Array(INITIAL_WINDOWS).fill(NONE)
  #entryCounts = new Int32Array(INITIAL_WINDOWS)
  readonly #sizeMs: number
  readonly #advanceMs: number
  #starts = new Float64Array(INITIAL_WINDOWS).fill(NaN)
  readonly #bounds = Array.from({ length: BOUNDS_KEPT }, (): TimeWindow => ({
    startMs: NaN,
    endMs: NaN,
  }))
  /** Open addressing by the window's number: neighbours in time are neighbours here. */
  #slots = new Int32Array(INITIAL_WINDOWS * 2).fill(NONE)
  readonly #freeIds: number[] = []
  /** Ids of closed windows that entries still bear. */
  #closedIds: number[] = []
  #end = 0

  constructor({ sizeMs, advanceMs }: { sizeMs: number; advanceMs: number }) {
    this.#sizeMs = sizeMs
    this.#advanceMs = advanceMs
  }

  /** How many windows are open. */
  get size(): number {
    return this.#end - this.#freeIds.length - this.#closedIds.length
  }

  /** The id of the window that starts at `startMs`, opened when it is new. */
  open(startMs: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = (startMs / this.#advanceMs) & mask
    for (;;) {
      const id = slots[slot]!
      if (id === NONE) return this.#add(slot, startMs)
      if (this.#starts[id] === startMs) return id
      slot = (slot + 1) & mask
    }
  }

  /** The bounds of a window; results that follow each other share one object. */
  boundsOf(id: number): TimeWindow {
    const startMs = this.#starts[id]!
    const kept = this.#bounds[id % BOUNDS_KEPT]!
    if (kept.startMs === startMs) return kept
    return (this.#bounds[id % BOUNDS_KEPT] = { startMs, endMs: startMs + this.#sizeMs })
  }

  /** Which window it is, counted from the epoch by their starts; beyond 32 bits they begin anew. */
  numberOf(id: number): number {
    return (this.#starts[id]! / this.#advanceMs) | 0
  }

  startOf(id: number): number {
    return this.#starts[id]!
  }

  /** Start of the earliest window, Infinity when there is none. */
  get earliestStartMs(): number {
    let earliest = Infinity
    for (let id = 0; id < this.#end; id++) {
      const startMs = this.#starts[id]!
      if (startMs < earliest) earliest = startMs
    }
    return earliest
  }

  /** Ids of the open windows that start at or before `startMs`, the earliest first. */
  through(startMs: number): number[] {
    const ids: number[] = []
    for (let id = 0; id < this.#end; id++) if (this.#starts[id]! <= startMs) ids.push(id)
    return ids.sort((one, other) => this.#starts[one]! - this.#starts[other]!)
  }

  /** Puts an entry in front of a window's chain. */
  added(id: number, entry: number): void {
    this.firstEntries[id] = entry
    this.#entryCounts[id]! += 1
  }

  isOpen(id: number): boolean {
    // NaN, the start of a closed one, does not equal itself.
    return this.#starts[id] === this.#starts[id]
  }

  /** The window keeps its slot, where nothing finds it. @returns how many entries it had. */
  close(id: number): number {
    const count = this.#entryCounts[id]!
    this.#starts[id] = NaN
    this.#entryCounts[id] = 0
    this.firstEntries[id] = NONE
    this.#closedIds.push(id)
    return count
  }

  /** Follows first entries to their new places; no entry bears the id of a closed window any more. */
  swept(movedTo: Int32Array): void {
    const { firstEntries } = this
    for (let id = 0; id < this.#end; id++) {
      if (firstEntries[id] !== NONE) firstEntries[id] = movedTo[firstEntries[id]!]!
    }
    for (const id of this.#closedIds) this.#freeIds.push(id)
    this.#closedIds = []
    this.#reindex()
  }

  #add(slot: number, startMs: number): number {
    if (this.#freeIds.length === 0 && this.#end === this.#starts.length) {
      this.#grow()
      return this.open(startMs)
    }
    const id = this.#freeIds.pop() ?? this.#end++
    this.#slots[slot] = id
    this.#starts[id] = startMs
    return id
  }

  #grow(): void {
    const capacity = this.#starts.length * 2
    const starts = new Float64Array(capacity).fill(NaN)
    starts.set(this.#starts)
    const firstEntries = new Int32Array(capacity).fill(NONE)
    firstEntries.set(this.firstEntries)
    const entryCounts = new Int32Array(capacity)
    entryCounts.set(this.#entryCounts)
    this.#starts = starts
    this.#entryCounts = entryCounts
    this.firstEntries = firstEntries
    this.#slots = new Int32Array(capacity * 2)
    this.#reindex()
  }

  #reindex(): void {
    const slots = this.#slots.fill(NONE)
    const mask = slots.length - 1
    for (let id = 0; id < this.#end; id++) {
      if (!this.isOpen(id)) continue
      let slot = (this.#starts[id]! / this.#advanceMs) & mask
      while (slots[slot] !== NONE) slot = (slot + 1) & mask
      slots[slot] = id
    }
  }
}
