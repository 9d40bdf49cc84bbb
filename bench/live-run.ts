// The counting job at a steady rate: rows go in evenly, and every count that comes out is looked at.
import { setTimeout as sleep } from 'node:timers/promises'
import { openBroker } from '../broker/open.ts'
import type { Broker, Producer } from '../broker/ports.ts'
import { valueOf } from '../broker/record-batch.ts'
import { RecordBatchBuilder } from '../broker/record-batch-builder.ts'
import { streamsConfig } from '../config/config.ts'
import { brokerOptions } from '../runtime/broker-options.ts'
import { countsOut, rowsIn } from './counting-job.ts'
import { startJob, stopJob, type RunSettings } from './counting-run.ts'

const PARTITIONS = 4
const TEXT = 'x'.repeat(300)

/** A run, and who watches it. */
export interface LiveRun {
  readonly rowsPerSecond: number
  readonly seconds: number
  /** How long the last counts are waited for, ms. */
  readonly waitMsMax: number
  /** Of the topics. */
  readonly topicConfig?: Readonly<Record<string, string>>
  /** The job runs, and rows begin; what it gives is called when they end. */
  started?(pid: number): () => void
  /** Group and event time, epoch ms, of a row that is about to be sent. */
  rowOf(number: number): { readonly group: string; readonly atMs: number }
  /** A count came out. */
  receive(group: string, rows: number): void
  /** Whether the counts account for so many rows. */
  hasAll(sent: number): boolean
}

/** Runs the job from its start to its stop. @returns how many rows were sent. */
export async function runLive(settings: RunSettings, live: LiveRun): Promise<number> {
  const broker = await openBroker(brokerOptions(streamsConfig(settings)))
  const { topicConfig: config = {} } = live
  const topics = [rowsIn, countsOut].map(({ name }) => ({ name, partitions: PARTITIONS, config }))
  await broker.ensureTopics(topics)
  const job = await startJob(settings)
  const over = new AbortController()
  const reading = Promise.all(
    Array.from({ length: PARTITIONS }, (_, partition) =>
      read(broker, partition, live, over.signal),
    ),
  )
  const producer = await broker.openProducer()
  const ended = live.started?.(job.pid!)
  const sent = await feed(producer, live)
  ended?.()
  const deadline = performance.now() + live.waitMsMax
  while (!live.hasAll(sent) && performance.now() < deadline) await sleep(10)
  over.abort()
  await reading
  await producer.close()
  await stopJob(job)
  await broker.close()
  return sent
}

async function feed(producer: Producer, live: LiveRun): Promise<number> {
  const { rowsPerSecond, seconds } = live
  const startedMs = performance.now()
  const waiting = Array.from({ length: PARTITIONS }, () => new RecordBatchBuilder())
  let sent = 0
  for (let elapsedMs = 0; elapsedMs < seconds * 1_000; elapsedMs = performance.now() - startedMs) {
    for (const due = (elapsedMs * rowsPerSecond) / 1_000; sent < due; sent++) {
      const { group, atMs } = live.rowOf(sent)
      const value = JSON.stringify({ group, atMs, number: sent, text: TEXT })
      waiting[sent % PARTITIONS]!.append(null, Buffer.from(value), atMs)
    }
    for (const [partition, rows] of waiting.entries()) {
      if (rows.count > 0) await producer.send({ topic: rowsIn.name, partition }, rows)
    }
    await sleep(1)
  }
  await producer.flush()
  return sent
}

async function read(broker: Broker, partition: number, live: LiveRun, signal: AbortSignal) {
  const reader = await broker.openReader({ topic: countsOut.name, partition, offset: 0 })
  while (!signal.aborted) {
    const batch = await reader.read(100)
    for (let row = 0; row < (batch?.count ?? 0); row++) {
      const value = valueOf(batch!, row)!
      const { group, rows } = countsOut.value.deserialize(value, 0, value.length)
      live.receive(group, rows)
    }
  }
  await reader.close()
}
