// The rows of a session, in the order of their event times, in a log of their own: the backlog of each run is
// copied from there, and what comes live. Made once a session.
import { existsSync } from 'node:fs'
import { openBroker } from '../../broker/open.ts'
import { partitionFor } from '../../broker/partitioner.ts'
import type { Broker } from '../../broker/ports.ts'
import { keyOf, valueOf } from '../../broker/record-batch.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { generatePoliceCalls } from '../../data/police-calls/generate.ts'
import { replay } from '../../data/replay.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { UsageError } from '../exit-codes.ts'

const TOPIC = 'rows'
const BATCH_ROWS = 1_000
const READ_TIMEOUT_MS = 200
const TICK_MS = 2

/** Where rows come from: a file, or made up. */
export interface RowSource {
  readonly file: string | undefined
  readonly keyField: string
  readonly timeField: string
  readonly zone: string
}

/**
 * Puts rows in order into a log in a directory, unless it is there from before.
 * @throws UsageError when there are fewer than `count`; ReplayError when the file is none of rows.
 */
export async function prepareRows(
  directory: string,
  { file, ...fields }: RowSource,
  count: number,
  signal: AbortSignal,
): Promise<void> {
  if (existsSync(directory)) return
  const broker = await openBroker({ kind: 'embedded', directory })
  try {
    await broker.ensureTopics([{ name: TOPIC, partitions: 1 }])
    if (file === undefined) return await makeUp(broker, count)
    const producer = await broker.openProducer()
    const { delivered } = await replay({
      ...fields,
      ...{ file, producer, signal, topic: TOPIC, partitions: 1, limit: count, strict: false },
      ...{ order: 'event-time', pace: { kind: 'fastest' } },
    }).finally(() => producer.close())
    signal.throwIfAborted()
    if (delivered >= count) return
    throw new UsageError(
      `${file} has ${delivered} rows, and ${count} are needed: lower --rows, --rate or --seconds`,
    )
  } finally {
    await broker.close()
  }
}

/** Police calls, the oldest first. */
async function makeUp(broker: Broker, count: number): Promise<void> {
  const calls = [...generatePoliceCalls({ rows: count, seed: 1 })].reverse()
  const producer = await broker.openProducer()
  const rows = new RecordBatchBuilder()
  for (const call of calls) {
    rows.append(Buffer.from(call.crime_id), Buffer.from(JSON.stringify(call)), 0)
    if (rows.count === BATCH_ROWS) await producer.send({ topic: TOPIC, partition: 0 }, rows)
  }
  if (rows.count > 0) await producer.send({ topic: TOPIC, partition: 0 }, rows)
  await producer.flush()
  await producer.close()
}

/** Where rows go. */
export interface RowTarget {
  readonly broker: Broker
  readonly topic: string
  readonly partitions: number
}

/** So many rows, from the first of them on. */
export interface RowSpan {
  readonly from: number
  readonly count: number
}

/**
 * Sends rows to the partitions of their keys; their timestamps are those of sending. Resolves when all
 * are delivered, or after `signal`.
 * @param rowsPerSecond evenly so many, or as many as go.
 */
export async function sendRows(
  directory: string,
  { from, count }: RowSpan,
  { broker, topic, partitions }: RowTarget,
  { rowsPerSecond = Infinity, signal }: { rowsPerSecond?: number; signal: AbortSignal },
): Promise<void> {
  const source = await openBroker({ kind: 'embedded', directory })
  const reader = await source.openReader({ topic: TOPIC, partition: 0, offset: from })
  const producer = await broker.openProducer()
  const waiting = Array.from({ length: partitions }, () => new RecordBatchBuilder())
  const handOver = async (): Promise<void> => {
    for (const [partition, rows] of waiting.entries()) {
      if (rows.count > 0) await producer.send({ topic, partition }, rows)
    }
  }
  const startMs = performance.now()
  let sent = 0
  try {
    while (sent < count && !signal.aborted) {
      const batch = await reader.read(READ_TIMEOUT_MS)
      for (let row = 0; row < (batch?.count ?? 0) && sent < count; row++) {
        while (sent > ((performance.now() - startMs) * rowsPerSecond) / 1_000 && !signal.aborted) {
          await handOver()
          await sleep(TICK_MS)
        }
        const key = keyOf(batch!, row)
        const partition = key === null ? sent % partitions : partitionFor(key, partitions)
        const rows = waiting[partition]!
        rows.append(key, valueOf(batch!, row), Date.now())
        if (rows.count === BATCH_ROWS) await producer.send({ topic, partition }, rows)
        sent += 1
      }
    }
    await handOver()
    await producer.flush()
  } finally {
    await producer.close()
    await reader.close()
    await source.close()
  }
}
