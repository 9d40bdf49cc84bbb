import { expect } from 'chai'
import { existsSync, readFileSync, truncateSync } from 'node:fs'
import { loadConfig } from '../../../config/config.ts'
import { temporaryDirectory } from '../../data/temporary-directory.ts'
import { eventually, runCli, startCli } from '../run-cli.ts'

const ROWS = 3_000

describe('tune', function () {
  this.timeout(120_000)
  const path = temporaryDirectory()
  const lines = (name: string): string[] => readFileSync(path(name), 'utf8').trim().split('\n')
  const tune = (name: string, ...args: string[]): string[] => [
    ...['tune', 'police-calls', '--rows', `${ROWS}`, '--seconds', '0', '--results', path(name)],
    ...['--sweep', 'max.poll.records=512', '--sweep', 'commit.interval.ms=500', '--grid', ...args],
  ]

  it('runs each combination once a round in a fresh process, and says what the keys do', async () => {
    const { code, stdout, stderr } = await runCli(
      ...tune('runs.ndjson', '--repeats', '1'),
      ...['--write', path('tuned/streams.properties'), '--svg', path('front.svg')],
    )
    expect(code, stderr).to.equal(0)
    const [head, ...runs] = lines('runs.ndjson').map((line) => JSON.parse(line) as Json)
    expect(head).to.include({ job: 'police-calls', rows: ROWS, design: 'grid' })
    expect(runs.map(({ trial }) => JSON.stringify(trial)).sort()).to.deep.equal([
      '{"commit.interval.ms":"500"}',
      '{"max.poll.records":"512","commit.interval.ms":"500"}',
      '{"max.poll.records":"512"}',
      '{}',
    ])
    for (const { figures } of runs) expect(figures!['rowsPerSecond']).to.be.greaterThan(0)
    expect(stdout).to.include('What do the settings do to throughput and latency?')
    expect(stdout).to.match(/^max\.poll\.records=512 +4096 +rows\/s +2 .*cannot be told apart$/m)
    expect(stdout).to.include('Which pairs are best for throughput and latency')
    expect(readFileSync(path('front.svg'), 'utf8').match(/<circle/g)).to.have.length(4)
    expect(existsSync(path('runs.ndjson.work'))).to.equal(false)
    // One pair cannot tell anything, so the winner is what was configured; and it is a configuration.
    expect(loadConfig({ directory: path('tuned') }).streams.maxPollRecords).to.equal(4096)
  })

  it('measures latency where rows come live', async () => {
    const args = ['--rows', '1000', '--rate', '200', '--seconds', '1', '--repeats', '1']
    const { code, stderr } = await runCli(
      ...['tune', 'police-calls', '--results', path('live.ndjson'), ...args],
      ...['--sweep', 'commit.interval.ms=300'],
    )
    expect(code, stderr).to.equal(0)
    const [, ...runs] = lines('live.ndjson').map((line) => JSON.parse(line) as Json)
    expect(runs).to.have.length(2)
    for (const { trial, figures } of runs) {
      const intervalMs = Number(trial!['commit.interval.ms'] ?? 100)
      // Half of the results wait for half of a commit at least.
      expect(figures!['p99Ms']).to.be.greaterThan(intervalMs / 2)
      expect(figures!['p99Ms']).to.be.at.least(figures!['p50Ms'] as number)
    }
  })

  it('goes on after a kill with what is missing, also with a line cut short', async () => {
    const args = ['tune', 'police-calls', '--rows', `${ROWS}`, '--seconds', '0', '--repeats', '1']
    args.push('--results', path('killed.ndjson'), '--sweep', 'commit.interval.ms=500')
    const { child, ended } = startCli(args)
    await eventually(
      () => existsSync(path('killed.ndjson')) && lines('killed.ndjson').length > 1,
      60_000,
    )
    child.kill('SIGKILL')
    await ended
    truncateSync(path('killed.ndjson'), readFileSync(path('killed.ndjson')).length - 5)
    const before = lines('killed.ndjson').slice(0, -1)
    const { code, stderr } = await runCli(...args, '--resume')
    expect(code, stderr).to.equal(0)
    const after = lines('killed.ndjson')
    expect(after).to.have.length(3)
    expect(after.slice(0, before.length)).to.deep.equal(before)
    expect(new Set(after.slice(1).map((line) => trialText(line))).size).to.equal(2)
  })

  it('leaves a report when it is interrupted', async () => {
    const { child, ended, stdout } = startCli(tune('cut.ndjson', '--repeats', '50'))
    await eventually(() => existsSync(path('cut.ndjson')) && lines('cut.ndjson').length > 1, 60_000)
    child.kill('SIGINT')
    const { code, stderr } = await ended
    expect(code, stderr).to.equal(130)
    expect(stdout()).to.match(/^interrupted: --resume goes on; until then:$/m)
    expect(stdout()).to.include('What do the settings do')
    expect(existsSync(path('cut.ndjson.work'))).to.equal(false)
  })

  it('refuses a key that is none before any run', async () => {
    const { code, stderr } = await runCli(
      'tune',
      'police-calls',
      '--sweep',
      'commit.intervall.ms=5',
    )
    expect(code).to.equal(2)
    expect(stderr).to.include('did you mean commit.interval.ms?')
  })
})

type Json = Readonly<Record<string, Readonly<Record<string, unknown>>>>

function trialText(line: string): string {
  return JSON.stringify((JSON.parse(line) as Json)['trial'])
}
