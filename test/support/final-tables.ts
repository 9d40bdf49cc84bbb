// What a consumer of the job's results holds in the end: the last value under each key.
import type { Broker, TopicPartition } from '../../broker/ports.ts'
import { headersOf, keyOf, valueOf } from '../../broker/record-batch.ts'
import { keyOfRow, type CountedRow, type FinalTable, type FinalTables } from './batch-count.ts'

/** One record as it lay in its topic; the bytes are the caller's. */
export interface ReadRecord {
  readonly partition: number
  readonly offset: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestampMs: number
  readonly headers: Readonly<Record<string, string>>
}

/** Topics of the job's three results. */
export const RESULT_TOPICS = {
  byType: 'police.calls-by-type',
  byOutcome: 'police.calls-by-outcome',
  sliding: 'police.calls-by-outcome-sliding',
} as const

const READ_TIMEOUT_MS = 500
const SILENCE_MAX_MS = 20_000

/** All partitions of a topic. */
export async function partitionsOf(broker: Broker, topic: string): Promise<TopicPartition[]> {
  const { partitions = 0 } = (await broker.topics()).find(({ name }) => name === topic) ?? {}
  return Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
}

/** How many records a topic has; 0 where there is none. */
export async function rowsIn(broker: Broker, topic: string): Promise<number> {
  const marks = await broker.watermarks(await partitionsOf(broker, topic))
  return marks.reduce((sum, { start, end }) => sum + end - start, 0)
}

/**
 * Visits every record that a topic has, partition by partition, in the order of its offsets. What was
 * committed a moment ago and is about to become visible is waited for.
 */
export async function readTopic(
  broker: Broker,
  topic: string,
  visit: (record: ReadRecord) => void,
): Promise<void> {
  const partitions = await partitionsOf(broker, topic)
  const marks = await broker.watermarks(partitions, { pending: true })
  await Promise.all(
    partitions.map(async (of, i) => {
      const { start, end } = marks[i]!
      const reader = await broker.openReader({ ...of, offset: start })
      let next = start
      let silentMs = 0
      while (next < end) {
        const batch = await reader.read(READ_TIMEOUT_MS)
        if (batch === undefined) {
          // What is left up to the end are marks of transactions.
          if (reader.position >= end) break
          silentMs += READ_TIMEOUT_MS
          if (silentMs >= SILENCE_MAX_MS) throw new Error(`${topic} has no row ${next}`)
          continue
        }
        silentMs = 0
        for (let row = 0; row < batch.count && next < end; row++) {
          const offset = batch.offsets[row]!
          next = offset + 1
          const headers = headersOf(batch, row).map(({ key, value }) => [key, textOf(value)])
          visit({
            partition: of.partition,
            offset,
            key: copyOf(keyOf(batch, row)),
            value: copyOf(valueOf(batch, row)),
            timestampMs: batch.timestamps[row]!,
            headers: Object.fromEntries(headers) as Record<string, string>,
          })
        }
      }
      await reader.close()
    }),
  )
}

/** Reads a topic of results; `decode` is JSON unless another one is given. */
export async function readTable(
  broker: Broker,
  topic: string,
  decode: (value: Buffer) => CountedRow = fromJson,
): Promise<FinalTable> {
  const table: FinalTable = new Map()
  await readTopic(broker, topic, ({ value }) => {
    const row = decode(value ?? Buffer.alloc(0))
    table.set(keyOfRow(row), row)
  })
  return table
}

/** Updates of a count that are not higher than the one before: they are there twice. At most five. */
export async function repeatedUpdates(broker: Broker, topic: string): Promise<string[]> {
  const last = new Map<string, number>()
  const repeated: string[] = []
  await readTopic(broker, topic, ({ value, partition, offset }) => {
    const row = JSON.parse(String(value)) as CountedRow
    const key = keyOfRow(row)
    if (row.calls <= (last.get(key) ?? 0)) repeated.push(`${topic}/${partition}@${offset}: ${key}`)
    last.set(key, row.calls)
  })
  return repeated.length > 5 ? [...repeated.slice(0, 5), `${repeated.length} in all`] : repeated
}

/** Reads the job's three results. */
export async function readFinalTables(broker: Broker): Promise<FinalTables> {
  const [byType, byOutcome, sliding] = await Promise.all([
    readTable(broker, RESULT_TOPICS.byType),
    readTable(broker, RESULT_TOPICS.byOutcome),
    readTable(broker, RESULT_TOPICS.sliding),
  ])
  return { byType, byOutcome, sliding }
}

function fromJson(value: Buffer): CountedRow {
  return JSON.parse(value.toString('utf8')) as CountedRow
}

function copyOf(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes)
}

function textOf(bytes: Uint8Array | null): string {
  return bytes === null ? '' : Buffer.from(bytes).toString('utf8')
}
