import { expect } from 'chai'
import { ClientStatistics } from '../../broker/kafka/client-statistics.ts'
import { MetricSlab } from '../../runtime/metrics/slab.ts'
import { collectMetrics } from '../../runtime/metrics/snapshot.ts'
import { ProducerMetrics } from '../../runtime/producer-metrics.ts'
import { dimensionsOf } from '../runtime/metrics/dimensions.ts'
import { sumOf } from '../support/police-job.ts'

const rtt = { cnt: 2, avg: 1_500, p99: 4_000 }

describe('the statistics of a client of Kafka', () => {
  it('tell the round trips to brokers that answered, of the client last heard', () => {
    const statistics = new ClientStatistics()
    const brokers = {
      'kafka:9092/bootstrap': { nodeid: -1, rtt },
      'kafka:9092/1': { nodeid: 1, rtt },
      'kafka:9092/2': { nodeid: 2, rtt: { ...rtt, cnt: 0 } },
    }
    statistics.hear('consumer', JSON.stringify({ brokers }))
    statistics.hear('consumer', JSON.stringify({ brokers }))
    expect(statistics.roundTrips).to.deep.equal([
      { client: 'consumer', broker: '1', avgSeconds: 0.0015, p99Seconds: 0.004 },
    ])
  })

  it('are read up to their topics, which may be megabytes of partitions', () => {
    const statistics = new ClientStatistics()
    const brokers = JSON.stringify({ a: { nodeid: 1, txretries: 3, toppars: { 'topics-0': {} } } })
    statistics.hear('producer', `{ "msg_cnt":7, "brokers":${brokers}, "topics":{ "t": { not read`)
    expect([statistics.retries, statistics.queuedMessages]).to.deep.equal([3, 7])
  })

  it('tell what the producer sent again, that to brokers which have gone too', () => {
    const statistics = new ClientStatistics()
    const hear = (msg_cnt: number, brokers: object): void =>
      statistics.hear('producer', JSON.stringify({ msg_cnt, brokers }))
    hear(12, { a: { nodeid: 1, txretries: 3 }, b: { nodeid: 2, txretries: 1 } })
    expect([statistics.retries, statistics.queuedMessages]).to.deep.equal([4, 12])
    hear(0, { a: { nodeid: 1, txretries: 5 } })
    expect([statistics.retries, statistics.queuedMessages]).to.deep.equal([6, 0])
    statistics.hear('consumer', JSON.stringify({ brokers: { a: { nodeid: 1, txretries: 9 } } }))
    expect(statistics.retries).to.equal(6)
  })
})

describe('the metrics of a producer', () => {
  it('go on with the totals of one before it, and show no topic that user code has chosen', () => {
    const slab = MetricSlab.create(dimensionsOf(1))
    const topics = ['crime-counts', 'app-by-crime-repartition']
    const metric = (name: string, labels = {}): number =>
      sumOf(collectMetrics([slab]), `kafka_producer_${name}`, labels)
    const errors = { 'crime-counts': 2, 'chosen-for-a-record': 7 }
    const first = new ProducerMetrics(slab, topics)
    first.look({ queuedRecords: 5, retries: 3, errors: {} })
    expect(metric('record_errors_total')).to.equal(0)
    first.look({ queuedRecords: 4, retries: 4, errors })
    first.look({ queuedRecords: 4, retries: 4, errors })
    expect(metric('record_errors_total', { topic: 'crime-counts' })).to.equal(2)
    expect(metric('record_errors_total')).to.equal(2)
    expect([metric('record_retries_total'), metric('queue_records')]).to.deep.equal([4, 4])
    new ProducerMetrics(slab, topics).look({ queuedRecords: 0, retries: 1, errors })
    expect([metric('record_retries_total'), metric('queue_records')]).to.deep.equal([5, 0])
    expect(metric('record_errors_total')).to.equal(4)
  })
})
