// How far a table has been read, and the topic in which that is kept: records as Kafka Connect's, in the same
// transaction as the rows that were read.
import type { Broker } from '../../broker/ports.ts'
import { keyOf, valueOf } from '../../broker/record-batch.ts'

/** What was read last of a table; empty before the first row. Values are PostgreSQL's texts, exact. */
export interface Place {
  readonly incrementing?: string
  readonly timestamp?: string
  /** Within rows of one timestamp, the address of the last row that was read: `16385 (0,7)`. */
  readonly row?: string
}

/** Places by table. */
export type Places = ReadonlyMap<string, Place>

const READ_TIMEOUT_MS = 1_000

/** The key of a table's place, as Kafka Connect writes it. */
export const placeKey = (source: string, table: string): string =>
  JSON.stringify([source, { protocol: '1', table }])

/** Creates the topic where it is missing. @throws BrokerError */
export async function ensurePlaceTopic(broker: Broker, topic: string): Promise<void> {
  // Each commit has the places of all tables, so that its end is enough where nothing is compacted.
  const config: Record<string, string> =
    broker.kind === 'kafka' ? { 'cleanup.policy': 'compact' } : { 'retention.bytes': '1048576' }
  await broker.ensureTopics([{ name: topic, partitions: 1, config }])
}

/**
 * Reads the places of a source's tables. To be called when nobody else can write any more: after the
 * producer of the source was opened.
 * @throws BrokerError
 */
export async function readPlaces(
  broker: Broker,
  topic: string,
  source: string,
): Promise<Map<string, Place>> {
  const places = new Map<string, Place>()
  const of = { topic, partition: 0 }
  const [marks] = await broker.watermarks([of])
  const { start, end } = marks!
  if (start >= end) return places
  const reader = await broker.openReader({ ...of, offset: start })
  try {
    while (reader.position < end) {
      const batch = await reader.read(READ_TIMEOUT_MS)
      for (let row = 0; row < (batch?.count ?? 0); row++) {
        const key = textOf(keyOf(batch!, row))
        const value = textOf(valueOf(batch!, row))
        const table = tableOf(key, source)
        if (table === undefined) continue
        if (value === '') places.delete(table)
        else places.set(table, JSON.parse(value) as Place)
      }
    }
  } finally {
    await reader.close()
  }
  return places
}

function tableOf(key: string, source: string): string | undefined {
  try {
    const [name, { table }] = JSON.parse(key) as [string, { readonly table: string }]
    return name === source ? table : undefined
  } catch {
    return undefined
  }
}

const textOf = (bytes: Uint8Array | null): string =>
  bytes === null ? '' : Buffer.from(bytes).toString()
