// Holds updates back until the task emits: then the latest of each key goes out, with what was sent last as
// the old value (what Kafka's record cache does by accident of its size).
import { StreamRecord, type CacheCounts, type Forward, type TaskContext } from './processor.ts'

/** What an update takes in the heap beside its name, about; its value lies in the store as well. */
const UPDATE_BYTES = 256

/** An update of a table's row; changed in place by those that follow until it goes out. */
interface Update {
  readonly key: unknown
  value: unknown
  /** What was there before, null for nothing. */
  readonly oldValue: unknown
  timestampMs: number
}

/** Holds the latest update of each row; rows go by names, the same for updates of one. */
export class Coalescer {
  readonly #counts: CacheCounts
  #held = new Map<string, Update>()

  /**
   * @param store whose updates are held.
   * @param makeNext called when the coalescer has its place among those that emit.
   */
  constructor(store: string, makeNext: () => Forward, context: TaskContext) {
    this.#counts = context.cacheOf(store)
    context.onEmit(() => this.#emit(next))
    const next = makeNext()
  }

  /** Takes the place of the update that is held of a row. @returns false where none is: it is to be added. */
  replace(name: string, value: unknown, timestampMs: number): boolean {
    const held = this.#held.get(name)
    if (held === undefined) return false
    held.value = value
    held.timestampMs = timestampMs
    this.#counts.requests += 1
    this.#counts.hits += 1
    return true
  }

  /** Holds the first update of a row; `oldValue` is what was sent of it before, null for nothing. */
  add(name: string, key: unknown, value: unknown, oldValue: unknown, timestampMs: number): void {
    this.#held.set(name, { key, value, oldValue, timestampMs })
    this.#counts.requests += 1
    this.#counts.heldBytes += UPDATE_BYTES + name.length
  }

  #emit(next: Forward): void {
    if (this.#held.size === 0) return
    const updates = this.#held
    this.#held = new Map()
    this.#counts.heldBytes = 0
    const result = new StreamRecord()
    for (const { key, value, oldValue, timestampMs } of updates.values()) {
      result.key = key
      result.value = value
      result.oldValue = oldValue
      result.timestampMs = timestampMs
      next(result)
    }
  }
}
