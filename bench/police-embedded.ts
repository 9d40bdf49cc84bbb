// The police job on the embedded log: `node dist/bench/police-embedded.js [--one-query] [rows] [key=value …]`.
// Generates and loads the rows, then measures a run to the end in a process of its own.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openBroker } from '../broker/open.ts'
import { partitionFor } from '../broker/partitioner.ts'
import { RecordBatchBuilder } from '../broker/record-batch-builder.ts'
import { streamsConfig } from '../config/config.ts'
import { generatePoliceCalls } from '../data/police-calls/generate.ts'
import { runStreams } from '../runtime/run-streams.ts'

const PARTITIONS = 4
const BATCH_ROWS = 1_000
const TOPIC = 'police.calls'
const RESULTS = 'counts'
/** All of the job, or the query that other systems are compared by. */
const JOBS = { whole: '../jobs/police-calls/topology.js', query: './peer/topology.js' }

/** Loads calls, the oldest first, as replay does. */
async function load(directory: string, rows: number): Promise<void> {
  const calls: Buffer[][] = []
  for (const call of generatePoliceCalls({ rows, seed: 1 })) {
    calls.push([Buffer.from(call.crime_id), Buffer.from(JSON.stringify(call))])
  }
  const broker = await openBroker({ kind: 'embedded', directory })
  await broker.ensureTopics([
    { name: TOPIC, partitions: PARTITIONS },
    { name: RESULTS, partitions: PARTITIONS },
  ])
  const producer = await broker.openProducer()
  const waiting = Array.from({ length: PARTITIONS }, () => new RecordBatchBuilder())
  const send = (partition: number): Promise<void> =>
    producer.send({ topic: TOPIC, partition }, waiting[partition]!)
  for (const [key, value] of calls.reverse()) {
    const partition = partitionFor(key!, PARTITIONS)
    waiting[partition]!.append(key!, value!, Date.now())
    if (waiting[partition]!.count === BATCH_ROWS) await send(partition)
  }
  for (let partition = 0; partition < PARTITIONS; partition++) await send(partition)
  await producer.flush()
  await producer.close()
  await broker.close()
}

/** Runs the job to the end of the input and prints one line of JSON. */
async function measure(
  directory: string,
  job: string,
  settings: Record<string, string>,
): Promise<void> {
  const config = streamsConfig({ 'bootstrap.servers': `embedded:${directory}`, ...settings })
  const started = performance.now()
  let rows = 0
  let results = 0
  let firstMs: number | undefined
  /** Rows committed, and when, per report. */
  const reached: { readonly rows: number; readonly ms: number }[] = []
  const streams = await runStreams(new URL(job, import.meta.url), config, {
    once: true,
    onProgress({ numInputRows, sink }) {
      rows += numInputRows
      results += sink.numOutputRows
      reached.push({ rows, ms: performance.now() - started })
      if (sink.numOutputRows > 0) firstMs ??= performance.now() - started
    },
  })
  await streams.done
  const seconds = (performance.now() - started) / 1_000
  const { user, system } = process.cpuUsage()
  const dropped = streams
    .metrics()
    .filter(({ name }) => name === 'kafka_stream_task_dropped_records_total')
    .flatMap(({ samples }) => samples)
    .reduce((sum, { value }) => sum + value, 0)
  const figures = {
    rows,
    results,
    dropped,
    threads: streams.threads.length,
    seconds: Number(seconds.toFixed(2)),
    rows_per_s: Math.round(rows / seconds),
    steady_rows_per_s: steadyRate(reached),
    results_per_s: Math.round(results / seconds),
    cpu_us_per_row: Number(((user + system) / rows).toFixed(2)),
    first_result_s: Number(((firstMs ?? 0) / 1_000).toFixed(2)),
    ...memory(),
  }
  console.log(JSON.stringify(figures))
}

/** Rows/s from the report at which a fifth of the rows were committed to the last one before nine tenths. */
function steadyRate(reached: readonly { readonly rows: number; readonly ms: number }[]): number {
  const all = reached.at(-1)?.rows ?? 0
  const from = reached.find(({ rows }) => rows >= 0.2 * all)
  const to = reached.findLast(({ rows }) => rows <= 0.9 * all)
  if (from === undefined || to === undefined || to.ms <= from.ms) return 0
  return Math.round(((to.rows - from.rows) / (to.ms - from.ms)) * 1_000)
}

/** Peak of the resident set, and what of it is the process's own at the end: the rest is mapped files. */
function memory(): Record<string, number> {
  const status = readFileSync('/proc/self/status', 'utf8')
  const mb = (name: string): number =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1_024)
  return { peak_rss_mb: mb('VmHWM'), own_mb_at_end: mb('RssAnon') }
}

const isQuery = process.argv[2] === '--one-query'
const [first = '1000000', ...rest] = process.argv.slice(isQuery ? 3 : 2)
if (first === '--measure') {
  const [directory = '', job = '', ...settings] = rest
  await measure(
    directory,
    job,
    Object.fromEntries(settings.map((s) => s.split('=') as [string, string])),
  )
} else {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const RADIO_CODE = fileURLToPath(new URL('../../data/radio_code.json', import.meta.url))
  const env = { ...process.env, INPUT: TOPIC, OUTPUT: RESULTS, RADIO_CODE }
  try {
    await load(directory, Number(first))
    const script = fileURLToPath(import.meta.url)
    const job = isQuery ? JOBS.query : JOBS.whole
    const args = [script, '--measure', directory, job, ...rest]
    execFileSync(process.execPath, args, { stdio: 'inherit', env })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
