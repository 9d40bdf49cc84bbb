// How a run ends: in good order when it is asked to, with a reason when it must.
import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { BrokerError, type Broker } from '../../../broker/ports.ts'
import { streamsConfig } from '../../../config/config.ts'
import { runStreams } from '../../../runtime/run-streams.ts'
import { startCli, runCli } from '../../cli/run-cli.ts'
import { batchCount, differences } from '../../support/batch-count.ts'
import { changed } from '../../support/changed.ts'
import { embeddedLogs } from '../../support/embedded-log.ts'
import {
  COUNTED,
  countOrders,
  FAULTY_JOB,
  orders,
  withEnds,
  writeOrders,
  type Order,
} from '../../support/faulty-orders.ts'
import { partitionsOf, readTable, RESULT_TOPICS, rowsIn } from '../../support/final-tables.ts'
import {
  CALLS,
  expectTables,
  generatedCalls,
  runOnce,
  sumOf,
  writeCalls,
} from '../../support/police-job.ts'
import { until } from '../../support/until.ts'

const ROWS = 40_000

describe('the end of a run', function () {
  this.timeout(120_000)
  const logs = embeddedLogs()
  const here = (name: string): string[] => [
    '--set',
    `bootstrap.servers=embedded:${logs.directory(name)}`,
    '--set',
    'server.enabled=false',
  ]

  it('by SIGTERM in the middle of a backlog is code 0, and the next run goes on there', async () => {
    const broker = await logs.open('term')
    const calls = generatedCalls(ROWS)
    await writeCalls(broker, calls, 4)
    const job = startCli(['start', 'police-calls', ...here('term')])
    await until('results come', async () => (await rowsIn(broker, RESULT_TOPICS.sliding)) > 0)
    job.child.kill('SIGTERM')
    const { code, stderr } = await job.ended
    expect(code, stderr).to.equal(0)
    expect(stderr, 'not by force').not.to.include('the stop took too long')
    // What the group knows is what the next run does not read again.
    const group = await broker.openGroup({ applicationId: 'police-calls', stateDir: '' })
    const committed = await group.committed(await partitionsOf(broker, CALLS))
    await group.leave()
    const done = committed.reduce((sum, { offset }) => sum + offset, 0)
    expect(done).to.be.greaterThan(0)
    const { metrics } = await runOnce(broker)
    expect(sumOf(metrics, 'kafka_stream_query_input_rows_total')).to.equal(ROWS - done)
    await expectTables(broker, batchCount(calls))
  })

  it('by SIGINT while idle is code 0, with everything committed', async () => {
    const broker = await logs.open('int')
    const calls = generatedCalls(1_000)
    await writeCalls(broker, calls, 4)
    const job = startCli(['start', 'police-calls', ...here('int')])
    const expected = batchCount(calls)
    await until('all results are there', async () => {
      return (await rowsIn(broker, RESULT_TOPICS.sliding)) >= expected.sliding.size
    })
    job.child.kill('SIGINT')
    expect((await job.ended).code).to.equal(0)
    await expectTables(broker, expected)
    const { metrics } = await runOnce(broker)
    expect(sumOf(metrics, 'kafka_stream_query_input_rows_total')).to.equal(0)
  })

  it('by an error of user code names node, topic, partition and offset, with code 1', async () => {
    const broker = await logs.open('throw')
    const rows = orders(2_000).map((order, i) =>
      i === 1_234 ? { ...order, fault: 'throw' } : order,
    )
    await writeOrders(broker, rows)
    const job = await runCli('start', FAULTY_JOB.href, ...here('throw'))
    expect(job.code).to.equal(1)
    expect(job.stderr).to.match(
      /topic orders, partition [0-3], offset \d+: misbehave: this order is too much/,
    )
  })

  it('by an error behind the repartition topic names where it was, too', async () => {
    const broker = await logs.open('throw-late')
    const rows = orders(100).map((order, i) =>
      i === 50 ? { ...order, name: `throw ${logs.directory('mark')}` } : order,
    )
    await writeOrders(broker, rows)
    const error = await runOnce(broker, {}, FAULTY_JOB).then(
      () => undefined,
      (thrown: unknown) => thrown as Error,
    )
    expect(error).to.be.an('error').with.property('code', 'MILLRACE_PROCESSING')
    expect(error?.message).to.match(/misbehave-late: this order is too much/)
  })

  /** Orders of which one hangs the first time that it is processed, and the file that is there from then on. */
  const ordersThatHang = (
    name: string,
  ): { readonly rows: readonly Order[]; readonly mark: string } => {
    const mark = `${logs.directory(name)}-hangs`
    const rows = orders(100).map((order, i) =>
      i === 50 ? { ...order, fault: 'hang', mark } : order,
    )
    return { rows, mark }
  }
  const expectAllCounted = async (broker: Broker, rows: readonly Order[]): Promise<void> => {
    await runOnce(broker, {}, FAULTY_JOB)
    const counts = withEnds(await readTable(broker, COUNTED))
    expect(differences(counts, countOrders(rows))).to.deep.equal([])
  }

  it('is forced after shutdown.timeout.ms when user code hangs, and no error; the next run goes on there', async () => {
    const broker = await logs.open('hang')
    const { rows, mark } = ordersThatHang('hang')
    await writeOrders(broker, rows)
    const config = streamsConfig({ 'shutdown.timeout.ms': 500, 'num.stream.threads': 1 })
    const streams = await runStreams(FAULTY_JOB, config, { broker })
    await until('it hangs', () => existsSync(mark))
    const askedMs = performance.now()
    streams.stop()
    await streams.done
    expect(performance.now() - askedMs).to.be.within(400, 5_000)
    expect(streams.state).to.equal('NOT_RUNNING')
    await expectAllCounted(broker, rows)
  })

  it('by a second SIGTERM is at once, whatever hangs; the next run goes on there', async () => {
    const broker = await logs.open('twice')
    const { rows, mark } = ordersThatHang('twice')
    await writeOrders(broker, rows)
    const patient = ['--set', 'shutdown.timeout.ms=600000', '--set', 'log.level=debug']
    const job = startCli(['start', FAULTY_JOB.href, ...here('twice'), ...patient])
    try {
      await until('it hangs', () => existsSync(mark))
      job.child.kill('SIGTERM')
      await until('it stops', () => job.stderr().includes('PENDING_SHUTDOWN'))
      expect(job.child.exitCode).to.equal(null)
      job.child.kill('SIGTERM')
      expect((await job.ended).signal).to.equal('SIGTERM')
    } finally {
      job.child.kill('SIGKILL')
    }
    await expectAllCounted(broker, rows)
  })

  it('gives up a commit that takes longer than shutdown.timeout.ms, and leaves the group all the same', async () => {
    const broker = await logs.open('long-commit')
    await writeOrders(broker, orders(100))
    const events: string[] = []
    let giveUp: (() => void) | undefined
    const stuck = changed(broker, {
      openGroup: async (options) => {
        const group = await broker.openGroup(options)
        return changed(group, {
          commit: () => {
            events.push('commit')
            return new Promise((_, fail) => {
              giveUp = () => fail(new BrokerError('MILLRACE_BROKER', 'left', { retriable: true }))
            })
          },
          leave: async () => {
            events.push('leave')
            await group.leave()
            giveUp?.()
          },
        })
      },
    })
    const config = streamsConfig({ 'shutdown.timeout.ms': 500, 'num.stream.threads': 1 })
    const streams = await runStreams(FAULTY_JOB, config, { broker: stuck })
    await until('it commits', () => events.length > 0)
    streams.stop()
    await streams.done
    expect(events).to.deep.equal(['commit', 'leave'])
    expect(streams.state).to.equal('NOT_RUNNING')
  })

  it('by a stop leaves nothing behind: the same broker runs the job again', async () => {
    const broker = await logs.open('again')
    await writeOrders(broker, orders(500))
    for (let i = 0; i < 3; i++) {
      const streams = await runStreams(FAULTY_JOB, streamsConfig(), { broker })
      streams.stop()
      await streams.done
      expect(streams.state).to.equal('NOT_RUNNING')
    }
    await runOnce(broker, {}, FAULTY_JOB)
    expect(await rowsIn(broker, 'orders-by-name')).to.be.greaterThan(0)
  })
})
