// A worker that dies or hangs is replaced: its tasks go on from their last commit, and nobody can tell
// from the results.
import { expect } from 'chai'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Settings } from '../../config/config.ts'
import { differences } from '../support/batch-count.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import {
  COUNTED,
  countOrders,
  CRASHING_JOB,
  FAULTY_JOB,
  orders,
  withEnds,
  writeOrders,
  type Order,
} from '../support/faulty-orders.ts'
import { readTable, readTopic } from '../support/final-tables.ts'
import { tellFaults } from '../support/long-run.ts'
import { droppedIn, runOnce, sumOf } from '../support/police-job.ts'

const ROWS = 20_000

describe('counts are exact after a worker', function () {
  this.timeout(60_000)
  const logs = embeddedLogs()

  const expectExact = async (name: string, rows: readonly Order[], settings: Settings = {}) => {
    const broker = await logs.open(name)
    await writeOrders(broker, rows)
    const { metrics } = await runOnce(
      broker,
      { 'num.stream.threads': 2, 'commit.interval.ms': 20, ...settings },
      FAULTY_JOB,
    )
    const actual = await readTable(broker, COUNTED)
    expect(differences(withEnds(actual), countOrders(rows))).to.deep.equal([])
    const failed = sumOf(metrics, 'kafka_stream_failed_stream_threads_total')
    tellFaults(failed, 'workers that died or hung')
    return failed
  }
  const withFault = (at: number, fault: Partial<Order>): Order[] =>
    orders(ROWS).map((order, i) => (i === at ? { ...order, ...fault } : order))

  it('has died while it read the source', async () => {
    const mark = logs.directory('mark-exit')
    const rows = withFault(ROWS / 2, { fault: 'exit', mark })
    expect(await expectExact('exit', rows)).to.equal(1)
  })

  it('has died while it counted', async () => {
    const rows = withFault(ROWS / 2, { name: `exit ${logs.directory('mark-late')}` })
    expect(await expectExact('exit-late', rows)).to.equal(1)
  })

  it('has died three times', async () => {
    const rows = orders(ROWS).map((order, i) =>
      i % 5_000 === 2_500 && i < 15_000
        ? { ...order, fault: 'exit', mark: logs.directory(`mark-${i}`) }
        : order,
    )
    expect(await expectExact('thrice', rows)).to.equal(3)
  })

  it('has hung for longer than worker.hang.timeout.ms', async () => {
    const rows = withFault(ROWS / 2, { fault: 'hang', mark: logs.directory('mark-hang') })
    const settings = { 'worker.hang.timeout.ms': 1_000 }
    expect(await expectExact('hang', rows, settings)).to.equal(1)
  })

  it('and a record that it dies of each time ends the run, and is named', async () => {
    const broker = await logs.open('always')
    await writeOrders(broker, withFault(10, { fault: 'exit' }))
    const run = runOnce(broker, { 'num.stream.threads': 1 }, FAULTY_JOB)
    const error = await Promise.race([
      run.then(
        () => undefined,
        (thrown: unknown) => thrown,
      ),
      sleep(60_000, 'still running', { ref: false }),
    ])
    expect(error).to.be.an('error').with.property('code', 'MILLRACE_PROCESSING')
    expect((error as Error).message).to.match(
      /^topic orders, partition \d, offset \d+: parse-order: a thread has died 2 times/,
    )
  })

  it('dies of records again and again, which are written as dead letters', async () => {
    const crashing = [ROWS / 4, ROWS / 2, (3 * ROWS) / 4]
    const rows = orders(ROWS).map((order, i) => {
      if (i === crashing[0]) return { ...order, fault: 'exit' }
      // Before anything runs.
      if (i === crashing[2]) return { ...order, fault: 'exit while read' }
      // Behind the repartition topic many rows are one record.
      return i === crashing[1] ? { ...order, name: 'crash' } : order
    })
    const broker = await logs.open('letters')
    await writeOrders(broker, rows)
    const settings = { 'num.stream.threads': 2, 'commit.interval.ms': 20 }
    const { metrics } = await runOnce(broker, settings, CRASHING_JOB)
    const good = rows.filter((_, i) => !crashing.includes(i))
    const actual = await readTable(broker, COUNTED)
    expect(differences(withEnds(actual), countOrders(good))).to.deep.equal([])
    // What is done again is counted again; letters are there once.
    expect(droppedIn(metrics, 'processing-error')).to.be.at.least(2)
    expect(droppedIn(metrics, 'malformed')).to.be.at.least(1)
    const letters: (string | undefined)[] = []
    await readTopic(broker, 'orders.dead-letter', ({ headers }) => {
      letters.push(headers['__streams.errors.message'])
    })
    expect(letters).to.have.length(3)
    for (const letter of letters) expect(letter).to.match(/^a thread has died 2 times/)
    expect(letters.filter((letter) => letter?.includes('read this record'))).to.have.length(1)
  })
})
