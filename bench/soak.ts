// Whether memory grows while a job runs at a steady rate, exactly once on Kafka:
// `BENCH_RUN=s1 node dist/bench/soak.js ADDRESS [rows a second] [minutes] [key=value …]`.
import { readFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openBroker } from '../broker/open.ts'
import type { Broker, Producer } from '../broker/ports.ts'
import { RecordBatchBuilder, valueOf } from '../broker/record-batch.ts'
import { countsOut, rowsIn } from './counting-job.ts'
import { startJob, stopJob, type RunSettings } from './counting-run.ts'

const PARTITIONS = 4
/** Of each hour of event time: keys come and go with their windows. */
const GROUPS = 5_000
/** Event time goes so much faster than the clock: an hour of it is a minute. */
const PACE = 60
const START_MS = 1_700_000_000_000
const HOUR_MS = 3_600_000
const SAMPLE_MS = 10_000
/** Until then caches, pools and heaps take their size. */
const WARM_SHARE = 0.25
const WAIT_MS_MAX = 60_000

/** Updates as they came out. */
class Updates {
  readonly #rows = new Map<string, number>()
  /** Rows that the counts account for. */
  counted = 0
  /** Updates that are not higher than the one before: some row counted again. */
  repeated = 0

  add(group: string, rows: number): void {
    const before = this.#rows.get(group) ?? 0
    if (rows <= before) this.repeated += 1
    else this.counted += rows - before
    this.#rows.set(group, Math.max(rows, before))
  }
}

interface Sample {
  readonly seconds: number
  readonly rssMb: number
  /** Of it: what is no page of a file, such as those of state. */
  readonly ownMb: number
}

/** Sends rows evenly until `untilMs` by the process's clock. @returns how many. */
async function feed(producer: Producer, rowsPerSecond: number, untilMs: number): Promise<number> {
  const startedMs = performance.now()
  const waiting = Array.from({ length: PARTITIONS }, () => new RecordBatchBuilder())
  let sent = 0
  for (let nowMs = startedMs; nowMs < untilMs; nowMs = performance.now()) {
    const due = ((nowMs - startedMs) * rowsPerSecond) / 1_000
    for (; sent < due; sent++) {
      const atMs = START_MS + Math.floor((sent / rowsPerSecond) * 1_000 * PACE)
      const group = `${Math.floor(atMs / HOUR_MS)}-${(sent * 7_919) % GROUPS}`
      const value = JSON.stringify({ group, atMs, number: sent, text: 'x'.repeat(300) })
      waiting[sent % PARTITIONS]!.append(null, Buffer.from(value), atMs)
    }
    for (const [partition, rows] of waiting.entries()) {
      if (rows.count > 0) await producer.send({ topic: rowsIn.name, partition }, rows)
    }
    await sleep(5)
  }
  await producer.flush()
  return sent
}

/** Reads results until `signal` says so. */
async function read(broker: Broker, partition: number, updates: Updates, signal: AbortSignal) {
  const reader = await broker.openReader({ topic: countsOut.name, partition, offset: 0 })
  while (!signal.aborted) {
    const batch = await reader.read(100)
    for (let row = 0; row < (batch?.count ?? 0); row++) {
      const value = valueOf(batch!, row)!
      const { group, rows } = countsOut.value.deserialize(value, 0, value.length)
      updates.add(group, rows)
    }
  }
  await reader.close()
}

function memoryOf(pid: number): Omit<Sample, 'seconds'> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const mb = (field: string): number =>
    Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? NaN) / 1_024)
  return { rssMb: mb('VmRSS'), ownMb: mb('RssAnon') }
}

/** Looks at the memory of a process until it is stopped. */
function watch(pid: number): { readonly samples: Sample[]; stop(): void } {
  const startedMs = performance.now()
  const samples: Sample[] = []
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - startedMs) / 1_000)
    const { rssMb, ownMb } = memoryOf(pid)
    samples.push({ seconds, rssMb, ownMb })
    console.error(`${seconds} s: ${rssMb} MB, of them its own ${ownMb}`)
  }, SAMPLE_MS)
  return { samples, stop: () => clearInterval(timer) }
}

/** The slope of the line through samples by least squares, MB an hour. */
function slopeOf(samples: readonly Sample[], of: 'rssMb' | 'ownMb'): number {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
  const middle = mean(({ seconds }) => seconds)
  const over = mean(({ seconds }) => (seconds - middle) ** 2)
  return (mean((sample) => (sample.seconds - middle) * sample[of]) / over) * 3_600
}

async function soak(rate: number, minutes: number, settings: RunSettings): Promise<void> {
  const address = settings['bootstrap.servers'] ?? ''
  const broker = await openBroker({ kind: 'kafka', bootstrapServers: address, clientId: 'bench' })
  const config = { 'retention.ms': '-1' }
  const topics = [rowsIn, countsOut].map(({ name }) => ({ name, partitions: PARTITIONS, config }))
  await broker.ensureTopics(topics)
  const job = await startJob(settings)
  const updates = new Updates()
  const over = new AbortController()
  const reading = Promise.all(
    Array.from({ length: PARTITIONS }, (_, p) => read(broker, p, updates, over.signal)),
  )
  const producer = await broker.openProducer()
  const { samples, stop } = watch(job.pid!)
  const sent = await feed(producer, rate, performance.now() + minutes * 60_000)
  stop()
  const deadline = performance.now() + WAIT_MS_MAX
  while (updates.counted < sent && performance.now() < deadline) await sleep(100)
  over.abort()
  await reading
  await producer.close()
  await stopJob(job)
  await broker.close()
  const steady = samples.slice(Math.floor(samples.length * WARM_SHARE))
  const { counted, repeated } = updates
  const rss = steady.map(({ rssMb }) => rssMb)
  const figures = {
    rows_per_s: rate,
    minutes,
    sent,
    missing: sent - counted,
    repeated,
    rss_mb_first: rss[0],
    rss_mb_last: rss.at(-1),
    rss_mb_min: Math.min(...rss),
    rss_mb_max: Math.max(...rss),
    rss_mb_an_hour: Math.round(slopeOf(steady, 'rssMb')),
    own_mb_first: steady[0]?.ownMb,
    own_mb_last: steady.at(-1)?.ownMb,
    own_mb_an_hour: Math.round(slopeOf(steady, 'ownMb')),
  }
  console.log(JSON.stringify(figures))
}

const [address = '127.0.0.1:9092', rate = '5000', minutes = '20', ...rest] = process.argv.slice(2)
const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
try {
  await soak(Number(rate), Number(minutes), {
    'bootstrap.servers': address,
    'application.id': `soak-${process.env['BENCH_RUN'] ?? 'bench'}`,
    'state.dir': directory,
    'processing.guarantee': 'exactly_once_v2',
    'num.stream.threads': '2',
    ...Object.fromEntries(rest.map((setting) => setting.split('=') as [string, string])),
  })
} finally {
  rmSync(directory, { recursive: true, force: true })
}
