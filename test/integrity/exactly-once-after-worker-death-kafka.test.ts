// Exactly once on Kafka, when workers die in the middle of a transaction: it is undone, and all tasks begin
// again at the commit before it.
import { expect } from 'chai'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { differences } from '../support/batch-count.ts'
import {
  COUNTED,
  countOrders,
  FAULTY_JOB,
  orders,
  withEnds,
  writeOrders,
  type Order,
} from '../support/faulty-orders.ts'
import { readTable, repeatedUpdates } from '../support/final-tables.ts'
import { tellFaults } from '../support/long-run.ts'
import { ownKafka } from '../support/own-kafka.ts'
import { runOnce, sumOf } from '../support/police-job.ts'

const ROWS = 20_000

describe('results are exactly once after workers have died, on Kafka', function () {
  this.timeout(120_000)
  const path = temporaryDirectory()
  const kafka = ownKafka()
  let failed = 0
  let rows: readonly Order[] = []

  before(async () => {
    rows = orders(ROWS).map((order, i) => {
      if (i === 5_000) return { ...order, fault: 'exit', mark: path('mark-source') }
      return i === 12_000 ? { ...order, name: `exit ${path('mark-count')}` } : order
    })
    const { bootstrapServers, broker } = kafka
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

  it('and all of them are right', async () => {
    expect(failed).to.equal(2)
    tellFaults(failed, 'workers that died')
    const actual = await readTable(kafka.broker, COUNTED)
    expect(differences(withEnds(actual), countOrders(rows))).to.deep.equal([])
  })

  it('and no update is there twice', async () => {
    expect(await repeatedUpdates(kafka.broker, COUNTED)).to.deep.equal([])
  })
})
