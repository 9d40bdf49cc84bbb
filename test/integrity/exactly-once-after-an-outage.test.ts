// Exactly once on Kafka when the broker is gone for longer than members and requests are waited for, and when it
// restarts in the middle of transactions, in good order or by kill -9: the job goes on by itself. The rounds of a
// long run have both restarts, of up to 30 s; else there is one, by a signal that the seed tells. And of two processes
// with one name, the older ends.
import { expect } from 'chai'
import { inspect } from 'node:util'
import { streamsConfig, type Settings } from '../../config/config.ts'
import { createRandom } from '../../data/random.ts'
import { runStreams } from '../../runtime/run-streams.ts'
import type { RunningStreams } from '../../runtime/running-streams.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { batchCount } from '../support/batch-count.ts'
import { repeatedUpdates, RESULT_TOPICS, rowsIn } from '../support/final-tables.ts'
import { seed } from '../support/killing.ts'
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

const isLong = process.env['MILLRACE_SEED'] !== undefined
const BOTH = ['SIGTERM', 'SIGKILL'] as const
const SIGNALS = isLong ? BOTH : [BOTH[seed % 2]!]
const DOWN_MS_MAX = isLong ? 30_000 : 0
const OUTAGE_MS = 22_000
const LUMP = 8_000
/** So much that a restart comes in the middle of it. */
const BACKLOG = 30_000
const PATIENCE_MS = 120_000

describe(`results are exactly once after an outage of Kafka (MILLRACE_SEED=${seed})`, function () {
  this.timeout(300_000)
  const path = temporaryDirectory()
  const calls = generatedCalls(2 * LUMP + SIGNALS.length * (BACKLOG + LUMP))
  const random = createRandom(seed, 0xb07e)
  let written = 0
  let streams: RunningStreams
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
  // While the broker is there: what a producer without transactions sends over its restart may lie there twice.
  const write = async (count: number): Promise<void> => {
    await writeInput(kafka.broker, calls.slice(written, written + count).map(inputOf), 4)
    written += count
  }
  // Else it might read one partition while the machine has no time to write the next, whose rows were late then.
  const writeMore = async (count: number): Promise<void> => {
    await streams.pause()
    await write(count)
    await streams.resume()
  }
  const results = (): Promise<number> => rowsIn(kafka.broker, RESULT_TOPICS.sliding)
  const goesOn = async (before: number): Promise<void> => {
    const isOn = async (): Promise<boolean> =>
      streams.problems.length === 0 && streams.state === 'RUNNING' && (await results()) > before
    await until('it goes on', isOn, PATIENCE_MS).catch((error: unknown) => {
      throw new Error(`${String(error)}; ${lines.slice(-20).join('; ')}`)
    })
  }

  it('that outlasts the session of its members, and their transactions', async () => {
    await write(LUMP)
    streams = await runStreams(POLICE_JOB, streamsConfig(settingsFor('state')), { log })
    await until('there are results', async () => (await results()) > 0)
    kafka.process.pause()
    const pausedMs = Date.now()
    await until('the session is over', () => Date.now() - pausedMs > OUTAGE_MS)
    kafka.process.resume()
    tellFaults(1, 'outage of the broker')
    const before = await results()
    await writeMore(LUMP)
    await goesOn(before)
  })

  it('that a restart is, in good order or by kill -9, in the middle of a backlog', async () => {
    for (const signal of SIGNALS) {
      const before = await results()
      await writeMore(BACKLOG)
      await goesOn(before)
      await kafka.process.restart(signal, random.below(DOWN_MS_MAX + 1))
      tellFaults(1, `restart of the broker by ${signal}`)
      const after = await results()
      await writeMore(LUMP)
      await goesOn(after)
    }
  })

  it('and all of them are right, each update of a count higher than the one before', async () => {
    streams.stop()
    await streams.done
    await runOnce(kafka.broker, settingsFor('state'))
    expect(written).to.equal(calls.length)
    await expectTables(kafka.broker, batchCount(calls))
    for (const topic of Object.values(RESULT_TOPICS)) {
      expect(await repeatedUpdates(kafka.broker, topic)).to.deep.equal([])
    }
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
