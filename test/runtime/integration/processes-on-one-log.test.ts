// Several processes on one embedded log: one writes, one works, one looks on; a second one that would
// work is turned away.
import { expect } from 'chai'
import { writePoliceCalls } from '../../../data/police-calls/write.ts'
import { runCli, startCli, type Running } from '../../cli/run-cli.ts'
import {
  batchCount,
  differences,
  keyOfRow,
  type CountedRow,
  type FinalTable,
} from '../../support/batch-count.ts'
import { embeddedLogs } from '../../support/embedded-log.ts'
import { RESULT_TOPICS } from '../../support/final-tables.ts'
import { generatedCalls } from '../../support/police-job.ts'
import { until } from '../../support/until.ts'

const ROWS = 3_000

describe('processes on one embedded log', function () {
  this.timeout(60_000)
  const logs = embeddedLogs()
  let here: string[]
  let job: Running

  before(async () => {
    here = ['--set', `bootstrap.servers=embedded:${logs.directory('log')}`]
    here.push('--set', 'server.port=0', '--set', 'log.level=info')
    await logs.open('log')
    job = startCli(['start', 'police-calls', ...here])
    await until('the job runs', () => job.stderr().includes('police-calls is running'))
  })
  after(() => job.child.kill('SIGKILL'))

  it('refuse a second instance of an application: code 3, and who has it', async () => {
    const second = await runCli('start', 'police-calls', ...here)
    expect(second.code).to.equal(3)
    const lines = second.stderr.trim().split('\n')
    expect(lines).to.have.length(1)
    expect(lines[0]).to.match(
      new RegExp(`The application police-calls runs on .* in process ${job.child.pid} on `),
    )
  })

  it('let another application id in', async () => {
    const other = ['--set', 'application.id=police-calls-2', '--once']
    const { code, stderr } = await runCli('start', 'police-calls', ...here, ...other)
    expect(code, stderr).to.equal(0)
  })

  it('see results live while a file is replayed', async () => {
    const tail = startCli(['tail', RESULT_TOPICS.byType, '--from-beginning', '--json', ...here])
    const file = logs.directory('calls.json')
    await writePoliceCalls({ rows: ROWS, seed: 1, file, format: 'array' })
    const replayed = await runCli('replay', file, ...here)
    expect(replayed.code, replayed.stderr).to.equal(0)
    const expected = batchCount(generatedCalls(ROWS)).byType
    await until('tail has seen the results of all calls', () => {
      return differences(tableOf(tail.stdout()), expected).length === 0
    })
    tail.child.kill('SIGINT')
    expect((await tail.ended).code).to.equal(0)
  })

  it('end in good order', async () => {
    job.child.kill('SIGTERM')
    expect((await job.ended).code).to.equal(0)
  })
})

/** The last value of each key among the lines that tail has written so far. */
function tableOf(stdout: string): FinalTable {
  const table: FinalTable = new Map()
  for (const line of stdout.split('\n').slice(0, -1)) {
    const { value } = JSON.parse(line) as { value: CountedRow }
    table.set(keyOfRow(value), value)
  }
  return table
}
