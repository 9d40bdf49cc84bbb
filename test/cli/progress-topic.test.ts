import { expect } from 'chai'
import { openBroker } from '../../broker/open.ts'
import type { QueryProgress } from '../../runtime/progress.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { generatedCalls, writeCalls } from '../support/police-job.ts'
import { runCli } from './run-cli.ts'

describe('the progress reports of a job', function () {
  this.timeout(60_000)
  const path = temporaryDirectory()

  it('go to the topic and into the log that the settings name', async () => {
    const broker = await openBroker({ kind: 'embedded', directory: path('log') })
    await writeCalls(broker, generatedCalls(500), 4)
    await broker.close()
    const here = ['--set', `bootstrap.servers=embedded:${path('log')}`]
    const settings = ['progress.topic=reports', 'progress.log.level=info', 'server.enabled=false']
    const job = await runCli(
      ...['start', 'police-calls', '--once', ...here],
      ...settings.flatMap((setting) => ['--set', setting]),
    )
    expect(job.code, job.stderr).to.equal(0)
    const { stdout } = await runCli('tail', 'reports', '--once', '--json', ...here)
    const rows = stdout.trim().split('\n')
    const written = rows.map((row) => JSON.parse(row) as { key: string; value: QueryProgress })
    expect(new Set(written.map(({ key }) => key))).to.deep.equal(new Set(['police-calls']))
    const values = written.map(({ value }) => value)
    expect(values.reduce((sum, { numInputRows }) => sum + numInputRows, 0)).to.equal(500)
    const lines = job.stderr.split('\n').filter((line) => line.includes('"msg":"progress"'))
    const logged = lines.map(
      (line) => JSON.parse(line) as { progress: QueryProgress; level: number },
    )
    expect(logged.map(({ progress }) => progress)).to.deep.equal(values)
    expect(logged[0]!.level).to.equal(30)
  })
})
