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

  /** @returns how many entries the window had. */
  close(id: number): number {
    const mask = this.#slots.length - 1
    let slot = (this.#starts[id]! / this.#advanceMs) & mask
    while (this.#slots[slot] !== id) slot = (slot + 1) & mask
    this.#closeGap(slot, mask)
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

  /** Moves windows behind a freed slot up, so that searches end at the first empty one (Knuth 6.4 R). */
  #closeGap(freed: number, mask: number): void {
    const slots = this.#slots
    let gap = freed
    for (let slot = (gap + 1) & mask; slots[slot] !== NONE; slot = (slot + 1) & mask) {
      const id = slots[slot]!
      const home = (this.#starts[id]! / this.#advanceMs) & mask
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue
      slots[gap] = id
      gap = slot
    }
    slots[gap] = NONE
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
    this.#slots = new Int32Array(capacity * 2).fill(NONE)
    const mask = this.#slots.length - 1
    for (let id = 0; id < this.#end; id++) {
      if (Number.isNaN(starts[id]!)) continue
      let slot = (starts[id]! / this.#advanceMs) & mask
      while (this.#slots[slot] !== NONE) slot = (slot + 1) & mask
      this.#slots[slot] = id
    }
  }
}
