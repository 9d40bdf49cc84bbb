// Exactly once on Kafka, when workers die in the middle of a transaction: it is undone, and all tasks begin
// again at the commit before it.
import { expect } from 'chai'
import { openBroker } from '../../broker/open.ts'
import type { Broker } from '../../broker/ports.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { differences, keyOfRow, type CountedRow } from '../support/batch-count.ts'
import {
  COUNTED,
  countOrders,
  FAULTY_JOB,
  orders,
  withEnds,
  writeOrders,
  type Order,
} from '../support/faulty-orders.ts'
import { readTable, readTopic } from '../support/final-tables.ts'
import { startKafka, type Kafka } from '../support/kafka.ts'
import { runOnce, sumOf } from '../support/police-job.ts'

const ROWS = 20_000

describe('results are exactly once after workers have died, on Kafka', function () {
  this.timeout(120_000)
  const path = temporaryDirectory()
  let kafka: Kafka
  let broker: Broker
  let failed = 0
  let rows: readonly Order[] = []

  before(async () => {
    rows = orders(ROWS).map((order, i) => {
      if (i === 5_000) return { ...order, fault: 'exit', mark: path('mark-source') }
      return i === 12_000 ? { ...order, name: `exit ${path('mark-count')}` } : order
    })
    kafka = await startKafka()
    const { bootstrapServers } = kafka
    broker = await openBroker({ kind: 'kafka', bootstrapServers, clientId: 'test' })
    await writeOrders(broker, rows)
    const settings = {
      'bootstrap.servers': bootstrapServers,
      'state.dir': path('state'),
      'processing.guarantee': 'exactly_once_v2',
      'num.stream.threads': 2,
      'commit.interval.ms': 20,
    }
    const { metrics } = await runOnce(broker, settings, FAULTY_JOB)
    failed = sumOf(metrics, 'kafka_stream_failed_stream_threads_total')
  })
  after(async () => {
    await broker.close()
    await kafka.stop()
  })

  it('and all of them are right', async () => {
    expect(failed).to.equal(2)
    const actual = await readTable(broker, COUNTED)
    expect(differences(withEnds(actual), countOrders(rows))).to.deep.equal([])
  })

  it('and no update is there twice', async () => {
    const last = new Map<string, number>()
    await readTopic(broker, COUNTED, ({ value, offset }) => {
      const row = JSON.parse(String(value)) as CountedRow
      const key = keyOfRow(row)
      expect(row.calls, `${key} at ${offset}`).to.be.greaterThan(last.get(key) ?? 0)
      last.set(key, row.calls)
    })
  })
})
