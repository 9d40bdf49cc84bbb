import { expect } from 'chai'
import { Latencies } from '../../../cli/tune/latencies.ts'
import type { MetricFamily } from '../../../runtime/metrics/snapshot.ts'

const BUCKETS = [0.01, 0.1, 1]

/** What sinks have observed so far, in seconds. */
function histogramOf(bySink: Readonly<Record<string, readonly number[]>>): MetricFamily[] {
  return [
    {
      name: 'kafka_stream_processor_node_record_e2e_latency_seconds',
      type: 'histogram',
      help: '',
      buckets: BUCKETS,
      samples: Object.entries(bySink).map(([sink, seen]) => ({
        labels: { processor_node_id: sink },
        value: seen.reduce((sum, seconds) => sum + seconds, 0),
        cumulativeCounts: [...BUCKETS, Infinity].map(
          (bound) => seen.filter((seconds) => seconds <= bound).length,
        ),
      })),
    },
  ]
}

describe('the latencies that tune measures', () => {
  it('are exact where what came between two looks is of one age, whatever the buckets', () => {
    const latencies = new Latencies(['out'], false)
    latencies.look(histogramOf({ out: [0.03, 0.03], source: [0.9] }), 0)
    expect(latencies.count).to.equal(2)
    expect(latencies.quantile(0.5)).to.be.closeTo(30, 1e-6)
    latencies.look(histogramOf({ out: [0.03, 0.03, 0.07] }), 20)
    expect(latencies.quantile(0.99)).to.be.closeTo(70, 1e-6)
  })

  it('keep a slow result apart from fast ones of the same look', () => {
    const latencies = new Latencies(['out'], false)
    latencies.look(histogramOf({ out: [...Array<number>(9).fill(0.002), 0.5] }), 0)
    expect(latencies.quantile(0.5)).to.be.at.most(10)
    expect(latencies.quantile(0.99)).to.be.within(100, 1_000)
  })

  it('last until the commit where results can be read only then', () => {
    const latencies = new Latencies(['out'], true)
    latencies.look(histogramOf({ out: [0.03] }), 1_000)
    expect(latencies.count).to.equal(0)
    latencies.look(histogramOf({ out: [0.03, 0.05] }), 1_060)
    latencies.committed(1_100)
    expect(latencies.quantile(0.5)).to.be.closeTo(50 + 40, 1e-6)
    expect(latencies.quantile(1)).to.be.closeTo(30 + 100, 1e-6)
  })

  it('begin anew when told to, without what was seen before', () => {
    const latencies = new Latencies(['out'], false)
    latencies.look(histogramOf({ out: [0.9] }), 0)
    latencies.clear()
    expect(latencies.quantile(0.5)).to.satisfy(Number.isNaN)
    latencies.look(histogramOf({ out: [0.9, 0.02] }), 20)
    expect(latencies.quantile(0.99)).to.be.closeTo(20, 1e-6)
  })
})
