// What a partition no longer keeps: its oldest batches go in small steps, within the commits that add
// new ones and by a timer of the broker. Age is counted from the append, not from event time.
import { batchKey, offsetOfKey, partitionKey } from './keys.ts'
import type { Log } from './log.ts'
import { readBounds, writeBounds, type PartitionBounds } from './partition.ts'
import { readPointer, type Pointer } from './pointer.ts'
import type { Topic } from './topic-table.ts'

const SWEEP_STEPS = 64

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
    const pointer = pointerAt(log, key)
    if (pointer === undefined) break
    const next = offsetOfKey(key) + pointer.count
    const tooOld = nowMs - pointer.appendedMs > limits.ms
    const tooMuch = bounds.bytes - pointer.length >= limits.bytes && next < bounds.end
    if (!tooOld && !tooMuch) break
    remove(log, key, pointer, bounds)
    deleted += 1
  }
  return deleted
}

function pointerAt(log: Log, key: Buffer): Pointer | undefined {
  const value = log.batches.getBinaryFast(key)
  return value === undefined ? undefined : readPointer(value)
}

function remove(log: Log, key: Buffer, pointer: Pointer, bounds: PartitionBounds): void {
  log.batches.removeSync(key)
  log.segments.count(pointer.segment, -1)
  bounds.bytes -= pointer.length
  bounds.start = offsetOfKey(key) + pointer.count
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
    const oldest = found as Buffer
    const pointer = pointerAt(log, oldest)
    if (pointer === undefined || offsetOfKey(oldest) + pointer.count > position) break
    remove(log, oldest, pointer, bounds)
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
      const deleted = log.transaction(() => {
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
