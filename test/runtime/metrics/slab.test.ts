import { expect } from 'chai'
import { Worker } from 'node:worker_threads'
import { once } from 'node:events'
import {
  labelsOf,
  layoutOf,
  MetricError,
  placeOf,
  slotsOf,
  type MetricLayout,
  type MetricPlace,
} from '../../../runtime/metrics/layout.ts'
import { MetricSlab } from '../../../runtime/metrics/slab.ts'
import { collectMetrics } from '../../../runtime/metrics/snapshot.ts'
import { dimensionsOf } from './dimensions.ts'

const e2e = 'kafka_stream_processor_node_record_e2e_latency_seconds'
const node = { processor_node_id: 'crime-counts-out' }

/** All series of a metric. */
const placesOf = (place: MetricPlace) =>
  Array.from({ length: place.count }, (_, i) => {
    return { labels: labelsOf(place, i), at: place.at + i * slotsOf(place.definition) }
  })

describe('a metric slab', () => {
  it('has no series until one is bound', () => {
    expect(collectMetrics([MetricSlab.create(dimensionsOf(4))])).to.deep.equal([])
  })

  it('starts a counter at zero when it is bound, so that its first step is seen', () => {
    const slab = MetricSlab.create(dimensionsOf(4))
    const counter = slab.counter('kafka_producer_txn_commits_total')
    expect(collectMetrics([slab])[0]?.samples[0]?.value).to.equal(0)
    counter.add(2)
    counter.add(3)
    expect(counter.value).to.equal(5)
    expect(collectMetrics([slab])[0]?.samples[0]?.value).to.equal(5)
  })

  it('goes on counting when the same series is bound again', () => {
    const slab = MetricSlab.create(dimensionsOf(4))
    slab.counter('kafka_producer_txn_commits_total').add(2)
    expect(slab.counter('kafka_producer_txn_commits_total').value).to.equal(2)
    slab.histogram(e2e, node).observe(1)
    slab.histogram(e2e, node).observe(1)
    const family = collectMetrics([slab]).find(({ name }) => name === e2e)
    expect(family?.samples[0]?.cumulativeCounts.at(-1)).to.equal(2)
  })

  it('puts an observation into the bucket whose bound it does not exceed', () => {
    const slab = MetricSlab.create(dimensionsOf(4))
    const latency = slab.histogram('kafka_stream_task_record_lateness_seconds')
    latency.observe(0)
    latency.observe(0.1)
    latency.observe(0.1000001)
    latency.observe(3600)
    latency.observe(3601, 4)
    latency.observe(NaN)
    const [family] = collectMetrics([slab])
    expect(family?.buckets).to.deep.equal([0.1, 1, 10, 60, 300, 600, 1800, 3600])
    expect(family?.samples[0]?.cumulativeCounts).to.deep.equal([2, 3, 3, 3, 3, 3, 3, 4, 8])
    expect(family?.samples[0]?.value).to.be.closeTo(0.2000001 + 3600 + 4 * 3601, 1e-6)
  })

  it('refuses labels that the application does not have', () => {
    const slab = MetricSlab.create(dimensionsOf(2))
    for (const labels of [{ task_id: '0_2' }, {}, { task_id: '0_0', topic: 'service-calls' }]) {
      expect(() => slab.counter('kafka_stream_task_process_total', labels))
        .to.throw(MetricError, 'kafka_stream_task_process_total')
        .with.property('code', 'MILLRACE_METRIC_UNKNOWN')
    }
  })

  it('lays out the same way from dimensions that travelled as JSON', () => {
    const dimensions = dimensionsOf(64)
    const copy = JSON.parse(JSON.stringify(dimensions)) as typeof dimensions
    expect(layoutOf(copy)).to.have.property('slots', layoutOf(dimensions).slots)
    const series = ({ metrics }: MetricLayout) =>
      metrics.flatMap((place) => placesOf(place).map(({ labels }) => [place.name, labels]))
    expect(series(layoutOf(copy))).to.deep.equal(series(layoutOf(dimensions)))
  })

  it('keeps every series apart and stays small with 64 partitions', () => {
    const layout = layoutOf(dimensionsOf(64))
    const { metrics, slots } = layout
    const taken = new Set<number>()
    for (const place of metrics) {
      const width = slotsOf(place.definition)
      for (const { labels, at } of placesOf(place)) {
        expect(placeOf(layout, place.name, labels)).to.equal(at)
        for (let slot = at; slot < at + width; slot++) taken.add(slot)
      }
    }
    expect(taken.size).to.equal(slots)
    expect(slots * 8).to.be.below(64 * 1024)
  })

  it('refuses to open memory that was laid out otherwise', () => {
    const { spec } = MetricSlab.create(dimensionsOf(4))
    expect(() => MetricSlab.open({ ...spec, dimensions: dimensionsOf(5) }))
      .to.throw(MetricError, 'build again')
      .with.property('code', 'MILLRACE_METRIC_LAYOUT')
  })

  it('shows the main thread what a worker counts', async () => {
    const slab = MetricSlab.create(dimensionsOf(4), 'stream-thread-1')
    const worker = new Worker(new URL('./slab-worker.js', import.meta.url), {
      workerData: slab.spec,
    })
    expect(await once(worker, 'exit')).to.deep.equal([0])
    const values = collectMetrics([slab]).map(({ name, samples }) => [name, samples[0]?.value])
    expect(values).to.deep.include.members([
      ['kafka_stream_task_process_total', 7],
      ['kafka_stream_task_buffered_records', 3],
      [e2e, 0.1],
    ])
  })
})
