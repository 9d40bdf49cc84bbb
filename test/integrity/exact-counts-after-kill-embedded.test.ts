// On the embedded log results are exactly once: a process that is killed at any moment, and again,
// leaves nothing out and counts nothing twice.
import { expect } from 'chai'
import type { Broker } from '../../broker/ports.ts'
import { runCli } from '../cli/run-cli.ts'
import { batchCount } from '../support/batch-count.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { readTopic, RESULT_TOPICS, rowsIn } from '../support/final-tables.ts'
import { killRepeatedly, seed } from '../support/killing.ts'
import { tellFaults } from '../support/long-run.ts'
import { expectTables, generatedCalls, writeCalls } from '../support/police-job.ts'

const ROWS = 100_000
const KILLS = 5

describe(`counts are exact after kill -9, on the embedded log (MILLRACE_SEED=${seed})`, function () {
  this.timeout(120_000)
  const logs = embeddedLogs()
  const calls = generatedCalls(ROWS)
  const expected = batchCount(calls)
  let broker: Broker

  before(async () => {
    broker = await logs.open('log')
    await writeCalls(broker, calls, 4)
    const args = ['start', 'police-calls']
    const settings = [
      `bootstrap.servers=embedded:${logs.directory('log')}`,
      'commit.interval.ms=50',
      'num.stream.threads=2',
      'server.enabled=false',
    ]
    args.push(...settings.flatMap((setting) => ['--set', setting]))
    await killRepeatedly({
      args,
      times: KILLS,
      // Each result is written at least once, so that there is work left for the last run.
      until: expected.sliding.size * 0.9,
      progress: () => rowsIn(broker, RESULT_TOPICS.sliding),
    })
    tellFaults(KILLS, 'kill -9')
    const { code, stderr } = await runCli(...args, '--once')
    expect(code, stderr).to.equal(0)
  })

  it('in all three results', async () => {
    await expectTables(broker, expected)
  })

  it('and no count ever went back: what was undone was never seen', async () => {
    const highest = new Map<string, number>()
    await readTopic(broker, RESULT_TOPICS.byType, ({ key, value }) => {
      const { calls } = JSON.parse(String(value)) as { calls: number }
      const name = key!.toString('latin1')
      expect(calls).to.be.greaterThan(highest.get(name) ?? 0)
      highest.set(name, calls)
    })
    expect(highest.size).to.equal(expected.byType.size)
  })
})
