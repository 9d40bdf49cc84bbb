// Exactly once on Kafka: a process that is killed, whose state directory may be lost with it, leaves every
// count right, and no update is there twice for those who read what is committed.
import { expect } from 'chai'
import { rmSync } from 'node:fs'
import { runCli } from '../cli/run-cli.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { batchCount } from '../support/batch-count.ts'
import { repeatedUpdates, RESULT_TOPICS, rowsIn } from '../support/final-tables.ts'
import { ownKafka } from '../support/own-kafka.ts'
import { killRepeatedly, seed } from '../support/killing.ts'
import { tellFaults } from '../support/long-run.ts'
import { expectTables, generatedCalls, writeCalls } from '../support/police-job.ts'

const ROWS = 60_000
const KILLS = 3

describe(`results are exactly once after kill -9, on Kafka (MILLRACE_SEED=${seed})`, function () {
  this.timeout(240_000)
  const path = temporaryDirectory()
  const calls = generatedCalls(ROWS)
  const expected = batchCount(calls)
  const kafka = ownKafka()

  before(async () => {
    const { bootstrapServers, broker } = kafka
    await writeCalls(broker, calls, 4)
    const settings = [
      `bootstrap.servers=${bootstrapServers}`,
      `state.dir=${path('state')}`,
      'processing.guarantee=exactly_once_v2',
      'commit.interval.ms=50',
      'num.stream.threads=2',
      'server.enabled=false',
      'consumer.session.timeout.ms=6000',
      // Who comes back without its state has another name, and waits for the transaction of the one before.
      'producer.transaction.timeout.ms=5000',
    ]
    const args = ['start', 'police-calls', ...settings.flatMap((setting) => ['--set', setting])]
    const kill = (times: number, share: number): Promise<number[]> =>
      killRepeatedly({
        args,
        times,
        until: expected.sliding.size * share,
        progress: () => rowsIn(broker, RESULT_TOPICS.sliding),
      })
    await kill(KILLS, 0.5)
    // Another machine takes over: only the changelogs know the counts.
    rmSync(path('state'), { recursive: true, force: true })
    await kill(1, 0.7)
    rmSync(path('state'), { recursive: true, force: true })
    tellFaults(KILLS + 1, 'kill -9, twice with the loss of the state directory')
    const { code, stderr } = await runCli(...args, '--once')
    expect(code, stderr).to.equal(0)
  })

  it('and all of them are right', async () => {
    await expectTables(kafka.broker, expected)
  })

  it('and each update of a count is higher than the one before', async () => {
    for (const topic of Object.values(RESULT_TOPICS)) {
      expect(await repeatedUpdates(kafka.broker, topic)).to.deep.equal([])
    }
  })
})
