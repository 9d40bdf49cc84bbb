// Exactly once on Kafka while instances come and go: two or three share the partitions, and one at a time is
// killed or stopped, and comes back. State moves between them by the changelogs.
import { expect } from 'chai'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom } from '../../data/random.ts'
import { runCli, startCli, type Running } from '../cli/run-cli.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { batchCount } from '../support/batch-count.ts'
import { RESULT_TOPICS, rowsIn } from '../support/final-tables.ts'
import { ownKafka } from '../support/own-kafka.ts'
import { kill, seed } from '../support/killing.ts'
import { tellFaults } from '../support/long-run.ts'
import { expectTables, generatedCalls, inputOf, writeInput } from '../support/police-job.ts'
import { until } from '../support/until.ts'

const ROWS = 60_000
const BLOWS = 6
const INSTANCES = 2 + (seed % 2)

describe(`results are exactly once in a storm of rebalances (MILLRACE_SEED=${seed})`, function () {
  this.timeout(300_000)
  const path = temporaryDirectory()
  const random = createRandom(seed, 0x5707)
  const calls = generatedCalls(ROWS)
  const expected = batchCount(calls)
  const how = { killed: 0, stopped: 0 }
  const running: Running[] = []
  after(() => running.forEach(({ child }) => child.kill('SIGKILL')))
  const kafka = ownKafka()

  const argsOf = (instance: number): string[] =>
    [
      `bootstrap.servers=${kafka.bootstrapServers}`,
      `state.dir=${path(`state-${instance}`)}`,
      'processing.guarantee=exactly_once_v2',
      'num.stream.threads=1',
      'server.enabled=false',
      'consumer.session.timeout.ms=6000',
    ].reduce((args, setting) => [...args, '--set', setting], ['start', 'police-calls'])

  /** Before it runs a signal would only end the process. */
  const stop = async (run: Running): Promise<void> => {
    await until('it runs', () => `${run.stdout()}${run.stderr()}`.includes('is running'))
    run.child.kill('SIGTERM')
    const { code, stderr } = await run.ended
    expect(code, stderr).to.equal(0)
  }

  /** Writes a part of the calls while the instances are shaken. */
  const feed = (part: number): Promise<void> => {
    const size = ROWS / BLOWS
    return writeInput(kafka.broker, calls.slice(part * size, (part + 1) * size).map(inputOf), 4)
  }

  before(async () => {
    const { broker } = kafka
    await feed(0)
    for (let i = 0; i < INSTANCES; i++) running.push(startCli(argsOf(i)))
    for (let blow = 1; blow < BLOWS; blow++) {
      const before = await rowsIn(broker, RESULT_TOPICS.sliding)
      await feed(blow)
      await until(
        'it goes on',
        async () => (await rowsIn(broker, RESULT_TOPICS.sliding)) > before,
        90_000,
      ).catch((error: unknown) => {
        const logs = running.map(({ stderr }) => stderr().slice(-3_000))
        throw new Error([String(error), ...logs].join('\n\n'))
      })
      await sleep(random.next() * 1_500)
      const instance = Math.floor(random.next() * INSTANCES)
      const run = running[instance]!
      if (random.next() < 0.6) {
        how.killed += 1
        await kill(run)
      } else {
        how.stopped += 1
        await stop(run)
      }
      running[instance] = startCli(argsOf(instance))
    }
    await Promise.all(running.map(stop))
    const { code, stderr } = await runCli(...argsOf(0), '--once')
    expect(code, stderr).to.equal(0)
  })

  it('and all of them are right', async () => {
    tellFaults(how.killed + how.stopped, `${how.killed} killed, ${how.stopped} stopped`)
    await expectTables(kafka.broker, expected)
  })
})
