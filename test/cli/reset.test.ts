import { expect } from 'chai'
import { existsSync } from 'node:fs'
import type { Broker } from '../../broker/ports.ts'
import { targetOf } from '../../cli/reset-options.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { until } from '../support/until.ts'
import { runCli, startCli, type Running } from './run-cli.ts'
import {
  expectedTallies,
  TALLY_JOB,
  tallies,
  topicsWithEnds,
  VISIT_MS,
  VISITS,
  writeVisits,
} from './tally.ts'

describe('reset, on the embedded log', function () {
  this.timeout(60_000)
  const logs = embeddedLogs()
  let broker: Broker
  let here: string[]
  let live: Running | undefined
  after(() => live?.child.kill('SIGKILL'))
  const reset = (...args: string[]) => runCli('reset', TALLY_JOB, ...args, ...here)

  before(async () => {
    broker = await logs.open('log')
    const settings = [`bootstrap.servers=${broker.address}`, 'server.enabled=false']
    here = settings.flatMap((setting) => ['--set', setting])
    await writeVisits(broker)
    const { code, stderr } = await runCli('start', TALLY_JOB, '--once', ...here)
    expect(code, stderr).to.equal(0)
    expect(await tallies(broker)).to.deep.equal({ last: expectedTallies(), rows: VISITS })
  })

  it('says what it would do and changes nothing without --execute', async () => {
    const before = await topicsWithEnds(broker)
    const first = await reset()
    expect(first.code, first.stderr).to.equal(0)
    expect(first.stdout.split('\n')).to.deep.equal([
      `reset of tally on ${broker.address}`,
      'topics   delete tally-by-page-repartition, partitions: 2',
      'offsets  set tally-visits/0 to 0, committed: 200',
      'offsets  set tally-visits/1 to 0, committed: 200',
      `state    delete what 4 tasks have in ${broker.address}`,
      'Dry run: nothing was changed. Add --execute to do it.',
      '',
    ])
    expect(await topicsWithEnds(broker)).to.deep.equal(before)
    expect((await reset('--dry-run')).stdout).to.equal(first.stdout)
  })

  const targets: readonly [args: string[], offsets: string[]][] = [
    [['--to-latest'], ['200', '200']],
    [
      ['--to-offset', '150'],
      ['150', '150'],
    ],
    [
      ['--to-offset', '1000'],
      ['200', '200'],
    ],
    [
      ['--shift-by', '-50'],
      ['150', '150'],
    ],
    [
      ['--shift-by', '+5'],
      ['200', '200'],
    ],
    [
      ['--to-datetime', new Date(101 * VISIT_MS).toISOString().slice(0, -1)],
      ['51', '50'],
    ],
    [
      ['--by-duration', 'PT1H'],
      ['200', '200'],
    ],
  ]
  for (const [args, offsets] of targets) {
    it(`begins where ${args.join(' ')} says`, async () => {
      const { code, stdout, stderr } = await reset(...args)
      expect(code, stderr).to.equal(0)
      const found = [...stdout.matchAll(/set tally-visits\/\d to (\d+)/g)]
      expect(found.map(([, offset]) => offset)).to.deep.equal(offsets)
    })
  }

  it('lets the job count anew: the same tables, written once more', async () => {
    const others = [{ name: 'tally-elsewhere-changelog', partitions: 1 }]
    await broker.ensureTopics(others)
    const { code, stdout, stderr } = await reset('--execute')
    expect(code, stderr).to.equal(0)
    expect(stdout).to.contain('topics   keep tally-elsewhere-changelog: it is none of this job')
    expect(stdout).to.match(
      /done: topics {3}1 deleted\ndone: offsets {2}2 set\ndone: state {4}deleted\ntally begins anew with its next start\.\n$/,
    )
    const left = Object.keys(await topicsWithEnds(broker)).sort()
    expect(left).to.deep.equal(['tallies', 'tally-elsewhere-changelog', 'tally-visits'])

    const again = await reset()
    expect(again.stdout).to.contain('state    nothing is there')
    expect(again.stdout).to.contain('topics   no internal topics are there')

    const run = await runCli('start', TALLY_JOB, '--once', ...here)
    expect(run.code, run.stderr).to.equal(0)
    expect(await tallies(broker)).to.deep.equal({ last: expectedTallies(), rows: 2 * VISITS })
  })

  it('is refused while the application runs, and names the process', async () => {
    live = startCli(['start', TALLY_JOB, ...here])
    const { stderr: said, child } = live
    await until('the job runs', () => said().includes('is running'))
    const before = await topicsWithEnds(broker)
    for (const args of [[], ['--execute']]) {
      const { code, stdout, stderr } = await reset(...args)
      expect(stderr).to.match(
        new RegExp(
          `^error: the group tally has 1 active member \\(process ${child.pid} on .*\\): stop all instances first\n$`,
        ),
      )
      expect(stdout).to.equal('')
      expect(code).to.equal(3)
    }
    child.kill('SIGINT')
    expect((await live.ended).code).to.equal(0)
    expect(await topicsWithEnds(broker)).to.deep.equal(before)
  })

  it('makes no log where there is none', async () => {
    const directory = logs.directory('none')
    const { code, stdout } = await runCli(
      ...['reset', TALLY_JOB, '--execute', '--set', `bootstrap.servers=embedded:${directory}`],
    )
    expect(stdout).to.equal(`embedded:${directory} is not there yet: nothing to reset\n`)
    expect(code).to.equal(0)
    expect(existsSync(directory)).to.equal(false)
  })

  const mistakes: readonly [args: string[], hint: string][] = [
    [['--input-topics', 'tally-visit'], 'the job does not read "tally-visit", but tally-visits'],
    [
      ['--to-offset', '3', '--to-latest'],
      "option '--to-latest' cannot be used with option '--to-offset <n>'",
    ],
    [['--execute', '--dry-run'], "'--dry-run' cannot be used with option '--execute'"],
    [['--to-datetime', 'yesterday'], '--to-datetime yesterday: write 2018-12-31T23:00:00'],
    [['--by-duration', 'P'], '--by-duration P: write P2D, PT1H30M or P1DT12H'],
    [['--shift-by', '1.5'], '--shift-by 1.5: write a whole number'],
  ]
  for (const [args, hint] of mistakes) {
    it(`answers ${args.join(' ')} with one line and exit code 2`, async () => {
      const { code, stderr } = await reset(...args)
      expect(stderr)
        .to.match(/^error: .*\n$/)
        .and.contain(hint)
      expect(code).to.equal(2)
    })
  }
})

describe('where a reset leads', () => {
  const nowMs = Date.UTC(2020, 0, 3)
  const cases: readonly [options: Parameters<typeof targetOf>[0], timestampMs: number][] = [
    [{ toDatetime: '2020-01-01T00:00:00' }, Date.UTC(2020, 0, 1)],
    [{ toDatetime: '2020-01-01T00:00:00.500Z' }, Date.UTC(2020, 0, 1) + 500],
    [{ toDatetime: '2020-01-01T00:00:00-08:00' }, Date.UTC(2020, 0, 1, 8)],
    [{ byDuration: 'P2D' }, Date.UTC(2020, 0, 1)],
    [{ byDuration: 'P1DT12H30M1.5S' }, Date.UTC(2020, 0, 1, 11, 29, 58, 500)],
  ]
  for (const [options, timestampMs] of cases) {
    it(`is ${new Date(timestampMs).toISOString()} for ${JSON.stringify(options)}`, () => {
      expect(targetOf(options, nowMs)).to.deep.equal({ kind: 'timestamp', timestampMs })
    })
  }

  it('is the earliest when nothing is said', () => {
    expect(targetOf({}, nowMs)).to.deep.equal({ kind: 'earliest' })
  })
})
