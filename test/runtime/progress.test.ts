// The progress report: Spark's fields in Spark's order, figures that agree, quiet when idle.
import { expect } from 'chai'
import type { CommitResult } from '../../runtime/committer.ts'
import { MetricSlab } from '../../runtime/metrics/slab.ts'
import { dimensionsOf, planOf } from '../../runtime/plan.ts'
import { ProgressReporter, type QueryProgress } from '../../runtime/progress.ts'
import { sample } from '../topology/sample.ts'

const plan = planOf(
  sample,
  'app',
  new Map([
    ['calls', 2],
    ['type-counts', 1],
    ['place-counts', 1],
    ['bad', 1],
    ['app-by-type-repartition', 1],
    ['app-by-place-repartition', 1],
  ]),
)
const STARTED_MS = Date.UTC(2026, 0, 1)

describe('the progress report', () => {
  const now = Date.now
  let nowMs = STARTED_MS
  beforeEach(() => {
    nowMs = STARTED_MS
    Date.now = () => nowMs
  })
  afterEach(() => {
    Date.now = now
  })

  function reporting() {
    const main = MetricSlab.create(dimensionsOf(sample, plan))
    const worker = MetricSlab.create(dimensionsOf(sample, plan), 'stream-thread-1', main.layout)
    const reports: QueryProgress[] = []
    const onProgress = (progress: QueryProgress) => void reports.push(progress)
    const reporter = new ProgressReporter({ name: 'sample', runId: 'run-1', plan, onProgress })
    const topicCounter = (topic: string) =>
      worker.counter('kafka_stream_topic_records_produced_total', { topic })
    /** A commit after so many ms, with rows read and written since the last. */
    const commit = (afterMs: number, read: number, written: number, more = {}): void => {
      nowMs += afterMs
      topicCounter('type-counts').add(written)
      const result: CommitResult = {
        positions: read === 0 ? [] : [{ topic: 'calls', partition: 1, offset: 40 }],
        unfinished: 0,
        unmatched: [],
        rows: read,
        prepareMs: 20,
        commitMs: 30,
        saveMs: 10,
        ...more,
      }
      reporter.committed(result, [main, worker])
    }
    /** A thread spends seconds on phases of its work. */
    const spend = (seconds: Readonly<Record<string, number>>): void => {
      const name = 'kafka_stream_thread_phase_seconds_total'
      for (const [phase, each] of Object.entries(seconds)) worker.counter(name, { phase }).add(each)
    }
    return { reports, reporter, commit, spend, worker, main, topicCounter }
  }

  it('has the fields of Spark’s StreamingQueryProgress in their order', () => {
    const { reports, commit, worker } = reporting()
    worker.gauge('kafka_stream_task_stream_time_seconds', { task_id: '1_0' }).set(5)
    commit(1_000, 10, 3, { unmatched: [['named', 'x', 2]] })
    expect(Object.keys(reports[0]!)).to.deep.equal([
      ...['id', 'runId', 'name', 'timestamp', 'batchId', 'batchDuration', 'numInputRows'],
      ...['inputRowsPerSecond', 'processedRowsPerSecond', 'durationMs', 'eventTime'],
      ...['stateOperators', 'sources', 'sink', 'observedMetrics'],
    ])
    expect(Object.keys(reports[0]!.durationMs)).to.deep.equal([
      ...['addBatch', 'commitOffsets', 'getBatch', 'triggerExecution', 'walCommit'],
    ])
    expect(Object.keys(reports[0]!.sources[0]!)).to.deep.equal([
      ...['description', 'startOffset', 'endOffset', 'latestOffset', 'numInputRows'],
      ...['inputRowsPerSecond', 'processedRowsPerSecond', 'metrics'],
    ])
  })

  it('says what one commit interval did', () => {
    const { reports, commit } = reporting()
    commit(1_000, 500, 20)
    commit(2_000, 301, 7)
    expect(reports[1]).to.deep.include({
      id: 'app',
      runId: 'run-1',
      name: 'sample',
      timestamp: new Date(STARTED_MS + 1_000).toISOString(),
      batchId: 1,
      batchDuration: 2_000,
      numInputRows: 301,
      inputRowsPerSecond: 150.5,
      processedRowsPerSecond: 5_016.7,
      sink: { description: 'sample', numOutputRows: 7 },
    })
    expect(reports[0]!.sources[0]).to.deep.include({
      description: 'Millrace[calls]',
      startOffset: null,
      endOffset: { calls: { '1': 40 } },
      latestOffset: null,
      metrics: {},
    })
    expect(reports[1]!.sources[0]!.startOffset).to.deep.equal({ calls: { '1': 40 } })
  })

  it('says of which event times the rows were, in an interval with rows', () => {
    const { reports, commit, worker } = reporting()
    worker.gauge('kafka_stream_task_stream_time_seconds', { task_id: '1_0' }).set(5)
    commit(1_000, 3, 0, { eventTimes: { rows: 3, minMs: 1_000, maxMs: 9_000, avgMs: 4_000.4 } })
    expect(reports[0]!.eventTime).to.deep.equal({
      avg: '1970-01-01T00:00:04.000Z',
      max: '1970-01-01T00:00:09.000Z',
      min: '1970-01-01T00:00:01.000Z',
      watermark: '1970-01-01T00:00:05.000Z',
    })
    expect(Object.keys(reports[0]!.eventTime!)).to.deep.equal(['avg', 'max', 'min', 'watermark'])
    commit(20_000, 0, 0)
    expect(Object.keys(reports[1]!.eventTime!)).to.deep.equal(['watermark'])
  })

  it('says how far it is behind the ends of its topics', () => {
    const { reports, commit, worker } = reporting()
    const lag = (partition: string) =>
      worker.gauge('kafka_consumer_records_lag', { topic: 'calls', partition })
    lag('0').set(0)
    lag('1').set(25)
    commit(1_000, 1, 0, {
      positions: [
        { topic: 'calls', partition: 0, offset: 7 },
        { topic: 'calls', partition: 1, offset: 40 },
      ],
    })
    expect(reports[0]!.sources[0]).to.deep.include({
      latestOffset: { calls: { '0': 7, '1': 65 } },
      metrics: {
        minOffsetsBehindLatest: '0',
        maxOffsetsBehindLatest: '25',
        avgOffsetsBehindLatest: '12.5',
      },
    })
  })

  it('keeps the last hundred reports', () => {
    const { reporter, commit } = reporting()
    for (let i = 0; i < 130; i++) commit(1_000, 1, 0)
    expect(reporter.recent.map(({ batchId }) => batchId)).to.deep.equal(
      Array.from({ length: 100 }, (_, i) => 30 + i),
    )
  })

  it('takes the interval apart by the thread with most to do, and no part is longer than the whole', () => {
    const { reports, commit, spend } = reporting()
    spend({ poll: 0.05, process: 0.4, punctuate: 0.1, blocked: 0.2, idle: 9, restore: 9 })
    commit(1_000, 90, 0)
    expect(reports[0]).to.deep.include({
      durationMs: {
        addBatch: 700,
        commitOffsets: 30,
        getBatch: 50,
        triggerExecution: 1_000,
        walCommit: 30,
      },
      inputRowsPerSecond: 90,
      processedRowsPerSecond: 111.1,
    })
    expect(reports[0]!.sources[0]).to.include({ processedRowsPerSecond: 111.1 })
    for (const afterMs of [40, 60, 61, 100, 5_000]) {
      spend({ poll: 0.03, process: 0.06 })
      commit(afterMs, 1, 0)
      const { triggerExecution, ...parts } = reports.at(-1)!.durationMs
      const sum = Object.values(parts).reduce((total, ms) => total + ms, 0)
      expect(sum).to.equal(Math.min(triggerExecution, 60 + 90))
    }
  })

  it('does not count what is written to repartition topics', () => {
    const { reports, commit, topicCounter } = reporting()
    topicCounter('app-by-type-repartition').add(9)
    commit(1_000, 4, 2)
    expect(reports[0]!.sink.numOutputRows).to.equal(2)
  })

  it('has the lowest stream time as watermark, and none before the first record', () => {
    const { reports, commit, worker } = reporting()
    commit(1_000, 1, 0)
    expect(reports[0]).to.not.have.property('eventTime')
    worker.gauge('kafka_stream_task_stream_time_seconds', { task_id: '1_0' }).set(90)
    worker.gauge('kafka_stream_task_stream_time_seconds', { task_id: '2_0' }).set(60)
    commit(1_000, 1, 0)
    expect(reports[1]!.eventTime).to.deep.equal({ watermark: '1970-01-01T00:01:00.000Z' })
  })

  it('reports an idle application every ten seconds, and counts no batch for it', () => {
    const { reports, commit } = reporting()
    commit(1_000, 5, 0)
    for (let i = 0; i < 30; i++) commit(1_000, 0, 0)
    expect(reports.map(({ timestamp }) => Date.parse(timestamp) - STARTED_MS)).to.deep.equal([
      0, 10_000, 20_000, 30_000,
    ])
    expect(reports.map(({ batchId }) => batchId)).to.deep.equal([0, 1, 1, 1])
    commit(1_000, 5, 0)
    expect(reports.at(-1)).to.include({ batchId: 1, numInputRows: 5, batchDuration: 1_000 })
  })

  it('tells stores, and joins without a row since the start', () => {
    const { reports, commit, worker } = reporting()
    const store = 'type-count'
    worker.gauge('kafka_stream_state_keys', { store }).set(12)
    worker.gauge('kafka_stream_state_size_bytes', { store, medium: 'memory' }).set(345)
    worker.gauge('kafka_stream_task_buffered_records', { task_id: '1_0' }).set(0)
    const updated = worker.counter('kafka_stream_state_rows_updated_total', { store })
    updated.add(8)
    worker.counter('kafka_stream_state_rows_removed_total', { store }).add(3)
    worker.counter('kafka_stream_state_rows_dropped_by_watermark_total', { store }).add(2)
    worker.counter('kafka_stream_state_update_seconds_total', { store }).add(0.25)
    worker.counter('kafka_stream_state_commit_seconds_total', { store }).add(0.004)
    commit(1_000, 1, 0, { unmatched: [['named', 'x', 2]] })
    updated.add(3)
    commit(1_000, 1, 0, {
      unmatched: [
        ['named', 'x', 1],
        ['named', 'y', 4],
      ],
    })
    const first = {
      operatorName: 'type-count',
      numRowsTotal: 12,
      numRowsUpdated: 8,
      allUpdatesTimeMs: 250,
      numRowsRemoved: 3,
      commitTimeMs: 4,
      memoryUsedBytes: 345,
      numRowsDroppedByWatermark: 2,
      numShufflePartitions: 1,
      numStateStoreInstances: 1,
    }
    expect(reports[0]!.stateOperators).to.deep.equal([first])
    expect(Object.keys(reports[0]!.stateOperators[0]!)).to.deep.equal(Object.keys(first))
    const nothing = {
      allUpdatesTimeMs: 0,
      numRowsRemoved: 0,
      commitTimeMs: 0,
      numRowsDroppedByWatermark: 0,
    }
    expect(reports[1]!.stateOperators).to.deep.equal([{ ...first, ...nothing, numRowsUpdated: 3 }])
    expect(reports[1]!.observedMetrics).to.deep.equal({ named: { x: 3, y: 4 } })
  })

  it('keeps what stores did between reports for the next one', () => {
    const { reports, commit, worker } = reporting()
    worker.gauge('kafka_stream_state_keys', { store: 'type-count' }).set(12)
    const removed = worker.counter('kafka_stream_state_rows_removed_total', { store: 'type-count' })
    commit(1_000, 5, 0)
    for (let i = 0; i < 10; i++) {
      removed.add(1)
      commit(1_000, 0, 0)
    }
    expect(reports.map(({ stateOperators }) => stateOperators[0]!.numRowsRemoved)).to.deep.equal([
      0, 10,
    ])
  })

  it('puts the same figures into metrics', () => {
    const { commit, main } = reporting()
    commit(1_000, 5, 2)
    commit(1_000, 6, 3)
    expect(main.counter('kafka_stream_query_input_rows_total').value).to.equal(11)
    expect(main.counter('kafka_stream_query_output_rows_total').value).to.equal(5)
    const operation = { operation: 'commitOffsets' }
    const seconds = main.counter('kafka_stream_query_operation_seconds_total', operation).value
    expect(seconds).to.be.closeTo(0.06, 1e-9)
  })
})
