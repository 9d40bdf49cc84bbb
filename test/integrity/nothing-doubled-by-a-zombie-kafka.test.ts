// Exactly once on Kafka when an instance stands still in the middle of its work, others take its place, and it
// wakes up: what it had begun comes to nothing, and it begins again as one of the group.
import { expect } from 'chai'
import { exactlyOnce, startCli, type Running } from '../cli/run-cli.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { batchCount } from '../support/batch-count.ts'
import { repeatedUpdates, RESULT_TOPICS, rowsIn } from '../support/final-tables.ts'
import { tellFaults } from '../support/long-run.ts'
import { ownKafka } from '../support/own-kafka.ts'
import { expectTables, generatedCalls, inputOf, writeInput } from '../support/police-job.ts'
import { until } from '../support/until.ts'

const ROWS = 3_000
const PATIENCE_MS = 180_000

describe('an instance that stood still while others took its place, exactly once', function () {
  this.timeout(600_000)
  const path = temporaryDirectory()
  const calls = generatedCalls(ROWS)
  const running: Running[] = []
  after(() => running.forEach(({ child }) => child.kill('SIGKILL')))
  const kafka = ownKafka()

  const start = (instance: number): Running =>
    startCli(
      exactlyOnce('police-calls', kafka.bootstrapServers, path(`state-${instance}`), {
        'num.stream.threads': 1,
        'producer.transaction.timeout.ms': 5_000,
      }),
    )
  const feed = (from: number, to: number): Promise<void> =>
    writeInput(kafka.broker, calls.slice(from, to).map(inputOf), 4)
  const results = (): Promise<number> => rowsIn(kafka.broker, RESULT_TOPICS.sliding)
  const countsOf = (rows: number) => batchCount(calls.slice(0, rows))
  const areCounted = (rows: number): Promise<boolean> =>
    expectTables(kafka.broker, countsOf(rows)).then(
      () => true,
      () => false,
    )
  const untilCounted = (what: string, rows: number): Promise<void> =>
    until(what, () => areCounted(rows), PATIENCE_MS).catch((error: unknown) => {
      throw new Error(
        [String(error), ...running.map((run) => told(run).slice(-5_000))].join('\n\n'),
      )
    })
  const told = ({ stdout, stderr }: Running): string => `${stdout()}${stderr()}`

  it('doubles nothing and loses nothing', async () => {
    await feed(0, 100)
    running.push(start(0), start(1))
    const [zombie, other] = running as [Running, Running]
    await until('both run', () => running.every((run) => told(run).includes('is running')))
    await untilCounted('the first calls are counted', 100)
    await feed(100, ROWS / 3)
    const before = await results()
    await until('they are under way', async () => (await results()) > before, PATIENCE_MS)
    zombie.child.kill('SIGSTOP')
    await feed(ROWS / 3, (2 * ROWS) / 3)
    await untilCounted('the other counts all', (2 * ROWS) / 3)
    zombie.child.kill('SIGCONT')
    await feed((2 * ROWS) / 3, ROWS)
    await untilCounted('all are counted', ROWS)
    await until('it finds out', () => /joins anew|were lost|came to nothing/.test(told(zombie)))
    for (const run of running) run.child.kill('SIGTERM')
    for (const run of [zombie, other]) {
      const { code, stderr } = await run.ended
      expect(code, stderr).to.equal(0)
    }
    tellFaults(1, 'stood still')
    await expectTables(kafka.broker, countsOf(ROWS))
    for (const topic of Object.values(RESULT_TOPICS)) {
      expect(await repeatedUpdates(kafka.broker, topic)).to.deep.equal([])
    }
  })
})
