// The metrics of a run say what happened: each is compared with a number counted without them.
import { expect } from 'chai'
import type { Broker } from '../../broker/ports.ts'
import { streamsConfig } from '../../config/config.ts'
import type { SourceOffsets, SourceProgress } from '../../runtime/progress.ts'
import { runStreams } from '../../runtime/run-streams.ts'
import { batchCount, epochMsOf } from '../support/batch-count.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { partitionsOf, readTopic, RESULT_TOPICS } from '../support/final-tables.ts'
import {
  CALLS,
  generatedCalls,
  inputOf,
  POLICE_JOB,
  runOnce,
  sumOf,
  writeCalls,
  writeInput,
  type FinishedRun,
} from '../support/police-job.ts'
import { until } from '../support/until.ts'

const ROWS = 10_000
const HOUR_MS = 3_600_000
const CONSUMED = 'kafka_stream_topic_records_consumed_total'
const PRODUCED = 'kafka_stream_topic_records_produced_total'

describe('the metrics of the police job', function () {
  this.timeout(60_000)
  const logs = embeddedLogs()
  const calls = generatedCalls(ROWS)
  const expected = batchCount(calls)
  let broker: Broker
  let run: FinishedRun
  let runSeconds: number

  before(async () => {
    broker = await logs.open('metrics')
    // One broken row, and at the end one so old that all of its windows have closed: one of ten
    // minutes, one of an hour, six of half an hour.
    const old = inputOf(calls[0]!)
    await writeInput(broker, [{ ...old, key: 'broken', value: '{' }, ...calls.map(inputOf)], 4)
    const startMs = performance.now()
    run = await runOnce(broker, { 'num.stream.threads': 2 })
    runSeconds = (performance.now() - startMs) / 1_000
    await writeInput(broker, [old], 4)
  })

  /** Records ever written to a topic; those deleted since are counted. */
  const written = async (topic: string): Promise<number> => {
    const marks = await broker.watermarks(await partitionsOf(broker, topic))
    return marks.reduce((sum, { end }) => sum + end, 0)
  }

  it('count what was consumed and produced, per topic', async () => {
    const { metrics } = run
    expect(sumOf(metrics, CONSUMED, { topic: CALLS })).to.equal(ROWS + 1)
    for (const topic of [...Object.values(RESULT_TOPICS), 'police.calls.dead-letter']) {
      expect(sumOf(metrics, PRODUCED, { topic }), topic).to.equal(await written(topic))
    }
    for (const group of ['by-type', 'by-outcome']) {
      const topic = `police-calls-${group}-repartition`
      expect(sumOf(metrics, PRODUCED, { topic }), topic).to.equal(await written(topic))
      expect(sumOf(metrics, CONSUMED, { topic }), topic).to.equal(await written(topic))
    }
  })

  it('count what each task processed', async () => {
    const rowsOf = new Map<number, number>()
    await readTopic(broker, CALLS, ({ partition }) => {
      rowsOf.set(partition, (rowsOf.get(partition) ?? 0) + 1)
    })
    const name = 'kafka_stream_task_process_total'
    // The old row came later.
    const all = [...rowsOf.values()].reduce((sum, rows) => sum + rows, 0) - 1
    const bySubtopology = [0, 1, 2].map((part) =>
      [0, 1, 2, 3].reduce(
        (sum, i) => sum + sumOf(run.metrics, name, { task_id: `${part}_${i}` }),
        0,
      ),
    )
    expect(bySubtopology).to.deep.equal([all, all - 1, all - 1])
  })

  it('count each window that each call was counted in, and the updates that went out as one', async () => {
    for (const [store, table, topic] of [
      ['calls-by-type', expected.byType, RESULT_TOPICS.byType],
      ['calls-by-outcome', expected.byOutcome, RESULT_TOPICS.byOutcome],
      ['calls-by-outcome-sliding', expected.sliding, RESULT_TOPICS.sliding],
    ] as const) {
      const counted = [...table.values()].reduce((sum, { calls: count }) => sum + count, 0)
      const of = (name: string, labels = {}) => sumOf(run.metrics, name, { store, ...labels })
      expect(of('kafka_stream_state_operations_total', { operation: 'put' }), store).to.equal(
        counted,
      )
      expect(of('kafka_stream_record_cache_requests_total'), store).to.equal(counted)
      const saved = counted - of('kafka_stream_record_cache_hits_total')
      expect(saved, store).to.equal(await written(topic))
    }
  })

  it('share out the time of each thread among its phases, reading among them', () => {
    const name = 'kafka_stream_thread_phase_seconds_total'
    for (const thread of ['stream-thread-1', 'stream-thread-2']) {
      const of = (labels = {}) => sumOf(run.metrics, name, { thread_id: thread, ...labels })
      for (const phase of ['poll', 'process', 'commit']) expect(of({ phase }), phase).to.be.above(0)
      expect(of({ phase: 'punctuate' })).to.equal(0)
      expect(of(), thread).to.be.within(0, runSeconds)
    }
  })

  it('agree with the progress reports', () => {
    const { metrics, progress } = run
    const input = progress.reduce((sum, { numInputRows }) => sum + numInputRows, 0)
    const output = progress.reduce((sum, { sink }) => sum + sink.numOutputRows, 0)
    expect(input).to.equal(ROWS + 1)
    expect(sumOf(metrics, 'kafka_stream_query_input_rows_total')).to.equal(input)
    expect(sumOf(metrics, 'kafka_stream_query_output_rows_total')).to.equal(output)
    const produced = [...Object.values(RESULT_TOPICS), 'police.calls.dead-letter'].map((topic) =>
      sumOf(metrics, PRODUCED, { topic }),
    )
    expect(output).to.equal(produced.reduce((sum, count) => sum + count, 0))
    // A slow start may have a commit, and a report, before its first row.
    const batches = progress.filter(
      ({ numInputRows, sink }) => numInputRows + sink.numOutputRows > 0,
    )
    expect(batches.map(({ batchId }) => batchId)).to.deep.equal(batches.map((_, i) => i))
  })

  it('tell the rows of each report that lie between its offsets', () => {
    let before: SourceOffsets = {}
    for (const { numInputRows, sources } of run.progress) {
      const [{ startOffset, endOffset }] = sources as [SourceProgress]
      expect(startOffset ?? {}).to.deep.equal(before)
      const rows = Object.entries(endOffset[CALLS]!).map(
        ([partition, offset]) => offset - (before[CALLS]?.[partition] ?? 0),
      )
      expect(rows.reduce((sum, count) => sum + count, 0)).to.equal(numInputRows)
      before = endOffset
    }
    const spent = run.progress.flatMap(({ stateOperators }) =>
      stateOperators.map(({ allUpdatesTimeMs, commitTimeMs }) => [allUpdatesTimeMs, commitTimeMs]),
    )
    for (const i of [0, 1]) {
      const seconds = spent.reduce((sum, ms) => sum + ms[i]!, 0) / 1_000
      // Two threads, three stores.
      expect(seconds).to.be.within(0.001, runSeconds * 6)
    }
  })

  it('count each window that a late row missed, and hold what is still open', async () => {
    const streams = await runStreams(POLICE_JOB, streamsConfig({ 'num.stream.threads': 2 }), {
      broker,
    })
    const metric = (name: string, labels = {}): number => sumOf(streams.metrics(), name, labels)
    await until('the late row is dropped', () => {
      return metric('kafka_stream_task_dropped_records_total', { reason: 'expired-window' }) >= 8
    })
    expect(metric('kafka_stream_task_dropped_records_total')).to.equal(8)
    expect(metric('kafka_stream_query_rows_dropped_by_watermark_total')).to.equal(8)
    const late = ['calls-by-type', 'calls-by-outcome', 'calls-by-outcome-sliding'].map((store) =>
      metric('kafka_stream_state_rows_dropped_by_watermark_total', { store }),
    )
    expect(late).to.deep.equal([1, 1, 6])
    const streamTimeMs = Math.max(...calls.map((call) => epochMsOf(call.call_date_time)))
    for (const [store, table] of [
      ['calls-by-type', expected.byType],
      ['calls-by-outcome', expected.byOutcome],
      ['calls-by-outcome-sliding', expected.sliding],
    ] as const) {
      const open = [...table.values()].filter(
        ({ window_end }) => window_end + 4 * HOUR_MS > streamTimeMs,
      )
      await until(`${store} holds ${open.length} rows`, () => {
        return metric('kafka_stream_state_keys', { store }) === open.length
      })
    }
    streams.stop()
    await streams.done
  })

  it('show no lag once a job that runs live has caught up', async () => {
    const live = await logs.open('lag')
    await writeCalls(live, calls, 4)
    const streams = await runStreams(POLICE_JOB, streamsConfig(), { broker: live })
    const lags = (): number[] => {
      const family = streams.metrics().find(({ name }) => name === 'kafka_consumer_records_lag')
      return (family?.samples ?? []).map(({ value }) => value)
    }
    await until('all twelve partitions have a lag of 0', () => {
      return lags().length === 12 && lags().every((lag) => lag === 0)
    })
    expect(sumOf(streams.metrics(), CONSUMED, { topic: CALLS })).to.equal(ROWS)
    expect(sumOf(streams.metrics(), 'kafka_stream_client_state')).to.equal(2)
    for (const left of [
      'task_buffered_records',
      'task_input_buffer_bytes',
      'state_open_iterators',
    ]) {
      expect(sumOf(streams.metrics(), `kafka_stream_${left}`), left).to.equal(0)
    }
    const loops = 'kafka_stream_thread_eventloop_utilization_ratio'
    await until('the threads of a job without input are less than half busy', () => {
      const family = streams.metrics().find(({ name }) => name === loops)
      const samples = family?.samples ?? []
      return samples.length > 1 && samples.every(({ value }) => value >= 0 && value < 0.5)
    })
    streams.stop()
    await streams.done
  })
})
