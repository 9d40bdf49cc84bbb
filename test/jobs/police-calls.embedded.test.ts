// The police job as a whole on the embedded log: its results are those of a batch count.
import { expect } from 'chai'
import { createRequire } from 'node:module'
import type { Broker } from '../../broker/ports.ts'
import { batchCount, differences, totalOf, type CountedRow } from '../support/batch-count.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { readTable, readTopic, RESULT_TOPICS, rowsIn } from '../support/final-tables.ts'
import {
  droppedIn,
  expectTables,
  generatedCalls,
  realCalls,
  runOnce,
  sumOf,
  writeCalls,
} from '../support/police-job.ts'

const ROWS = 30_000

describe('the police job on the embedded log', function () {
  this.timeout(60_000)
  const logs = embeddedLogs()
  const calls = generatedCalls(ROWS)
  const expected = batchCount(calls)

  it('counts generated calls as a batch would, on 4 partitions and 2 workers', async () => {
    const broker = await logs.open('generated')
    await writeCalls(broker, calls, 4)
    const { metrics } = await runOnce(broker, { 'num.stream.threads': 2 })
    expect(totalOf(expected.byType)).to.equal(ROWS)
    expect(totalOf(expected.sliding)).to.equal(6 * ROWS)
    await expectTables(broker, expected)
    expect(droppedIn(metrics)).to.equal(0)
    expect(await rowsIn(broker, 'police.calls.dead-letter')).to.equal(0)
  })

  it('counts a thousand real calls as a batch would', async () => {
    const broker = await logs.open('real')
    const real = realCalls()
    expect(real).to.have.length(1_000)
    await writeCalls(broker, real, 4)
    const { metrics } = await runOnce(broker, { 'num.stream.threads': 2 })
    await expectTables(broker, batchCount(real))
    expect(droppedIn(metrics)).to.equal(0)
  })

  it('counts each disposition that the radio codes lack', async () => {
    const broker = await logs.open('unmatched')
    const real = realCalls()
    await writeCalls(broker, real, 4)
    const { progress } = await runOnce(broker, { 'num.stream.threads': 2 })
    const observed = progress.at(-1)?.observedMetrics ?? {}
    const written = await unmatchedIn(broker, RESULT_TOPICS.byOutcome)
    expect(written).to.have.property('Not recorded')
    expect(observed['outcome-described']).to.deep.equal(written)
    const slidingWritten = await unmatchedIn(broker, RESULT_TOPICS.sliding)
    expect(observed['sliding-described']).to.deep.equal(slidingWritten)
  })

  it('writes outcomes as protobuf when the configuration says so', async () => {
    const broker = await logs.open('protobuf')
    const few = calls.slice(0, 3_000)
    await writeCalls(broker, few, 4)
    await runOnce(broker, { 'topic.format.police.calls-by-outcome': 'protobuf' })
    const decode = await protobufDecoder()
    const actual = await readTable(broker, RESULT_TOPICS.byOutcome, decode)
    expect(differences(actual, batchCount(few).byOutcome)).to.deep.equal([])
  })

  for (const [partitions, workers] of [
    [1, 1],
    [3, 3],
    [4, 1],
    [2, 2],
  ] as const) {
    it(`has the same results with ${partitions} partitions on ${workers} workers`, async () => {
      const broker = await logs.open(`cut-${partitions}-${workers}`)
      await writeCalls(broker, calls, partitions)
      const settings = { 'topic.partitions': partitions, 'num.stream.threads': workers }
      const { metrics } = await runOnce(broker, settings)
      await expectTables(broker, expected)
      expect(droppedIn(metrics)).to.equal(0)
    })
  }

  it('goes on where it stopped when input comes in two parts', async () => {
    const broker = await logs.open('two-runs')
    const half = 13_337
    await writeCalls(broker, calls.slice(0, half), 4)
    const first = await runOnce(broker, { 'num.stream.threads': 2 })
    await expectTables(broker, batchCount(calls.slice(0, half)))
    await writeCalls(broker, calls.slice(half), 4)
    const second = await runOnce(broker, { 'num.stream.threads': 1 })
    await expectTables(broker, expected)
    const consumed = [first, second].map(({ metrics }) =>
      sumOf(metrics, 'kafka_stream_query_input_rows_total'),
    )
    expect(consumed).to.deep.equal([half, ROWS - half])
    expect(droppedIn(first.metrics) + droppedIn(second.metrics)).to.equal(0)
  })

  it('writes nothing when it runs again on input that it has processed', async () => {
    const broker = await logs.open('twice')
    await writeCalls(broker, calls.slice(0, 2_000), 4)
    await runOnce(broker)
    const before = await rowsIn(broker, RESULT_TOPICS.sliding)
    const { metrics } = await runOnce(broker)
    expect(await rowsIn(broker, RESULT_TOPICS.sliding)).to.equal(before)
    expect(sumOf(metrics, 'kafka_stream_query_input_rows_total')).to.equal(0)
  })
})

/** How many results without a description a topic has, by disposition. */
async function unmatchedIn(broker: Broker, topic: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  await readTopic(broker, topic, ({ value }) => {
    const row = JSON.parse(String(value)) as CountedRow
    if (row.description !== null || row.disposition === undefined) return
    counts[row.disposition] = (counts[row.disposition] ?? 0) + 1
  })
  return counts
}

/** A reader of outcome.proto of its own; fields that are not set read as null. */
async function protobufDecoder(): Promise<(value: Buffer) => CountedRow> {
  const { default: protobuf } = await import('protobufjs')
  const root = createRequire(import.meta.url).resolve('millrace/package.json')
  const file = new URL('jobs/police-calls/outcome.proto', `file://${root}`)
  const type = (await protobuf.load(file.pathname)).lookupType('millrace.police.CallsOfOutcome')
  return (value) => {
    const { windowStart, windowEnd, ...rest } = type.toObject(type.decode(value), {
      longs: Number,
      defaults: false,
    })
    const description = (rest['description'] ?? null) as string | null
    const calls = rest['calls'] as number
    const [type_, disposition] = [rest['type'] as string, rest['disposition'] as string]
    const row = { window_start: windowStart as number, window_end: windowEnd as number }
    return { ...row, type: type_, disposition, description, calls }
  }
}
