// A job with many partitions on Kafka: each of its tasks takes little memory, and all counts are right. With
// --partitions 1000 it is what an instance has to bear that has all of a large topic.
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { setting, startCli, type Running } from '../cli/run-cli.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { batchCount } from '../support/batch-count.ts'
import '../support/long-run.ts'
import { ownKafka } from '../support/own-kafka.ts'
import { expectTables, generatedCalls, inputOf, writeInput } from '../support/police-job.ts'
import { until } from '../support/until.ts'

const PARTITIONS = Number(process.env['MILLRACE_PARTITIONS'] ?? 72)
const ROWS = 3_000
/** What an instance takes with a few partitions, and what it may take more for each: three tasks, with two stores. */
const BASE_MB = 220
const MB_A_PARTITION = 1.4
/** As many as a machine under load may need to make a thousand partitions of each topic. */
const PATIENCE_MS = 240_000 + PARTITIONS * 300

describe('an instance with many partitions', function () {
  this.timeout(PATIENCE_MS + 60_000)
  const path = temporaryDirectory()
  let run: Running | undefined
  after(() => run?.child.kill('SIGKILL'))
  const kafka = ownKafka()

  it('takes little memory for each, and counts right', async () => {
    const calls = generatedCalls(ROWS)
    await writeInput(kafka.broker, calls.map(inputOf), PARTITIONS)
    const running = startCli([
      ...['start', 'police-calls'],
      ...setting({
        'bootstrap.servers': kafka.bootstrapServers,
        'state.dir': path('state'),
        'num.stream.threads': 2,
        'server.enabled': false,
        'worker.hang.timeout.ms': 120_000,
      }),
    ])
    run = running
    const startedMs = performance.now()
    const expected = batchCount(calls)
    const areRight = (): Promise<boolean> => {
      if (running.child.exitCode !== null) throw new Error(`it ended: ${running.stderr()}`)
      return expectTables(kafka.broker, expected).then(
        () => true,
        () => false,
      )
    }
    await until('all counts are right', areRight, PATIENCE_MS)
    const seconds = Math.round((performance.now() - startedMs) / 1_000)
    const status = readFileSync(`/proc/${running.child.pid}/status`, 'utf8')
    const peakMb = Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1_024)
    console.log(`      ${PARTITIONS} partitions: ${peakMb} MB, all counted after ${seconds} s`)
    expect(peakMb).to.be.within(50, BASE_MB + PARTITIONS * MB_A_PARTITION)
  })
})
