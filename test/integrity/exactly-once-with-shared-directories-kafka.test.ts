// Exactly once on Kafka where an application has so many tasks that they keep their state together: killed twice
// in the middle of commits and of what follows them, it has every record counted, each once, in each of its tasks.
import { expect } from 'chai'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createRandom } from '../../data/random.ts'
import type { Broker } from '../../broker/ports.ts'
import { exactlyOnce, runCli, startCli } from '../cli/run-cli.ts'
import { TALLY_JOB } from '../cli/tally.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { readTopic, rowsIn } from '../support/final-tables.ts'
import { kill, seed } from '../support/killing.ts'
import { tellFaults } from '../support/long-run.ts'
import { ownKafka } from '../support/own-kafka.ts'
import { writeInput } from '../support/police-job.ts'
import { until } from '../support/until.ts'

/** Two tasks each: more than have directories of their own. */
const PARTITIONS = Number(process.env['MILLRACE_PARTITIONS'] ?? 35)
const PAGES = 3 * PARTITIONS
const KILLS = 2
/** Of each page, before each start. */
const LUMP = 3

/** Each page has its turn in another partition than before, so that no count belongs to one input alone. */
function visits(
  lump: number,
): { key: string; value: string; timestampMs: number; partition: number }[] {
  return Array.from({ length: PAGES * LUMP }, (_, i) => {
    const value = JSON.stringify({ page: `/${i % PAGES}` })
    return { key: `v${i}`, value, timestampMs: i + 1, partition: (i + lump) % PARTITIONS }
  })
}

/** All counts of each page, in their order. */
async function countsIn(broker: Broker): Promise<Map<string, number[]>> {
  const counts = new Map<string, number[]>()
  await readTopic(broker, 'tallies', ({ key, value }) => {
    const page = String(key)
    counts.set(page, [...(counts.get(page) ?? []), value!.readDoubleBE(0)])
  })
  return counts
}

describe(`tasks that keep their state together, killed, on Kafka (MILLRACE_SEED=${seed})`, function () {
  this.timeout(300_000)
  const path = temporaryDirectory()
  const kafka = ownKafka()

  it('have every record counted, each once', async () => {
    const { broker } = kafka
    const random = createRandom(seed, 0x70)
    const args = exactlyOnce(TALLY_JOB, kafka.bootstrapServers, path('state'), {
      'topic.partitions': PARTITIONS,
      'commit.interval.ms': 20,
      'producer.transaction.timeout.ms': 5_000,
      // A step takes few, so that a kill finds tasks that have begun and tasks that have not.
      'max.poll.records': 2,
    })
    const write = (lump: number): Promise<void> =>
      writeInput(broker, visits(lump), PARTITIONS, { topic: 'tally-visits', rowsMax: () => 2 })
    for (let i = 0; i < KILLS; i++) {
      const before = i === 0 ? 0 : await rowsIn(broker, 'tallies')
      await write(i)
      const goal = before + 1 + Math.floor(random.next() * PAGES * LUMP * 0.8)
      const run = startCli(args)
      try {
        await until(
          `there are ${goal} counts`,
          async () => {
            if (run.child.exitCode !== null) throw new Error(`it ended: ${run.stderr()}`)
            return (await rowsIn(broker, 'tallies')) >= goal
          },
          120_000,
        )
      } finally {
        await kill(run)
      }
    }
    tellFaults(KILLS, 'kill -9')
    await write(KILLS)
    const { code, stderr } = await runCli(...args, '--once')
    expect(code, stderr).to.equal(0)
    const directories = readdirSync(join(path('state'), 'tally'))
    expect(directories).to.include('shared-0').and.not.include('0_0')
    const counts = await countsIn(broker)
    expect(counts.size).to.equal(PAGES)
    const all = Array.from({ length: LUMP * (KILLS + 1) }, (_, i) => i + 1)
    for (const [page, seen] of counts) expect(seen, page).to.deep.equal(all)
  })
})
