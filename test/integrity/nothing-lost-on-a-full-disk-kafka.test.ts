// Exactly once on Kafka when the disk of state.dir is full: the instance ends and says which directory has no
// room, and when there is room again it goes on from what is committed.
import { expect } from 'chai'
import { join } from 'node:path'
import { exactlyOnce, runCli } from '../cli/run-cli.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { batchCount } from '../support/batch-count.ts'
import { repeatedUpdates, RESULT_TOPICS, rowsIn } from '../support/final-tables.ts'
import { tellFaults } from '../support/long-run.ts'
import { ownKafka } from '../support/own-kafka.ts'
import { expectTables, generatedCalls, writeCalls } from '../support/police-job.ts'
import { smallDisk, type SmallDisk } from '../support/small-disk.ts'
import { until } from '../support/until.ts'

const ROWS = 100_000
/** That many come at a time, until there is no room. */
const SLICE_ROWS = 1_000
/** A little more than the empty files of twelve tasks take. */
const KILOBYTES = 720
const PATIENCE_MS = 120_000

describe('a job whose disk is full', function () {
  this.timeout(240_000)
  let disk: SmallDisk | undefined
  after(() => disk?.remove())
  const path = temporaryDirectory()
  const calls = generatedCalls(ROWS)
  const kafka = ownKafka()

  it('ends and names the directory, and has lost nothing when there is room again', async () => {
    disk = smallDisk(path('disk'), KILOBYTES)
    const args = exactlyOnce('police-calls', kafka.bootstrapServers, disk.directory)
    const run = disk.run(args)
    let written = 0
    while (run.child.exitCode === null && written < ROWS) {
      await writeCalls(kafka.broker, calls.slice(written, written + SLICE_ROWS), 4)
      written += SLICE_ROWS
      const wanted = written / 2
      await until(
        'it goes on',
        async () =>
          run.child.exitCode !== null ||
          (await rowsIn(kafka.broker, RESULT_TOPICS.sliding)) > wanted,
        PATIENCE_MS,
      ).catch((error: unknown) => {
        run.child.kill('SIGKILL')
        throw new Error(`${String(error)}\n${run.stderr().slice(-5_000)}`)
      })
    }
    const full = await run.ended
    expect(full.code, full.stderr).to.be.greaterThan(0)
    expect(full.stderr).to.include('MILLRACE_DISK_FULL')
    expect(full.stderr).to.include(`No room is left for ${join(disk.directory, 'police-calls')}`)
    tellFaults(1, 'full disk')
    disk.grow()
    const { code, stderr } = await runCli(...args, '--once')
    expect(code, stderr).to.equal(0)
    await expectTables(kafka.broker, batchCount(calls.slice(0, written)))
    for (const topic of Object.values(RESULT_TOPICS)) {
      expect(await repeatedUpdates(kafka.broker, topic)).to.deep.equal([])
    }
  })
})
