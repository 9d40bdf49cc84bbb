// Exactly once on Kafka when the broker is gone for longer than members and requests are waited for. And of
// two processes with one name, the older ends.
import { expect } from 'chai'
import { inspect } from 'node:util'
import { streamsConfig, type Settings } from '../../config/config.ts'
import { runStreams } from '../../runtime/run-streams.ts'
import type { RunningStreams } from '../../runtime/running-streams.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { batchCount } from '../support/batch-count.ts'
import { RESULT_TOPICS, rowsIn } from '../support/final-tables.ts'
import { tellFaults } from '../support/long-run.ts'
import { ownKafka } from '../support/own-kafka.ts'
import {
  CALLS,
  expectTables,
  generatedCalls,
  inputOf,
  POLICE_JOB,
  runOnce,
  writeInput,
} from '../support/police-job.ts'
import { until } from '../support/until.ts'

const ROWS = 40_000
const OUTAGE_MS = 22_000

describe('results are exactly once after an outage of Kafka', function () {
  this.timeout(150_000)
  const path = temporaryDirectory()
  const calls = generatedCalls(ROWS)
  const expected = batchCount(calls)
  const kafka = ownKafka()

  const settingsFor = (state: string): Settings => ({
    'bootstrap.servers': kafka.bootstrapServers,
    'state.dir': path(state),
    'processing.guarantee': 'exactly_once_v2',
    'num.stream.threads': 2,
  })
  const lines: string[] = []
  const note = (fields: object | string, message?: string): void => {
    lines.push(`${message ?? ''} ${typeof fields === 'string' ? fields : inspect(fields)}`)
  }
  const log = { debug: note, info: note, warn: note, error: note }
  const start = (state: string): Promise<RunningStreams> =>
    runStreams(POLICE_JOB, streamsConfig(settingsFor(state)), { log })
  const feed = (from: number, to: number): Promise<void> =>
    writeInput(kafka.broker, calls.slice(from, to).map(inputOf), 4)
  const results = (): Promise<number> => rowsIn(kafka.broker, RESULT_TOPICS.sliding)

  it('that outlasts the session of its members, and their transactions', async () => {
    await feed(0, ROWS / 2)
    const streams = await start('state')
    await until('there are results', async () => (await results()) > 0)
    kafka.process.pause()
    const pausedMs = Date.now()
    await until('the session is over', () => Date.now() - pausedMs > OUTAGE_MS)
    kafka.process.resume()
    tellFaults(1, 'outage of the broker')
    await feed(ROWS / 2, ROWS)
    const before = await results()
    const goesOn = async (): Promise<boolean> =>
      streams.problems.length === 0 && streams.state === 'RUNNING' && (await results()) > before
    await until('it goes on', goesOn, 60_000).catch((error: unknown) => {
      throw new Error(`${String(error)}; ${lines.slice(-20).join('; ')}`)
    })
    streams.stop()
    await streams.done
    await runOnce(kafka.broker, settingsFor('state'))
    await expectTables(kafka.broker, expected)
  })

  it('and of two processes with one name the older can commit no more', async () => {
    const options = {
      applicationId: 'twins',
      stateDir: path('twins'),
      guarantee: 'exactly_once_v2',
      instanceId: 'one-name',
    } as const
    const brokers = [await kafka.open(), await kafka.open()] as const
    const older = await brokers[0].openGroup(options)
    const position = (offset: number) => [{ topic: CALLS, partition: 0, offset }]
    await older.commit(position(1))
    const younger = await brokers[1].openGroup(options)
    const refused = await older.commit(position(2)).catch((error: unknown) => error)
    expect(refused).to.have.property('code', 'MILLRACE_FENCED')
    expect(refused).to.have.property('message').that.contains('another process runs with a copy')
    await younger.commit(position(3))
    expect(await younger.committed(position(0))).to.deep.equal(position(3))
    for (const each of brokers) await each.close()
  })
})
