// Records as plain values, and waiting with a deadline: what the tests of all brokers share.
import { setTimeout as sleep } from 'node:timers/promises'
import type { PartitionReader, StandaloneReader } from '../../broker/ports.ts'
import { headersOf, keyOf, valueOf, type RecordBatch } from '../../broker/record-batch.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'

/** A record that a test writes or has read; text stands for its UTF-8 bytes. */
export interface PlainRecord {
  readonly key: string | null
  readonly value: string | null
  readonly timestampMs: number
  readonly headers: readonly (readonly [string, string])[]
  readonly offset: number
}

/** What a test says of a record that it writes. */
export type PlainInput = Partial<Omit<PlainRecord, 'offset'>>

const bytesOf = (text: string | null): Uint8Array | null =>
  text === null ? null : new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : new TextDecoder().decode(bytes)

/** Rows of the given records; key and value are null and the timestamp is 1 where left out. */
export function rowsOf(records: readonly PlainInput[]): RecordBatchBuilder {
  const rows = new RecordBatchBuilder()
  for (const { key = null, value = null, timestampMs = 1, headers = [] } of records) {
    const packed = headers.map(([name, text]) => ({ key: name, value: bytesOf(text) }))
    rows.append(bytesOf(key), bytesOf(value), timestampMs, packed)
  }
  return rows
}

/** Rows `prefix0`, `prefix1`, … as values with the row's number as key. */
export function numbered(count: number, prefix = 'v'): RecordBatchBuilder {
  return rowsOf(Array.from({ length: count }, (_, i) => ({ key: `${i}`, value: `${prefix}${i}` })))
}

/** Copies of the records of a batch. */
export function recordsOf(batch: RecordBatch): PlainRecord[] {
  return Array.from({ length: batch.count }, (_, row) => ({
    key: textOf(keyOf(batch, row)),
    value: textOf(valueOf(batch, row)),
    timestampMs: batch.timestamps[row] ?? NaN,
    headers: headersOf(batch, row).map(({ key, value }) => [key, textOf(value) ?? ''] as const),
    offset: batch.offsets[row] ?? NaN,
  }))
}

/** Waits until `holds` answers true; fails with `what` after the deadline. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  deadlineMs = 30_000,
): Promise<void> {
  const end = Date.now() + deadlineMs
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`)
    await sleep(2)
  }
}

/** Polls a partition until `count` records are read, and answers them. */
export async function pollRecords(reader: PartitionReader, count: number): Promise<PlainRecord[]> {
  const records: PlainRecord[] = []
  await until(`${count} records of ${reader.topic}`, () => {
    const batch = reader.poll()
    if (batch !== undefined) records.push(...recordsOf(batch))
    return records.length >= count
  })
  return records
}

/** Reads from the main thread until `count` records are read, and answers them. */
export async function readRecords(reader: StandaloneReader, count: number): Promise<PlainRecord[]> {
  const records: PlainRecord[] = []
  await until(`${count} records of a standalone reader`, async () => {
    const batch = await reader.read(100)
    if (batch !== undefined) records.push(...recordsOf(batch))
    return records.length >= count
  })
  return records
}

/** The values of records, in order. */
export const valuesOf = (records: readonly PlainRecord[]): (string | null)[] =>
  records.map(({ value }) => value)
