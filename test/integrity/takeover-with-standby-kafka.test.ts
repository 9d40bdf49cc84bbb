// Two instances with copies of each other's state on Kafka: one is killed, and the other goes on from its copy,
// with the tail of the changelogs alone, and with exact counts.
import { expect } from 'chai'
import { streamsConfig, type Settings } from '../../config/config.ts'
import { runStreams } from '../../runtime/run-streams.ts'
import type { RunningStreams } from '../../runtime/running-streams.ts'
import { startCli, type Running } from '../cli/run-cli.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { batchCount } from '../support/batch-count.ts'
import { partitionsOf, RESULT_TOPICS, rowsIn } from '../support/final-tables.ts'
import { ownKafka } from '../support/own-kafka.ts'
import { kill } from '../support/killing.ts'
import { tellFaults } from '../support/long-run.ts'
import {
  expectTables,
  generatedCalls,
  inputOf,
  POLICE_JOB,
  sumOf,
  writeInput,
} from '../support/police-job.ts'
import { until } from '../support/until.ts'

const ROWS = 6_000
const LUMPS = 15
const STORES = ['calls-by-type', 'calls-by-outcome', 'calls-by-outcome-sliding']

describe('an instance that takes over tasks of which it has copies', function () {
  this.timeout(180_000)
  const path = temporaryDirectory()
  const calls = generatedCalls(ROWS)
  let survivor: RunningStreams
  let victim: Running
  let restored = 0
  let logged = 0
  after(async () => {
    victim.child.kill('SIGKILL')
    survivor.stop()
    await survivor.done
  })
  const kafka = ownKafka()

  const settingsOf = (name: string): Settings => ({
    'bootstrap.servers': kafka.bootstrapServers,
    'state.dir': path(name),
    'processing.guarantee': 'exactly_once_v2',
    'commit.interval.ms': 20,
    'num.stream.threads': 2,
    'num.standby.replicas': 1,
    'consumer.session.timeout.ms': '6000',
    'producer.transaction.timeout.ms': '5000',
  })
  const metric = (name: string, labels = {}): number => sumOf(survivor.metrics(), name, labels)
  const restoredSoFar = (): number => metric('kafka_stream_task_restored_records_total')
  const standbys = (): string[] => survivor.threads.flatMap((thread) => thread.standbys)
  const feed = (from: number, to: number): Promise<void> =>
    writeInput(kafka.broker, calls.slice(from, to).map(inputOf), 4)

  before(async () => {
    const { broker } = kafka
    await feed(0, 100)
    survivor = await runStreams(POLICE_JOB, streamsConfig(settingsOf('survivor')))
    const args = Object.entries({ ...settingsOf('victim'), 'server.enabled': false })
    victim = startCli([
      ...['start', 'police-calls'],
      ...args.flatMap(([key, value]) => ['--set', `${key}=${value}`]),
    ])
    await until('each has tasks, and copies of the others', () => standbys().length > 3, 60_000)
    for (let lump = 0; lump < LUMPS; lump++) {
      const before = await rowsIn(broker, RESULT_TOPICS.sliding)
      const size = Math.floor((ROWS / 2 - 100) / LUMPS)
      await feed(100 + lump * size, 100 + (lump + 1) * size)
      await until('it goes on', async () => (await rowsIn(broker, RESULT_TOPICS.sliding)) > before)
    }
    await until(
      'the copies are as far as what they are of',
      () =>
        standbys().length > 0 &&
        metric('kafka_stream_task_standby_updated_records_total') > LUMPS &&
        metric('kafka_stream_task_standby_lag_records') === 0,
      60_000,
    )
    const taken = standbys()
    for (const store of STORES) {
      const topic = `police-calls-${store}-changelog`
      const partitions = (await partitionsOf(broker, topic)).filter(({ partition }) =>
        taken.some((taskId) => taskId.endsWith(`_${partition}`)),
      )
      const marks = await broker.watermarks(partitions)
      logged += marks.reduce((sum, { end }) => sum + end, 0)
    }
    const before = restoredSoFar()
    await kill(victim)
    tellFaults(1, 'kill -9')
    await feed(100 + LUMPS * Math.floor((ROWS / 2 - 100) / LUMPS), ROWS)
    await until(
      'it runs all',
      () => metric('kafka_stream_tasks', { kind: 'active' }) === 12,
      60_000,
    )
    restored = restoredSoFar() - before
    expect(standbys(), 'what runs here is no copy').to.deep.equal([])
  })

  it('reads the tail of their changelogs, and not all of them', () => {
    console.log(`      ${restored} records restored, of ${logged}`)
    expect(logged).to.be.greaterThan(100)
    expect(restored).to.be.lessThan(logged / 4)
  })

  it('goes on with the right counts', async () => {
    const expected = batchCount(calls)
    const areRight = (): Promise<boolean> =>
      expectTables(kafka.broker, expected).then(
        () => true,
        () => false,
      )
    await until('all counts are right', areRight, 60_000)
    survivor.stop()
    await survivor.done
    await expectTables(kafka.broker, expected)
  })
})
