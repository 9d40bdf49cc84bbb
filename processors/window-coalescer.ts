// Holds updates of windows back until the task emits, as `Coalescer` does for rows. A record changes many windows
// of one key, so they are found by numbers: that of the key, and the bounds of the window.
import type { Serde } from '../topology/serdes/serde.ts'
import { keyNames } from './key-names.ts'
import { StreamRecord, type CacheCounts, type Forward, type TaskContext } from './processor.ts'

/** What an update takes in the heap beside its key, about; its value lies in the store as well. */
const UPDATE_BYTES = 256
const SLOTS_MIN = 1_024
/** Slots that serve again; more are made anew by those who need them. */
const SLOTS_KEPT = 65_536

/** An update of a window; changed in place by those that follow until it goes out. */
interface Update {
  readonly keyId: number
  readonly key: unknown
  readonly startMs: number
  readonly endMs: number
  value: unknown
  /** What was there before, null for nothing. */
  readonly oldValue: unknown
  timestampMs: number
}

/** Holds the latest update of each window; they go out in the order of the first of each. */
export class WindowCoalescer {
  readonly #counts: CacheCounts
  readonly #nameOf: (key: unknown) => string
  /** Numbers of keys since the last emission. */
  readonly #keyIds = new Map<string, number>()
  #updates: Update[] = []
  /** By hash: the place of an update plus 1, 0 where there is none. */
  #slots = new Int32Array(SLOTS_MIN)
  #lastKey: unknown = undefined
  #lastKeyId = 0

  /**
   * @param store whose updates are held.
   * @param makeNext called when the coalescer has its place among those that emit.
   */
  constructor(store: string, key: Serde<never>, makeNext: () => Forward, context: TaskContext) {
    this.#counts = context.cacheOf(store)
    this.#nameOf = keyNames(key)
    context.onEmit(() => this.#emit(next))
    const next = makeNext()
  }

  /**
   * Takes the place of the update that is held of a window, or is the first of it; then `oldValue` is what was
   * sent of it before, null for nothing. @throws SerdeError when the key's serde cannot write it.
   */
  hold(
    key: unknown,
    startMs: number,
    endMs: number,
    value: unknown,
    oldValue: unknown,
    timestampMs: number,
  ): void {
    const keyId = this.#idOf(key)
    const updates = this.#updates
    const slot = this.#slotOf(keyId, startMs, endMs)
    const held = this.#slots[slot]!
    this.#counts.requests += 1
    if (held > 0) {
      const update = updates[held - 1]!
      update.value = value
      update.timestampMs = timestampMs
      this.#counts.hits += 1
      return
    }
    updates.push({ keyId, key, startMs, endMs, value, oldValue, timestampMs })
    this.#slots[slot] = updates.length
    this.#counts.heldBytes += UPDATE_BYTES
    if (updates.length * 2 > this.#slots.length) this.#grow()
  }

  #idOf(key: unknown): number {
    // An object may be another key than before.
    const isPrimitive = typeof key !== 'object'
    if (isPrimitive && Object.is(key, this.#lastKey)) return this.#lastKeyId
    const name = this.#nameOf(key)
    let id = this.#keyIds.get(name)
    if (id === undefined) {
      id = this.#keyIds.size
      this.#keyIds.set(name, id)
      this.#counts.heldBytes += name.length
    }
    this.#lastKey = isPrimitive ? key : undefined
    this.#lastKeyId = id
    return id
  }

  /** Where a window is, or the free slot that it would have. */
  #slotOf(keyId: number, startMs: number, endMs: number): number {
    const slots = this.#slots
    const updates = this.#updates
    const mask = slots.length - 1
    let slot = hashOf(keyId, startMs, endMs) & mask
    for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const update = updates[slots[slot]! - 1]!
      const isSame = update.keyId === keyId && update.startMs === startMs && update.endMs === endMs
      if (isSame) return slot
    }
    return slot
  }

  #grow(): void {
    const slots = (this.#slots = new Int32Array(this.#slots.length * 2))
    for (const [i, { keyId, startMs, endMs }] of this.#updates.entries()) {
      slots[this.#slotOf(keyId, startMs, endMs)] = i + 1
    }
  }

  #emit(next: Forward): void {
    const updates = this.#updates
    if (updates.length === 0) return
    this.#updates = []
    this.#keyIds.clear()
    this.#lastKey = undefined
    if (this.#slots.length > SLOTS_KEPT) this.#slots = new Int32Array(SLOTS_MIN)
    else this.#slots.fill(0)
    this.#counts.heldBytes = 0
    const result = new StreamRecord()
    for (const { key, startMs, endMs, value, oldValue, timestampMs } of updates) {
      result.key = { key, window: { startMs, endMs } }
      result.value = value
      result.oldValue = oldValue
      result.timestampMs = timestampMs
      next(result)
    }
  }
}

/** Of times only the low 32 bits count: windows that are held together lie close together. */
function hashOf(keyId: number, startMs: number, endMs: number): number {
  let hash = Math.imul(keyId + 1, 0x9e3779b1) ^ Math.imul(startMs | 0, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15) ^ (endMs | 0), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
