// What commands log: an event is a line, JSON or for people; sums now and then, and nothing for a record.
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import type { Logger } from '../../cli/logger.ts'
import { SourceLog } from '../../cli/source-log.ts'
import { streamsConfig } from '../../config/config.ts'
import type { SourceConfig } from '../../config/source.ts'
import { SourceError } from '../../connect/postgres/database.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { writeInput } from '../support/police-job.ts'
import { until } from '../support/until.ts'
import { MAIN, setting, startCli, type Running } from './run-cli.ts'
import { TALLY_JOB } from './tally.ts'

interface Line extends Readonly<Record<string, unknown>> {
  readonly level: number
  readonly time: number
  readonly msg: string
}

const INFO = 30

describe('the log of a command', function () {
  this.timeout(120_000)
  const logs = embeddedLogs()
  let running: Running | undefined
  afterEach(async () => {
    running?.child.kill('SIGTERM')
    await running?.ended
    running = undefined
  })

  /** Lets a job tally so many rows. */
  const tally = async (name: string, rows: number): Promise<string[]> => {
    const broker = await logs.open(name)
    const visits = Array.from({ length: rows }, (_, i) => {
      return { key: `v${i}`, value: `{"page":"/${i % 7}"}`, timestampMs: i, partition: i % 2 }
    })
    await writeInput(broker, visits, 2, { topic: 'tally-visits' })
    const address = `embedded:${logs.directory(name)}`
    return ['start', TALLY_JOB, ...setting({ 'bootstrap.servers': address, 'server.port': 0 })]
  }
  const linesOf = (text: string): Line[] =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line)

  it('is an object of JSON a line where no terminal is, none of them for a record', async () => {
    const args = await tally('rows', 20_000)
    const quiet = { 'log.level': 'trace', 'progress.log.level': 'silent' }
    const { ended } = startCli([...args, '--once', ...setting(quiet)])
    const { code, stdout, stderr } = await ended
    expect([code, stdout]).to.deep.equal([0, ''])
    const lines = linesOf(stderr)
    for (const { level, time, msg } of lines) {
      expect([typeof level, typeof time, typeof msg]).to.deep.equal(['number', 'number', 'string'])
    }
    expect(lines.map(({ msg }) => msg)).to.include('tally is running')
    // Each state that the client comes to is told at this level, and nothing else goes on.
    expect(lines.length).to.be.within(1, 20)
  })

  it('is a line for people on a terminal, whatever fields an event has', async function () {
    const args = await tally('terminal', 100)
    const words = [process.execPath, MAIN, ...args, '--once']
    const command = words.map((word) => `'${word}'`).join(' ')
    const { stdout, status, error } = spawnSync('script', ['-qec', command, '/dev/null'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    })
    if (error !== undefined) this.skip()
    const lines = stdout.split(/\r?\n/).filter((line) => line !== '')
    expect(status, stdout).to.equal(0)
    for (const line of lines) expect(line).to.match(/^\[\d\d:\d\d:\d\d\] (INFO|WARN): \S/)
    expect(lines.join('\n')).to.match(/INFO: tally is running \{"url":"http:/)
  })

  it('has errors in that line, too, and their stack where it is JSON or somebody looks for more', () => {
    const logged = (level: string, pretty: boolean): string => {
      const logger = new URL('../../cli/logger.js', import.meta.url).href
      const script = `import { createLogger } from '${logger}'
        const err = Object.assign(new Error('boom'), { code: 'MILLRACE_X' })
        createLogger({ level: '${level}', pretty: ${pretty} }).warn({ err, took: 3 }, 'it failed')`
      const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        encoding: 'utf8',
        env: { ...process.env, NO_COLOR: '1' },
      })
      expect(stderr.trimEnd().split('\n')).to.have.length(1)
      return stderr
    }
    const plain = 'WARN: it failed {"took":3,"error":{"code":"MILLRACE_X","message":"boom"}}\n'
    expect(logged('info', true).slice('[00:00:00] '.length)).to.equal(plain)
    for (const pretty of [true, false]) expect(logged('debug', pretty)).to.include('Error: boom\\n')
  })

  it('says once in half a minute that a source tries again, and how often it did meanwhile', () => {
    const told: unknown[] = []
    const logger = { warn: (fields: object) => told.push(fields) } as unknown as Logger
    const { events } = new SourceLog(logger, { name: 's', mode: 'bulk' } as SourceConfig, -1)
    const err = new SourceError('MILLRACE_POSTGRES_UNREACHABLE', 'no answer', { retriable: true })
    for (let i = 0; i < 50; i++) events.onRetry!(err, 100)
    expect(told).to.deep.equal([{ source: 's', waitMs: 100, err }])
  })

  it('sums up what was processed at its interval, two minutes unless told otherwise', async () => {
    const rows = 1_000
    const args = await tally('sums', rows)
    running = startCli([...args, ...setting({ 'log.summary.interval.ms': 100 })])
    const { stderr } = running
    const sums = (): Line[] =>
      linesOf(stderr().slice(0, stderr().lastIndexOf('\n') + 1)).filter(
        ({ msg }) => msg === 'processed',
      )
    const sum = (): number => sums().reduce((all, line) => all + Number(line['rows']), 0)
    await until('all rows are summed up', () => sum() >= rows)
    await until('one more is told', () => sums().at(-1)!['rows'] === 0)
    expect(sum()).to.equal(rows)
    for (const line of sums()) {
      expect(line.level).to.equal(INFO)
      expect(line).to.have.all.keys('level', 'time', 'msg', 'rows', 'results', 'commits', 'seconds')
    }
    expect(streamsConfig({}).logSummaryIntervalMs).to.equal(120_000)
  })
})
