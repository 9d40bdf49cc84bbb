// The open windows of a store: their starts and chains in typed arrays, found by their number. Windows
// come and go by the thousand a second on a backlog, so none of them is an object.
import type { TimeWindow } from '../topology/windows.ts'

const NONE = -1
const INITIAL_WINDOWS = 64
/** Bounds kept for the results that come next: kept with their windows, they would grow old in the heap. */
const BOUNDS_KEPT = 64

/** Gives open windows small ids; the id of a closed one serves again. */
export class WindowIndex {
  /** First entry of each window's chain, by id; -1 for none. */
  firstEntries = new Int32Array(INITIAL_WINDOWS).fill(NONE)
  readonly #sizeMs: number
  readonly #advanceMs: number
  #starts = new Float64Array(INITIAL_WINDOWS).fill(NaN)
  readonly #bounds = Array.from({ length: BOUNDS_KEPT }, (): TimeWindow => ({
    startMs: NaN,
    endMs: NaN,
  }))
  /** Open addressing by the window's number: neighbours in time are neighbours here. */
  #slots = new Int32Array(INITIAL_WINDOWS * 2).fill(NONE)
  /** Slots that are not free; those of closed windows are until the next reindexing. */
  #slotsUsed = 0
  readonly #freeIds: number[] = []
  #end = 0

  constructor({ sizeMs, advanceMs }: { sizeMs: number; advanceMs: number }) {
    this.#sizeMs = sizeMs
    this.#advanceMs = advanceMs
  }

  /** How many windows are open. */
  get size(): number {
    return this.#end - this.#freeIds.length
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

  /** Closes a window, which no entry bears any more. */
  close(id: number): void {
    this.#starts[id] = NaN
    this.firstEntries[id] = NONE
    this.#freeIds.push(id)
  }

  #add(slot: number, startMs: number): number {
    const isFull = this.#freeIds.length === 0 && this.#end === this.#starts.length
    if (isFull) this.#grow()
    else if (this.#slotsUsed * 4 > this.#slots.length * 3) this.#reindex()
    else return this.#put(slot, startMs)
    return this.open(startMs)
  }

  #put(slot: number, startMs: number): number {
    const id = this.#freeIds.pop() ?? this.#end++
    this.#slots[slot] = id
    this.#slotsUsed += 1
    this.#starts[id] = startMs
    return id
  }

  #grow(): void {
    const capacity = this.#starts.length * 2
    const starts = new Float64Array(capacity).fill(NaN)
    starts.set(this.#starts)
    const firstEntries = new Int32Array(capacity).fill(NONE)
    firstEntries.set(this.firstEntries)
    this.#starts = starts
    this.firstEntries = firstEntries
    this.#slots = new Int32Array(capacity * 2)
    this.#reindex()
  }

  #reindex(): void {
    const slots = this.#slots.fill(NONE)
    const mask = slots.length - 1
    this.#slotsUsed = this.size
    for (let id = 0; id < this.#end; id++) {
      if (Number.isNaN(this.#starts[id])) continue
      let slot = (this.#starts[id]! / this.#advanceMs) & mask
      while (slots[slot] !== NONE) slot = (slot + 1) & mask
      slots[slot] = id
    }
  }
}
