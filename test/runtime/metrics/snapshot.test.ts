import { expect } from 'chai'
import type { MetricName } from '../../../runtime/metrics/catalogue.ts'
import { MetricError } from '../../../runtime/metrics/layout.ts'
import { MetricSlab } from '../../../runtime/metrics/slab.ts'
import { collectMetrics, type Reading } from '../../../runtime/metrics/snapshot.ts'
import { dimensionsOf } from './dimensions.ts'

function twoThreads(partitions = 4) {
  const dimensions = dimensionsOf(partitions)
  const main = MetricSlab.create(dimensions)
  const one = MetricSlab.create(dimensions, 'stream-thread-1', main.layout)
  const two = MetricSlab.create(dimensions, 'stream-thread-2', main.layout)
  return { main, one, two, slabs: [main, one, two] }
}

function samplesOf(slabs: MetricSlab[], name: MetricName) {
  const family = collectMetrics(slabs).find((found) => found.name === name)
  return family?.samples.map(({ labels, value }) => ({ ...labels, value })) ?? []
}

describe('the snapshot of all slabs', () => {
  it('labels what belongs to a thread with it', () => {
    const { one, two, slabs } = twoThreads()
    one.counter('kafka_stream_task_process_total', { task_id: '0_0' }).add(1)
    two.counter('kafka_stream_task_process_total', { task_id: '0_0' }).add(2)
    expect(samplesOf(slabs, 'kafka_stream_task_process_total')).to.deep.equal([
      { thread_id: 'stream-thread-1', task_id: '0_0', value: 1 },
      { thread_id: 'stream-thread-2', task_id: '0_0', value: 2 },
    ])
  })

  it('adds up what does not, over the threads that have it', () => {
    const { one, two, slabs } = twoThreads()
    const labels = { topic: 'crime-counts' }
    one.counter('kafka_stream_topic_records_produced_total', labels).add(3)
    two.counter('kafka_stream_topic_records_produced_total', labels).add(4)
    expect(samplesOf(slabs, 'kafka_stream_topic_records_produced_total')).to.deep.equal([
      { ...labels, value: 7 },
    ])
  })

  it('takes the lowest watermark and the highest stream time', () => {
    const { main, one, two, slabs } = twoThreads()
    main.gauge('kafka_stream_query_watermark_timestamp_seconds').set(50)
    one.gauge('kafka_stream_query_watermark_timestamp_seconds').set(40)
    one.gauge('kafka_stream_task_stream_time_seconds', { task_id: '1_0' }).set(-5)
    two.gauge('kafka_stream_task_stream_time_seconds', { task_id: '1_0' }).set(60)
    expect(samplesOf(slabs, 'kafka_stream_query_watermark_timestamp_seconds')).to.deep.equal([
      { value: 40 },
    ])
    expect(samplesOf(slabs, 'kafka_stream_task_stream_time_seconds')).to.deep.equal([
      { task_id: '1_0', value: 60 },
    ])
  })

  it('adds histograms up bucket by bucket', () => {
    const { one, two, slabs } = twoThreads()
    one.histogram('kafka_stream_task_record_lateness_seconds').observe(0.05)
    two.histogram('kafka_stream_task_record_lateness_seconds').observe(20, 2)
    const [family] = collectMetrics(slabs)
    expect(family?.samples[0]?.cumulativeCounts).to.deep.equal([1, 1, 1, 3, 3, 3, 3, 3, 3])
    expect(family?.samples[0]?.value).to.equal(40.05)
  })

  it('leaves out a partition that is no longer assigned', () => {
    const { main, slabs } = twoThreads()
    const labels = { topic: 'service-calls', partition: '1' }
    const lag = main.gauge('kafka_consumer_records_lag', labels)
    lag.set(12)
    expect(samplesOf(slabs, 'kafka_consumer_records_lag')).to.deep.equal([{ ...labels, value: 12 }])
    lag.set(NaN)
    expect(samplesOf(slabs, 'kafka_consumer_records_lag')).to.deep.equal([])
  })

  it('keeps the totals of a dead thread and forgets its gauges', () => {
    const { one, slabs } = twoThreads()
    one.counter('kafka_stream_task_process_total', { task_id: '0_0' }).add(5)
    one.gauge('kafka_stream_task_buffered_records', { task_id: '0_0' }).set(9)
    one.histogram('kafka_stream_task_record_lateness_seconds').observe(2)
    one.clearGauges()
    MetricSlab.open(one.spec).counter('kafka_stream_task_process_total', { task_id: '0_0' }).add(1)
    expect(samplesOf(slabs, 'kafka_stream_task_process_total')[0]?.value).to.equal(6)
    expect(samplesOf(slabs, 'kafka_stream_task_buffered_records')).to.deep.equal([])
    expect(samplesOf(slabs, 'kafka_stream_task_record_lateness_seconds')).to.have.length(1)
  })

  it('sums lag up for each topic when there are more than 256 partitions', () => {
    const { main, slabs } = twoThreads(129)
    for (const { topic, partition } of main.spec.dimensions.partitions) {
      main
        .gauge('kafka_consumer_records_lag', { topic, partition: String(partition) })
        .set(partition)
    }
    expect(samplesOf(slabs, 'kafka_consumer_records_lag')).to.deep.equal([
      { topic: 'service-calls', partition: 'all', value: 8256 },
      { topic: 'app-by-crime-repartition', partition: 'all', value: 8256 },
    ])
  })

  it('takes in readings of the main thread, and refuses undeclared ones', () => {
    const reading = {
      name: 'kafka_stream_config_info',
      labels: { key: 'num.stream.threads', value: '2' },
      value: 1,
    } as const
    const [family] = collectMetrics([], [reading])
    expect(family?.samples).to.deep.equal([
      { labels: reading.labels, value: 1, cumulativeCounts: [] },
    ])
    const wrong: Reading[] = [
      { ...reading, labels: { key: 'num.stream.threads' } },
      { ...reading, name: 'kafka_consumer_records_lag' },
    ]
    for (const reading of wrong) {
      expect(() => collectMetrics([], [reading])).to.throw(MetricError, reading.name)
    }
  })
})
