// Holds updates back until the task emits: then the latest of each key goes out, with what was sent last as
// the old value (what Kafka's record cache does by accident of its size).
import { StreamRecord, type Forward, type TaskContext } from './processor.ts'

/** What an update takes in the heap beside its name, about; its value lies in the store as well. */
const UPDATE_BYTES = 256

/** An update of a table's row. */
export interface Update {
  readonly key: unknown
  readonly value: unknown
  /** What was there before, null for nothing. */
  readonly oldValue: unknown
  readonly timestampMs: number
}

/** Takes an update; `name` is the same for updates of one row. */
export type Hold = (name: string, update: Update) => void

/**
 * @param store whose updates are held.
 * @param makeNext called when the coalescer has its place among those that emit.
 */
export function coalescer(store: string, makeNext: () => Forward, context: TaskContext): Hold {
  const counts = context.cacheOf(store)
  let held = new Map<string, Update>()
  const result = new StreamRecord()
  context.onEmit(() => {
    if (held.size === 0) return
    const updates = held
    held = new Map()
    counts.heldBytes = 0
    for (const { key, value, oldValue, timestampMs } of updates.values()) {
      result.key = key
      result.value = value
      result.oldValue = oldValue
      result.timestampMs = timestampMs
      next(result)
    }
  })
  const next = makeNext()
  return (name, update) => {
    const before = held.get(name)
    counts.requests += 1
    if (before === undefined) counts.heldBytes += UPDATE_BYTES + name.length
    else counts.hits += 1
    held.set(name, before === undefined ? update : { ...update, oldValue: before.oldValue })
  }
}
