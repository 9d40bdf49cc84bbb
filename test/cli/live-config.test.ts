// Edits of the configuration files while commands run: what takes effect, what is told, what is refused.
import { expect } from 'chai'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openBroker } from '../../broker/open.ts'
import { writePoliceCalls } from '../../data/police-calls/write.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { rowsIn } from '../support/final-tables.ts'
import { until } from '../support/until.ts'
import { startCli, type Running } from './run-cli.ts'

const TALLY_JOB = new URL('../fixtures/tally-job.js', import.meta.url).href

interface Report {
  readonly hash: string
  readonly entries: readonly { readonly key: string; readonly value: string; hot: boolean }[]
  readonly needsRestart: readonly { readonly key: string; readonly value: string }[]
  readonly problems: readonly { readonly source: string; readonly key: string }[]
  readonly changes: readonly { readonly effect: string; readonly key: string }[]
}

describe('the configuration of a command that runs', function () {
  this.timeout(90_000)
  const path = temporaryDirectory()
  let running: Running | undefined
  const directory = (): string => path('config')
  const edit = (...lines: string[]): void =>
    writeFileSync(join(directory(), 'streams.properties'), `${lines.join('\n')}\n`)

  before(() => {
    mkdirSync(directory(), { recursive: true })
    writeFileSync(join(directory(), 'server.properties'), 'server.port=0\n')
  })
  afterEach(async () => {
    running?.child.kill('SIGTERM')
    await running?.ended
    running = undefined
  })

  const where = (): string => `bootstrap.servers=embedded:${path('log')}`

  it('follows the files of a job: what is hot at once, what is not at the next start', async () => {
    edit(where(), 'commit.interval.ms=100', 'num.stream.threads=1')
    const wins = ['--set', 'emit.interval.ms=9']
    running = startCli(['start', TALLY_JOB, '--config', directory(), ...wins])
    const { stderr } = running
    const url = (): string | undefined => /"url":"([^"]+)"/.exec(stderr())?.[1]
    await until('it runs', () => url() !== undefined)
    const get = async (route: string): Promise<string> => (await fetch(url()! + route)).text()
    const report = async (): Promise<Report> => JSON.parse(await get('/config')) as Report
    const valueOf = ({ entries }: Report, key: string): string | undefined =>
      entries.find((entry) => entry.key === key)?.value
    const before = await report()
    expect(before).to.deep.include({ needsRestart: [], problems: [], changes: [] })

    edit(where(), 'commit.interval.ms=50', 'num.stream.threads=2', 'topic.partitions=8')
    await until('it is told', () => stderr().includes('from the next start on'))
    expect(stderr()).to.include('configuration: commit.interval.ms is 50, was 100')
    expect(stderr()).to.include('configuration: num.stream.threads is 2, was 1')
    expect(stderr()).to.include('configuration: topic.partitions is 8, was 4, from the next start')
    const after = await report()
    expect(after.hash).not.to.equal(before.hash)
    expect(valueOf(after, 'commit.interval.ms')).to.equal('50')
    expect(valueOf(after, 'topic.partitions')).to.equal('4')
    expect(after.needsRestart).to.deep.equal([{ key: 'topic.partitions', value: '8' }])
    expect(after.changes.map(({ effect, key }) => [effect, key])).to.deep.equal([
      ['applied', 'num.stream.threads'],
      ['applied', 'commit.interval.ms'],
      ['needs-restart', 'topic.partitions'],
    ])
    const health = JSON.parse(await get('/healthz')) as { readonly threads: readonly unknown[] }
    expect(health.threads).to.have.length(2)
    const metrics = await get('/metrics')
    expect(metrics).to.include(`config_hash="${after.hash}"`)
    expect(metrics).to.match(/kafka_stream_query_trigger_interval_seconds\S* 0\.05\n/)
    expect(metrics).to.match(/kafka_stream_config_pending_restart_keys\S* 1\n/)

    edit(where(), 'commit.interval.ms=20', 'poll.ms=never')
    await until('it is refused', () => stderr().includes('configuration refused'))
    expect(stderr()).to.match(/streams\.properties:3: poll\.ms: \\"never\\" is not a whole number/)
    const refused = await report()
    expect(refused.hash).to.equal(after.hash)
    expect(refused.problems.map(({ key }) => key)).to.deep.equal(['poll.ms'])
    expect(await get('/metrics')).to.match(/kafka_stream_config_last_reload_successful\S* 0\n/)

    edit(where(), 'commit.interval.ms=20', 'log.level=warn', 'emit.interval.ms=7')
    await until('it is mended', async () => (await report()).problems.length === 0)
    await until('it is told what wins', () => stderr().includes('emit.interval.ms is set by --set'))
    expect(valueOf(await report(), 'emit.interval.ms')).to.equal('9')
    expect(valueOf(await report(), 'commit.interval.ms')).to.equal('20')
    running.child.kill('SIGTERM')
    expect((await running.ended).code).to.equal(0)
  })

  it('follows the rate of a replay, and refuses a pace that goes with nothing else', async () => {
    const calls = path('calls.json')
    await writePoliceCalls({ rows: 2_000, seed: 1, file: calls, format: 'lines' })
    const replay = (...lines: string[]): void =>
      writeFileSync(join(directory(), 'replay.properties'), `${lines.join('\n')}\n`)
    edit(where())
    replay('replay.rate=0.001', 'replay.order=file')
    running = startCli(['replay', calls, '--config', directory()])
    const { stderr } = running
    const broker = await openBroker({ kind: 'embedded', directory: path('log') })
    await until('the first call is there', async () => {
      return (await rowsIn(broker, 'police.calls').catch(() => 0)) > 0
    })
    await broker.close()
    replay('replay.speed=5', 'replay.order=file')
    await until('it is refused', () => stderr().includes('configuration refused'))
    expect(stderr()).to.include('a speed needs rows in order of time')
    replay('replay.rate=1000000', 'replay.order=file')
    const { code, stdout } = await running.ended
    expect(code).to.equal(0)
    expect(stdout).to.match(/^delivered 2,000 rows/)
  })
})
