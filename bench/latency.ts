// How long a row takes from the producer to the count that includes it, at a steady rate:
// `node dist/bench/latency.js [rows a second] [seconds] [key=value …]`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openBroker } from '../broker/open.ts'
import type { Broker, Producer } from '../broker/ports.ts'
import { RecordBatchBuilder, valueOf } from '../broker/record-batch.ts'
import { streamsConfig } from '../config/config.ts'
import { brokerOptions } from '../runtime/broker-options.ts'
import { countsOut, rowsIn } from './counting-job.ts'
import { startJob, stopJob, type RunSettings } from './counting-run.ts'

const PARTITIONS = 4
const GROUPS = 100
const WARM_SECONDS = 2
const WAIT_MS_MAX = 30_000
const AT_MS = 1_700_000_000_000

/** When each row was given to the producer, by group and count, and how long the counts took. */
class Latencies {
  readonly #sentMs: number[][] = Array.from({ length: GROUPS }, () => [])
  readonly #seen = new Array<number>(GROUPS).fill(0)
  readonly latenciesMs: number[] = []
  sent = 0
  seen = 0
  /** Rows sent from then on count. */
  measuredFrom = Infinity

  send(group: number): void {
    this.#sentMs[group]!.push(performance.now())
    this.sent += 1
  }

  /** A count takes in all rows up to it. */
  receive(group: number, rows: number): void {
    const nowMs = performance.now()
    const sentMs = this.#sentMs[group]!
    for (let row = this.#seen[group]!; row < rows; row++) {
      this.seen += 1
      if (sentMs[row]! >= this.measuredFrom) this.latenciesMs.push(nowMs - sentMs[row]!)
    }
    this.#seen[group] = Math.max(this.#seen[group]!, rows)
  }
}

/** Sends rows evenly until the time is over. */
async function feed(
  producer: Producer,
  rowsPerSecond: number,
  seconds: number,
  latencies: Latencies,
): Promise<void> {
  const startedMs = performance.now()
  const waiting = Array.from({ length: PARTITIONS }, () => new RecordBatchBuilder())
  latencies.measuredFrom = startedMs + WARM_SECONDS * 1_000
  for (;;) {
    const elapsedMs = performance.now() - startedMs
    if (elapsedMs > (seconds + WARM_SECONDS) * 1_000) return
    for (const due = (elapsedMs * rowsPerSecond) / 1_000; latencies.sent < due;) {
      const number = latencies.sent
      const group = number % GROUPS
      const value = JSON.stringify({
        group: String(group),
        atMs: AT_MS,
        number,
        text: 'x'.repeat(300),
      })
      waiting[number % PARTITIONS]!.append(null, Buffer.from(value), AT_MS)
      latencies.send(group)
    }
    for (const [partition, rows] of waiting.entries()) {
      if (rows.count > 0) await producer.send({ topic: rowsIn.name, partition }, rows)
    }
    await sleep(1)
  }
}

/** Reads results until `signal` says so. */
async function read(broker: Broker, partition: number, latencies: Latencies, signal: AbortSignal) {
  const reader = await broker.openReader({ topic: countsOut.name, partition, offset: 0 })
  while (!signal.aborted) {
    const batch = await reader.read(100)
    for (let row = 0; row < (batch?.count ?? 0); row++) {
      const value = valueOf(batch!, row)!
      const { group, rows } = countsOut.value.deserialize(value, 0, value.length)
      latencies.receive(Number(group), rows)
    }
  }
  await reader.close()
}

function quantile(sorted: readonly number[], share: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(1)
}

async function measure(
  rowsPerSecond: number,
  seconds: number,
  settings: RunSettings,
): Promise<void> {
  const broker = await openBroker(brokerOptions(streamsConfig(settings)))
  const topics = [rowsIn, countsOut].map(({ name }) => ({ name, partitions: PARTITIONS }))
  await broker.ensureTopics(topics)
  const job = await startJob(settings)
  const latencies = new Latencies()
  const over = new AbortController()
  const reading = Promise.all(
    Array.from({ length: PARTITIONS }, (_, p) => read(broker, p, latencies, over.signal)),
  )
  const producer = await broker.openProducer()
  await feed(producer, rowsPerSecond, seconds, latencies)
  await producer.flush()
  const deadline = performance.now() + WAIT_MS_MAX
  while (latencies.seen < latencies.sent && performance.now() < deadline) await sleep(10)
  over.abort()
  await reading
  await producer.close()
  await stopJob(job)
  await broker.close()
  const { sent, seen } = latencies
  const sorted = latencies.latenciesMs.sort((a, b) => a - b)
  const [p50, p95, p99, max] = [0.5, 0.95, 0.99, 1].map((share) => quantile(sorted, share))
  console.log(
    JSON.stringify({ rows_per_s: rowsPerSecond, sent, missing: sent - seen, p50, p95, p99, max }),
  )
}

const [rate = '1000', seconds = '10', ...rest] = process.argv.slice(2)
const settings = Object.fromEntries(rest.map((setting) => setting.split('=') as [string, string]))
const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
try {
  await measure(Number(rate), Number(seconds), {
    'bootstrap.servers': `embedded:${join(directory, 'log')}`,
    ...(settings['bootstrap.servers'] === undefined
      ? {}
      : { 'state.dir': join(directory, 'state') }),
    'application.id': `bench-${process.pid}`,
    ...settings,
  })
} finally {
  rmSync(directory, { recursive: true, force: true })
}
