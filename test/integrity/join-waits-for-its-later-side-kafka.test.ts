// A join finds the row of a table that comes after the record, though earlier in event time, as long as
// max.task.idle.ms lets it wait; and neither a commit, a stop nor the end of a run waits with it.
import { expect } from 'chai'
import type { Broker } from '../../broker/ports.ts'
import { streamsConfig } from '../../config/config.ts'
import { runStreams } from '../../runtime/run-streams.ts'
import type { RunningStreams } from '../../runtime/running-streams.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { readTopic } from '../support/final-tables.ts'
import { ownKafka } from '../support/own-kafka.ts'
import { runOnce, sumOf, writeInput } from '../support/police-job.ts'
import { until } from '../support/until.ts'

const SALES_JOB = new URL('../fixtures/sales-job.js', import.meta.url)
const IDLE_MS = 120_000

describe('a join waits for its later side, on Kafka', function () {
  this.timeout(120_000)
  const directory = temporaryDirectory()
  const kafka = ownKafka()
  let broker: Broker
  beforeEach(async () => {
    broker = await kafka.open()
  })
  afterEach(() => broker.close())

  const settings = () => ({
    'bootstrap.servers': kafka.bootstrapServers,
    'state.dir': directory('state'),
    'topic.partitions': '1',
    'num.stream.threads': '1',
    'max.task.idle.ms': String(IDLE_MS),
  })
  const order = (id: string, timestampMs: number) =>
    writeInput(
      broker,
      [{ key: id, value: JSON.stringify({ id, product: 'p', customer: 'c' }), timestampMs }],
      1,
      { topic: 'orders' },
    )
  const sales = async (): Promise<string[]> => {
    const keys: string[] = []
    await readTopic(broker, 'sales', ({ value }) => {
      keys.push((JSON.parse(value!.toString()) as { id: string }).id)
    })
    return keys
  }
  /** The join has so many orders at hand, as frames behind the repartition topic. */
  const waitsWith = (streams: RunningStreams, orders: number) =>
    until(`${orders} orders wait`, () => {
      const name = 'kafka_stream_topic_records_consumed_total'
      const frames = sumOf(streams.metrics(), name, {
        topic: 'sales-by-product-by-key-repartition',
      })
      return frames >= orders
    })

  it('runs the record when the table has its row, and stops while it waits for another', async () => {
    for (const topic of ['products', 'customers']) await writeInput(broker, [], 1, { topic })
    await order('first', 10)
    const streams = await runStreams(SALES_JOB, streamsConfig(settings()), { broker })
    try {
      await waitsWith(streams, 1)
      expect(await sales()).to.deep.equal([])
      const row = { key: 'p', value: JSON.stringify({ price: 3 }), timestampMs: 5 }
      // With a row behind the order it has waited long enough for this one.
      const rows = [row, { ...row, key: 'other', timestampMs: 15 }]
      await writeInput(broker, rows, 1, { topic: 'products' })
      await until('the first order is joined', async () => (await sales()).length > 0)
      await order('second', 20)
      await waitsWith(streams, 2)
    } finally {
      const from = performance.now()
      streams.stop()
      await streams.done
      expect(performance.now() - from).to.be.lessThan(IDLE_MS / 4)
    }
    expect(await sales()).to.deep.equal(['first'])
  })

  it('comes to the end of its input without waiting for more', async () => {
    const from = performance.now()
    await runOnce(broker, settings(), SALES_JOB)
    expect(performance.now() - from).to.be.lessThan(IDLE_MS / 4)
    expect(await sales()).to.deep.equal(['first', 'second'])
  })
})
