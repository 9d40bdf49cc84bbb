// Exactly once on Kafka while the wall clock jumps by up to an hour, forth and back, before and after a kill: what
// is due is due by a clock that never goes back, and event time comes from the records.
import { expect } from 'chai'
import { exactlyOnce, startCli } from '../cli/run-cli.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { batchCount } from '../support/batch-count.ts'
import { repeatedUpdates, RESULT_TOPICS, rowsIn } from '../support/final-tables.ts'
import { jumpingBy, jumpsIn } from '../support/jumping-clock.ts'
import { kill, seed } from '../support/killing.ts'
import { tellFaults } from '../support/long-run.ts'
import { ownKafka } from '../support/own-kafka.ts'
import { expectTables, generatedCalls, inputOf, writeInput } from '../support/police-job.ts'
import { until } from '../support/until.ts'

const ROWS = 6_000
const LUMPS = 6
const PATIENCE_MS = 180_000

describe(`results are exactly once while clocks jump, on Kafka (MILLRACE_SEED=${seed})`, function () {
  this.timeout(600_000)
  const path = temporaryDirectory()
  const calls = generatedCalls(ROWS)
  const kafka = ownKafka()

  it('before and after a kill', async () => {
    const { broker } = kafka
    const args = exactlyOnce('police-calls', kafka.bootstrapServers, path('state'))
    const feed = (lump: number): Promise<void> => {
      const size = ROWS / LUMPS
      return writeInput(broker, calls.slice(lump * size, (lump + 1) * size).map(inputOf), 4)
    }
    const startMs = performance.now()
    await feed(0)
    let run = startCli(args, jumpingBy(seed))
    try {
      for (let lump = 1; lump < LUMPS; lump++) {
        const before = await rowsIn(broker, RESULT_TOPICS.sliding)
        await feed(lump)
        const goesOn = async () => (await rowsIn(broker, RESULT_TOPICS.sliding)) > before
        await until('it goes on', goesOn, PATIENCE_MS).catch((error: unknown) => {
          throw new Error(`${String(error)}\n${run.stderr().slice(-5_000)}`)
        })
        if (lump !== LUMPS / 2) continue
        await kill(run)
        run = startCli(args, jumpingBy(seed + 1))
      }
    } finally {
      await kill(run)
    }
    tellFaults(jumpsIn(performance.now() - startMs), 'jumps of the clock')
    const { code, stderr } = await startCli([...args, '--once'], jumpingBy(seed + 2)).ended
    expect(code, stderr).to.equal(0)
    await expectTables(broker, batchCount(calls))
    for (const topic of Object.values(RESULT_TOPICS)) {
      expect(await repeatedUpdates(broker, topic)).to.deep.equal([])
    }
  })
})
