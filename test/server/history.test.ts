import { expect } from 'chai'
import type { MetricFamily } from '../../runtime/metrics/snapshot.ts'
import { History, POINTS_MAX } from '../../server/history.ts'
import { quantile } from '../../server/quantiles.ts'
import { syntheticJob } from './synthetic-job.ts'

const report = (numInputRows: number, watermark?: string) => ({
  batchDuration: 100,
  numInputRows,
  durationMs: {
    addBatch: 40,
    commitOffsets: 10,
    getBatch: 20,
    triggerExecution: 100,
    walCommit: 30,
  },
  sink: { description: 'calls', numOutputRows: 2 * numInputRows },
  ...(watermark === undefined ? {} : { eventTime: { watermark } }),
})

const family = (
  name: MetricFamily['name'],
  labels: Readonly<Record<string, string>>,
  value: number,
): MetricFamily => ({
  name,
  type: 'counter',
  help: '',
  buckets: [],
  samples: [{ labels, value, cumulativeCounts: [] }],
})

const open = () => new History(() => new Set(), 0)

describe('the history', () => {
  it('adds up the progress reports of a second', () => {
    const history = open()
    history.add(report(3))
    history.add(report(4, '2018-10-02T00:00:00.000Z'))
    expect(history.tick([], 1_000)).to.deep.include({
      seq: 0,
      timeMs: 1_000,
      spanMs: 1_000,
      batches: 2,
      inputRows: 7,
      outputRows: 14,
      batchMs: 200,
      operationMs: { addBatch: 80, getBatch: 40, walCommit: 60, commitOffsets: 20 },
      watermarkMs: Date.parse('2018-10-02'),
    })
    expect(history.tick([], 2_500)).to.deep.include({
      seq: 1,
      spanMs: 1_500,
      batches: 0,
      inputRows: 0,
      operationMs: {},
      watermarkMs: Date.parse('2018-10-02'),
    })
  })

  it('tells by how much counters rose since the point before', () => {
    const history = open()
    const dropped = 'kafka_stream_task_dropped_records_total'
    history.tick([family(dropped, { task_id: '0_0', reason: 'malformed' }, 5)], 1_000)
    const point = history.tick(
      [family(dropped, { task_id: '0_0', reason: 'malformed' }, 12)],
      2_000,
    )
    expect(point.drops).to.deep.equal({ malformed: 7 })
    expect(point.lag).to.equal(null)
    expect(history.tick([family(dropped, { reason: 'malformed' }, 12)], 3_000).drops).to.deep.equal(
      {},
    )
  })

  it('agrees with the metrics of a whole job', () => {
    const job = syntheticJob(4)
    const history = new History(() => new Set(['count-out']), 0)
    history.tick(job.metrics(), 1_000)
    job.step(2_000)
    const before = totalOf(job.metrics(), 'kafka_stream_task_process_total')
    job.step(3_000)
    history.tick(job.metrics(), 2_000)
    job.step(4_000)
    const point = history.tick(job.metrics(), 3_000)
    const now = totalOf(job.metrics(), 'kafka_stream_task_process_total')
    expect(now).to.be.greaterThan(before)
    expect(point.processedRows).to.equal((now - before) / 2)
    expect(point.lag).to.equal(totalOf(job.metrics(), 'kafka_consumer_records_lag'))
  })

  it('marks starts, rebalances, threads that were replaced and changes of settings', () => {
    const history = open()
    const rebalances = 'kafka_consumer_rebalances_total'
    const info = (hash: string) => family('kafka_stream_info', { config_hash: hash }, 1)
    const at = (...families: MetricFamily[]) => history.tick(families, 0).markers
    expect(at(info('a'), family(rebalances, { reason: 'assigned' }, 1))).to.deep.equal(['started'])
    expect(at(info('a'), family(rebalances, { reason: 'assigned' }, 1))).to.deep.equal([])
    expect(at(info('b'), family(rebalances, { reason: 'assigned' }, 2))).to.deep.equal([
      'rebalance: assigned',
      'settings changed',
    ])
    const setTo = (value: string) =>
      family('kafka_stream_config_info', { key: 'commit.interval.ms', value }, 1)
    at(info('b'), setTo('100'))
    expect(at(info('c'), setTo('50'))).to.deep.equal(['commit.interval.ms 100 → 50'])
    expect(at(family('kafka_stream_failed_stream_threads_total', {}, 1))).to.include(
      'thread replaced',
    )
  })

  it('keeps a quarter of an hour, and tells who watches', () => {
    const history = open()
    const seen: number[] = []
    const stop = history.watch(({ seq }) => seen.push(seq))
    for (let second = 1; second <= POINTS_MAX + 5; second++) {
      if (second === 3) stop()
      history.tick([], second * 1_000)
    }
    expect(history.points).to.have.length(POINTS_MAX)
    expect(history.points[0]?.seq).to.equal(5)
    expect(seen).to.deep.equal([0, 1])
  })

  it('interpolates quantiles as Prometheus does', () => {
    expect(quantile(0.5, [1, 2, 4], [0, 10, 10, 10])).to.equal(1.5)
    expect(quantile(0.9, [1, 2, 4], [5, 5, 10, 10])).to.equal(3.6)
    expect(quantile(0.99, [1, 2, 4], [0, 0, 0, 10])).to.equal(4)
  })
})

function totalOf(families: readonly MetricFamily[], name: string): number {
  const samples = families.find((candidate) => candidate.name === name)?.samples ?? []
  return samples.reduce((sum, { value }) => sum + value, 0)
}
