// The police job as a whole on a real Kafka: replayed and run from the command line, as a user would.
import { expect } from 'chai'
import { openBroker } from '../../broker/open.ts'
import { ADDON_OFF } from '../../broker/native/addon.ts'
import type { Broker } from '../../broker/ports.ts'
import { writePoliceCalls } from '../../data/police-calls/write.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { runCli } from '../cli/run-cli.ts'
import { batchCount } from '../support/batch-count.ts'
import { partitionsOf, RESULT_TOPICS, rowsIn } from '../support/final-tables.ts'
import { sharedKafka } from '../support/kafka.ts'
import { CALLS, expectTables, generatedCalls, writeCalls } from '../support/police-job.ts'

const ROWS = 20_000
const FIRST = 12_000

describe('the police job on Kafka', function () {
  this.timeout(90_000)
  const path = temporaryDirectory()
  // The replay sends the oldest rows first: those are the last of the generator's.
  const calls = generatedCalls(ROWS)
  let broker: Broker
  let here: string[]

  before(async () => {
    const { bootstrapServers } = await sharedKafka()
    const applicationId = `police-${Date.now()}`
    here = [
      `bootstrap.servers=${bootstrapServers}`,
      `application.id=${applicationId}`,
      `state.dir=${path('state')}`,
      'num.stream.threads=2',
      'server.enabled=false',
    ].flatMap((setting) => ['--set', setting])
    broker = await openBroker({ kind: 'kafka', bootstrapServers, clientId: 'test' })
    await writePoliceCalls({ rows: ROWS, seed: 1, file: path('calls.json'), format: 'array' })
  })
  after(() => broker.close())

  it('counts what was replayed as a batch would', async () => {
    const replayed = await runCli('replay', path('calls.json'), '--limit', `${FIRST}`, ...here)
    expect(replayed.code, replayed.stderr).to.equal(0)
    const { code, stderr } = await runCli('start', 'police-calls', '--once', ...here)
    expect(code, stderr).to.equal(0)
    await expectTables(broker, batchCount(calls.slice(0, FIRST)))
    expect(await rowsIn(broker, 'police.calls.dead-letter')).to.equal(0)
  })

  it('goes on where it stopped, at once, and says when it goes the slow way', async () => {
    await writeCalls(broker, calls.slice(FIRST), 4)
    const before = await rowsIn(broker, RESULT_TOPICS.byType)
    const startedMs = performance.now()
    const { code, stderr } = await withoutAddon(() =>
      runCli('start', 'police-calls', '--once', ...here),
    )
    expect(code, stderr).to.equal(0)
    expect(stderr).to.include('records pass the main thread').and.include(`${ADDON_OFF} is set`)
    // A member that had not left would be waited for, 45 seconds by default.
    expect(performance.now() - startedMs).to.be.lessThan(30_000)
    await expectTables(broker, batchCount(calls))
    expect(await rowsIn(broker, RESULT_TOPICS.byType)).to.be.greaterThan(before)
  })

  it('writes nothing when there is nothing new', async () => {
    const before = await Promise.all(Object.values(RESULT_TOPICS).map((t) => rowsIn(broker, t)))
    const { code, stderr } = await runCli('start', 'police-calls', '--once', ...here)
    expect(code, stderr).to.equal(0)
    const after = await Promise.all(Object.values(RESULT_TOPICS).map((t) => rowsIn(broker, t)))
    expect(after).to.deep.equal(before)
  })

  it('made its topics with four partitions', async () => {
    for (const topic of [CALLS, ...Object.values(RESULT_TOPICS)]) {
      expect(await partitionsOf(broker, topic)).to.have.length(4)
    }
  })
})

/** What is started meanwhile has no addon. */
async function withoutAddon<T>(work: () => Promise<T>): Promise<T> {
  const before = process.env[ADDON_OFF]
  process.env[ADDON_OFF] = '1'
  try {
    return await work()
  } finally {
    if (before === undefined) delete process.env[ADDON_OFF]
    else process.env[ADDON_OFF] = before
  }
}
