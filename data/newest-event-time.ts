// How far in event time a topic is: a replay that continues begins there.
import type { Broker, TopicPartitionOffset } from '../broker/ports.ts'
import { valueOf } from '../broker/record-batch.ts'
import { parseDateTime, zoneOffsets, type ZoneOffsets } from '../topology/time/zoned-time.ts'

/** What the values of a topic are like: JSON objects with the event time in a field of text. */
export interface EventTimeField {
  readonly timeField: string
  /** The zone of times that name none. */
  readonly zone: string
}

/** So many of a partition's last rows are looked at: the very last may be broken. */
const ROWS = 100
const READ_TIMEOUT_MS = 200
/** A transaction's marker has an offset and no row: the last rows may end before the end. */
const SILENCE_MAX_MS = 2_000

/**
 * The highest event time in the last rows of each partition, epoch ms; undefined when there are none.
 * @throws BrokerError, ZoneError
 */
export async function newestEventTime(
  broker: Broker,
  topic: string,
  { timeField, zone }: EventTimeField,
): Promise<number | undefined> {
  const offsets = zoneOffsets(zone)
  const newest = await newestTimes(broker, topic, (value) => eventTimeOf(value, timeField, offsets))
  const newestMs = Math.max(...newest, -Infinity)
  return newestMs === -Infinity ? undefined : newestMs
}

/**
 * The highest event time in the last rows of each partition, epoch ms; -Infinity of one without rows.
 * `timeOf` reads it from a value, and gives NaN where it has none.
 * @throws BrokerError
 */
export async function newestTimes(
  broker: Broker,
  topic: string,
  timeOf: (value: Uint8Array) => number,
): Promise<number[]> {
  const { partitions = 0 } = (await broker.topics()).find(({ name }) => name === topic) ?? {}
  const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
  const marks = await broker.watermarks(all)
  return Promise.all(
    all.map((of, i) => {
      const { start, end } = marks[i]!
      return newestIn(broker, { ...of, offset: Math.max(start, end - ROWS) }, end, timeOf)
    }),
  )
}

async function newestIn(
  broker: Broker,
  from: TopicPartitionOffset,
  end: number,
  timeOf: (value: Uint8Array) => number,
): Promise<number> {
  let newestMs = -Infinity
  if (from.offset >= end) return newestMs
  const reader = await broker.openReader(from)
  try {
    let silentMs = 0
    for (let next = from.offset; next < end && silentMs < SILENCE_MAX_MS;) {
      const batch = await reader.read(READ_TIMEOUT_MS)
      silentMs = batch === undefined ? silentMs + READ_TIMEOUT_MS : 0
      for (let row = 0; row < (batch?.count ?? 0); row++) {
        next = batch!.offsets[row]! + 1
        const timeMs = timeOf(valueOf(batch!, row) ?? new Uint8Array(0))
        if (timeMs > newestMs) newestMs = timeMs
      }
    }
  } finally {
    await reader.close()
  }
  return newestMs
}

/** NaN where there is none. */
function eventTimeOf(value: Uint8Array, timeField: string, zone: ZoneOffsets): number {
  try {
    const row = JSON.parse(Buffer.from(value).toString()) as Record<string, unknown> | null
    const time = row?.[timeField]
    return typeof time === 'string' ? parseDateTime(time, zone) : NaN
  } catch {
    return NaN
  }
}
