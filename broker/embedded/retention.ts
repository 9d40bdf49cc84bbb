// What a partition no longer keeps: its oldest batches go in small steps, within the commits that add
// new ones and by a timer of the broker. Age is counted from the append, not from event time.
import { countOf } from '../record-batch.ts'
import { batchKey, offsetOfKey, partitionKey } from './keys.ts'
import type { Log } from './log.ts'
import { readBounds, writeBounds, type PartitionBounds } from './partition.ts'
import type { Topic } from './topic-table.ts'

// The last eight bytes of a packed batch's header are the log's.
const APPENDED_AT = 24
const SWEEP_STEPS = 64

/** Notes in a packed batch when it was appended, epoch milliseconds. */
export function setAppendedAtMs(packed: Uint8Array, nowMs: number): void {
  new DataView(packed.buffer, packed.byteOffset).setFloat64(APPENDED_AT, nowMs, true)
}

interface Limits {
  readonly bytes: number
  readonly ms: number
}

/** What a topic keeps; a compacted one, or one without settings, keeps all. */
function limitsOf({ config }: Topic): Limits | undefined {
  if (config['cleanup.policy'] === 'compact') return undefined
  const limit = (name: string): number => {
    const value = Number(config[name] ?? -1)
    return Number.isFinite(value) && value >= 0 ? value : Infinity
  }
  const limits = { bytes: limit('retention.bytes'), ms: limit('retention.ms') }
  return limits.bytes === Infinity && limits.ms === Infinity ? undefined : limits
}

/**
 * Deletes at most `steps` of the oldest batches where the topic's limits allow it, and moves the
 * bounds. The newest batch stays unless it is too old. Call it in a transaction.
 * @returns how many were deleted
 */
export function trim(
  log: Log,
  topic: Topic,
  partition: number,
  bounds: PartitionBounds,
  nowMs: number,
  steps: number,
): number {
  const limits = topic.isInternal ? undefined : limitsOf(topic)
  if (limits === undefined || bounds.start === bounds.end) return 0
  if (limits.ms === Infinity && bounds.bytes <= limits.bytes) return 0
  const keys = log.batches.getKeys({
    start: batchKey(topic.id, partition, bounds.start),
    end: batchKey(topic.id, partition, bounds.end),
    limit: steps,
  })
  let deleted = 0
  for (const found of [...keys]) {
    const key = found as Buffer
    const packed = log.batches.getBinaryFast(key)
    if (packed === undefined) break
    const offset = offsetOfKey(key)
    const { length } = packed
    const next = offset + countOf(packed)
    const header = new DataView(packed.buffer, packed.byteOffset)
    const tooOld = nowMs - header.getFloat64(APPENDED_AT, true) > limits.ms
    const tooMuch = bounds.bytes - length >= limits.bytes && next < bounds.end
    if (!tooOld && !tooMuch) break
    log.batches.removeSync(key)
    bounds.bytes -= length
    bounds.start = next
    deleted += 1
  }
  return deleted
}

/** Deletes at most `steps` batches of an internal topic that end at or before `position`. */
export function purge(
  log: Log,
  topic: Topic,
  partition: number,
  position: number,
  steps: number,
): void {
  const key = partitionKey(topic.id, partition)
  const bounds = readBounds(log, key)
  if (bounds.start >= position) return
  const keys = log.batches.getKeys({
    start: batchKey(topic.id, partition, bounds.start),
    end: batchKey(topic.id, partition, position),
    limit: steps,
  })
  for (const found of [...keys]) {
    const packed = log.batches.getBinaryFast(found)
    if (packed === undefined) break
    const { length } = packed
    const next = offsetOfKey(found as Buffer) + countOf(packed)
    if (next > position) break
    log.batches.removeSync(found)
    bounds.bytes -= length
    bounds.start = next
  }
  writeBounds(log, key, bounds)
}

/** Trims every partition of the log by a small step each; answers whether more is left to do. */
export function sweep(log: Log): boolean {
  let more = false
  for (const topic of log.topics.all()) {
    if (limitsOf(topic) === undefined) continue
    for (let partition = 0; partition < topic.partitions; partition++) {
      const key = partitionKey(topic.id, partition)
      if (readBounds(log, key).bytes === 0) continue
      const deleted = log.environment.transaction(() => {
        const bounds = readBounds(log, key)
        const count = trim(log, topic, partition, bounds, log.nowMs(), SWEEP_STEPS)
        if (count > 0) writeBounds(log, key, bounds)
        return count
      })
      more ||= deleted === SWEEP_STEPS
    }
  }
  return more
}
