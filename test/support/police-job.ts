// The police job as tests run it: its input written row by row, the job run in this process or from
// the command line.
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { partitionFor } from '../../broker/partitioner.ts'
import type { Broker } from '../../broker/ports.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { streamsConfig, type Settings } from '../../config/config.ts'
import { generatePoliceCalls } from '../../data/police-calls/generate.ts'
import type { PoliceCall } from '../../data/police-calls/police-call.ts'
import type { MetricFamily } from '../../runtime/metrics/snapshot.ts'
import type { QueryProgress } from '../../runtime/progress.ts'
import { runStreams } from '../../runtime/run-streams.ts'
import { differences, epochMsOf, type FinalTables } from './batch-count.ts'
import { readFinalTables } from './final-tables.ts'

/** The module of the job. */
export const POLICE_JOB = new URL('../../jobs/police-calls/topology.js', import.meta.url)
/** What it reads. */
export const CALLS = 'police.calls'

const SEND_BYTES = 131_072

/** Generated calls, oldest first. */
export function generatedCalls(rows: number, seed = 1): PoliceCall[] {
  return oldestFirst([...generatePoliceCalls({ rows, seed })])
}

/** A thousand calls of the published file, oldest first. */
export function realCalls(): PoliceCall[] {
  const root = new URL('.', import.meta.resolve('millrace/package.json'))
  const file = new URL('test/fixtures/police-calls-sample.json.gz', root)
  const text = gunzipSync(readFileSync(file)).toString('utf8')
  return oldestFirst(JSON.parse(text) as PoliceCall[])
}

function oldestFirst(calls: PoliceCall[]): PoliceCall[] {
  return calls.sort((one, other) => (one.call_date_time < other.call_date_time ? -1 : 1))
}

/** A record to write: the value as text, bytes, or null. */
export interface RawInput {
  readonly key: string | null
  readonly value: string | Uint8Array | null
  readonly timestampMs: number
  /** That of the key unless given. */
  readonly partition?: number
}

/** A call as `replay` would write it. */
export function inputOf(call: PoliceCall): RawInput {
  const timestampMs = epochMsOf(call.call_date_time)
  return { key: call.crime_id, value: JSON.stringify(call), timestampMs }
}

/** Where to write, and in lumps of how many rows at most: a reader gets a lump at a time. */
export interface WriteOptions {
  readonly topic?: string
  readonly rowsMax?: (partition: number) => number
}

/** Writes records in their order, each to the partition of its key, all delivered on return. */
export async function writeInput(
  broker: Broker,
  inputs: Iterable<RawInput>,
  partitions: number,
  { topic = CALLS, rowsMax = () => Infinity }: WriteOptions = {},
): Promise<void> {
  await broker.ensureTopics([{ name: topic, partitions, config: { 'retention.ms': '-1' } }])
  const producer = await broker.openProducer()
  const waiting = Array.from({ length: partitions }, () => new RecordBatchBuilder())
  const utf8 = new TextEncoder()
  for (const { key, value, timestampMs, partition: given } of inputs) {
    const keyBytes = key === null ? null : utf8.encode(key)
    const ofKey = keyBytes === null ? 0 : partitionFor(keyBytes, partitions)
    const partition = given ?? ofKey
    const rows = waiting[partition]!
    rows.append(keyBytes, typeof value === 'string' ? utf8.encode(value) : value, timestampMs)
    const isFull = rows.position > SEND_BYTES || rows.count >= rowsMax(partition)
    if (isFull) await producer.send({ topic, partition }, rows)
  }
  for (const [partition, rows] of waiting.entries()) {
    if (rows.count > 0) await producer.send({ topic, partition }, rows)
  }
  await producer.flush()
  await producer.close()
}

/** Writes calls in their order. */
export function writeCalls(
  broker: Broker,
  calls: readonly PoliceCall[],
  partitions: number,
): Promise<void> {
  return writeInput(broker, calls.map(inputOf), partitions)
}

/** What a run left behind. */
export interface FinishedRun {
  readonly metrics: readonly MetricFamily[]
  readonly progress: readonly QueryProgress[]
}

/** Runs a job in this process to the end of the input that is there. */
export async function runOnce(
  broker: Broker,
  settings: Settings = {},
  job = POLICE_JOB,
): Promise<FinishedRun> {
  const progress: QueryProgress[] = []
  const streams = await runStreams(job, streamsConfig(settings), {
    broker,
    once: true,
    onProgress: (report) => progress.push(report),
  })
  await streams.done
  return { metrics: streams.metrics(), progress }
}

/** The sum of a metric over the series with these labels. */
export function sumOf(
  metrics: readonly MetricFamily[],
  name: string,
  wanted: Readonly<Record<string, string>> = {},
): number {
  const samples = metrics.find((family) => family.name === name)?.samples ?? []
  const isWanted = (labels: Readonly<Record<string, string>>): boolean =>
    Object.entries(wanted).every(([label, value]) => labels[label] === value)
  return samples.reduce((sum, { labels, value }) => (isWanted(labels) ? sum + value : sum), 0)
}

/** Rows that were dropped, whatever for. */
export function droppedIn(metrics: readonly MetricFamily[], reason?: string): number {
  const labels = reason === undefined ? {} : { reason }
  return sumOf(metrics, 'kafka_stream_task_dropped_records_total', labels)
}

/** The three results are exactly these. */
export async function expectTables(broker: Broker, expected: FinalTables): Promise<void> {
  const actual = await readFinalTables(broker)
  expect(differences(actual.byType, expected.byType)).to.deep.equal([])
  expect(differences(actual.byOutcome, expected.byOutcome)).to.deep.equal([])
  expect(differences(actual.sliding, expected.sliding)).to.deep.equal([])
}
