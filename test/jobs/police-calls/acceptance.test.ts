// What the exercise that this job comes from is graded by, where no other test has it: the calls of the published
// file as records of their own, read again from the beginning, so many at a time, and what a report tells of them.
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { writePoliceCalls } from '../../../data/police-calls/write.ts'
import { runCli } from '../../cli/run-cli.ts'
import { temporaryDirectory } from '../../data/temporary-directory.ts'
import { embeddedLogs } from '../../support/embedded-log.ts'
import { generatedCalls, runOnce, sumOf, writeCalls } from '../../support/police-job.ts'

const FIELDS = 14

describe('the exercise of the police calls', function () {
  this.timeout(120_000)
  const path = temporaryDirectory()
  const logs = embeddedLogs()

  it('brings each call of the file, which is one array of many lines, as an object of its own', async () => {
    const rows = 500
    const file = path('calls.json')
    await writePoliceCalls({ rows, seed: 1, file, format: 'array' })
    const published = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>[]
    expect(published.map((call) => Object.keys(call).length)).to.deep.equal(
      published.map(() => FIELDS),
    )
    const here = ['--set', `bootstrap.servers=embedded:${path('log')}`]
    const replayed = await runCli('replay', file, ...here)
    expect(replayed.code, replayed.stderr).to.equal(0)
    const { stdout } = await runCli('tail', 'police.calls', '--once', '--json', ...here)
    const records = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { key: string; value: unknown })
    expect(records.map(({ value }) => value)).to.have.deep.members(published)
    expect(records.map(({ key }) => key)).to.have.members(published.map((call) => call['crime_id']))
  })

  it('takes no more calls a step than it is told, and the figures prove it', async () => {
    const rows = 20_000
    const calls = generatedCalls(rows)
    for (const limit of [20, 200]) {
      const broker = await logs.open(`limit-${limit}`)
      await writeCalls(broker, calls, 1)
      const { metrics, progress } = await runOnce(broker, {
        'max.poll.records': limit,
        'num.stream.threads': 1,
        'topic.partitions': 1,
      })
      const family = metrics.find(({ name }) => name === 'kafka_stream_thread_latency_seconds')
      const process = family?.samples.find(({ labels }) => labels['operation'] === 'process')
      // Those of the repartition topics come on top.
      expect(process?.cumulativeCounts.at(-1)).to.be.at.least(rows / limit)
      expect(sumOf(metrics, 'kafka_stream_query_input_rows_total')).to.equal(rows)
      expect(progress.reduce((sum, { numInputRows }) => sum + numInputRows, 0)).to.equal(rows)
    }
  })
})
