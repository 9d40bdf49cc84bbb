// A job with many partitions on an embedded log: it counts right, stops in good order, and goes on from its state.
// With --partitions 1000 it is as many as the largest of topics have.
import { expect } from 'chai'
import { setting, startCli } from '../cli/run-cli.ts'
import { batchCount } from '../support/batch-count.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import '../support/long-run.ts'
import { memoryOf } from '../support/memory.ts'
import { expectTables, generatedCalls, writeCalls } from '../support/police-job.ts'
import { until } from '../support/until.ts'

/** More than there were tables for when each task had its own. */
const PARTITIONS = Number(process.env['MILLRACE_PARTITIONS'] ?? 300)
const ROWS = 1_000
/** What an instance takes with a few partitions, and what it may take more for each: three tasks, with two stores. */
const BASE_MB = 250
const MB_A_PARTITION = 1.4
const PATIENCE_MS = 120_000 + PARTITIONS * 300

describe('a job with many partitions on an embedded log', function () {
  this.timeout(2 * PATIENCE_MS + 60_000)
  const logs = embeddedLogs()

  it('counts right, and goes on where it was stopped', async () => {
    const log = await logs.open('many')
    const calls = generatedCalls(ROWS)
    for (const rows of [ROWS / 2, ROWS]) await countTo(rows)

    /** Counts one more half, and stops. */
    async function countTo(rows: number): Promise<void> {
      await writeCalls(log, calls.slice(rows - ROWS / 2, rows), PARTITIONS)
      const job = startCli([
        ...['start', 'police-calls'],
        ...setting({
          'bootstrap.servers': `embedded:${logs.directory('many')}`,
          'server.enabled': false,
          'worker.hang.timeout.ms': 120_000,
          'shutdown.timeout.ms': 60_000,
        }),
      ])
      const expected = batchCount(calls.slice(0, rows))
      const areRight = (): Promise<boolean> => {
        if (job.child.exitCode !== null) throw new Error(`it ended: ${job.stderr()}`)
        return expectTables(log, expected).then(
          () => true,
          () => false,
        )
      }
      await until('all counts are right', areRight, PATIENCE_MS)
      const { peakMb } = memoryOf(job.child)
      job.child.kill('SIGTERM')
      const { code, stderr } = await job.ended
      expect(code, stderr).to.equal(0)
      expect(stderr).to.not.include('took too long')
      console.log(`      ${PARTITIONS} partitions, ${rows} rows: ${peakMb} MB`)
      expect(peakMb).to.be.within(50, BASE_MB + PARTITIONS * MB_A_PARTITION)
    }
  })
})
