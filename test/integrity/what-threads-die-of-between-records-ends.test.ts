// What kills threads where no record is in work, or kills them by what it takes: it is found and named, a policy
// decides where one can, and nothing goes on for ever or is lost without a word.
import { expect } from 'chai'
import { fileURLToPath } from 'node:url'
import type { Broker } from '../../broker/ports.ts'
import { setting, startCli } from '../cli/run-cli.ts'
import { differences } from '../support/batch-count.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { COUNTED, countOrders, orders, withEnds, writeOrders } from '../support/faulty-orders.ts'
import { readTable, readTopic } from '../support/final-tables.ts'
import '../support/long-run.ts'
import { droppedIn, runOnce, sumOf } from '../support/police-job.ts'

const JOB = new URL('../fixtures/dying-job.js', import.meta.url)
const ROWS = 2_000
/** A worker has less of it than a thread of Node would take by itself. */
const MEMORY_MB = 100

describe('what threads die of between records', function () {
  this.timeout(180_000)
  const logs = embeddedLogs()

  const jobOf = (query: string): URL => new URL(`?${query}`, JOB)
  const settings = { 'num.stream.threads': 2, 'commit.interval.ms': 20 }

  async function expectCounted(broker: Broker, rows = orders(ROWS)): Promise<void> {
    const actual = await readTable(broker, COUNTED)
    expect(differences(withEnds(actual), countOrders(rows))).to.deep.equal([])
  }

  async function failureOf(name: string, query: string): Promise<Error> {
    const broker = await logs.open(name)
    await writeOrders(broker, orders(ROWS))
    const run = runOnce(broker, settings, jobOf(query))
    const error: unknown = await run.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).to.be.an('error')
    return error as Error
  }

  for (const dies of ['stream-time', 'wall-clock']) {
    it(`as a punctuator by ${dies} is not called any more where its node says so, and all is counted`, async () => {
      const broker = await logs.open(dies)
      await writeOrders(broker, orders(ROWS))
      const { metrics } = await runOnce(broker, settings, jobOf(`dies=${dies}&onError=skip`))
      await expectCounted(broker)
      expect(sumOf(metrics, 'kafka_stream_failed_stream_threads_total')).to.equal(3)
      expect(droppedIn(metrics, 'processing-error')).to.be.at.least(1)
    })
  }

  it('as a punctuator ends the run, which names it', async () => {
    const { message } = await failureOf('fail', 'dies=stream-time')
    expect(message).to.match(/punctual: a thread has died 2 times in this punctuator of task 0_1/)
  })

  it('as windows that close ends the run, which names the task', async () => {
    const error = await failureOf('window', 'dies=window')
    expect(error).to.have.property('code', 'MILLRACE_THREAD_DIED')
    expect(error.message).to.match(
      /^a thread has died 2 times while it let out what was held back .* of task 1_\d/,
    )
  })

  it('as the memory that a record takes is a dead letter, and all others are counted', async () => {
    const rows = orders(ROWS)
    const broker = await logs.open('memory')
    await writeOrders(
      broker,
      rows.map((order, i) => (i === ROWS / 2 ? { ...order, fault: 'memory' } : order)),
    )
    await broker.close()
    const args = setting({
      ...settings,
      'bootstrap.servers': `embedded:${logs.directory('memory')}`,
      'server.enabled': false,
    })
    const limit = [`--max-old-space-size=${MEMORY_MB}`]
    const { code, stderr } = await startCli(['start', fileURLToPath(JOB), ...args, '--once'], limit)
      .ended
    expect(code, stderr).to.equal(0)
    const after = await logs.open('memory')
    await expectCounted(
      after,
      rows.filter((_, i) => i !== ROWS / 2),
    )
    const letters: (string | undefined)[] = []
    await readTopic(after, 'orders.dead-letter', ({ headers }) => {
      letters.push(headers['__streams.errors.message'])
    })
    expect(letters).to.have.length(1)
    expect(letters[0]).to.match(/^a thread has died 2 times while it ran this record alone/)
  })
})
