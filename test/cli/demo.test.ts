import { expect } from 'chai'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import type { PoliceCall } from '../../data/police-calls/police-call.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { eventually, runCli, startCli } from './run-cli.ts'

const ROWS = 4_000

describe('demo', function () {
  this.timeout(60_000)
  const path = temporaryDirectory()
  const demo = (...args: string[]) => [
    ...['demo', '--rows', `${ROWS}`, '--set', `bootstrap.servers=embedded:${path('log')}`],
    ...['--set', 'server.port=0', ...args],
  ]
  let report: string

  it('makes up calls, counts them, and prints what an independent count says', async () => {
    const { code, stdout, stderr } = await runCli(...demo('--once'))
    expect(code, stderr).to.equal(0)
    expect(stdout).to.match(
      new RegExp(`^made up +4,000 rows in .* in ${path('police-calls-4000.json')}$`, 'm'),
    )
    expect(stdout).to.match(/^replayed +4,000 rows in .* into police\.calls on embedded:/m)
    expect(stdout).to.match(/^processed +4,000 rows in [\d.]+ s \([\d,]+ rows\/s\)/m)
    report = reportIn(stdout)
    expect(report).to.equal(expectedReport(readCalls(path('police-calls-4000.json'))))
  })

  it('counts nothing twice: a second run prints the same report', async () => {
    const { code, stdout } = await runCli(...demo('--once'))
    expect(code).to.equal(0)
    expect(stdout).to.match(/^found +4,000 rows/m)
    expect(stdout).to.match(/^processed +nothing new, 4,000 were processed before$/m)
    expect(reportIn(stdout)).to.equal(report)
  })

  it('goes on with a live feed that moves the metrics, until Ctrl-C', async () => {
    const running = startCli(demo('--rate', '500'))
    try {
      await eventually(() => /^Metrics: .*\/metrics$/m.test(running.stdout()), 30_000)
      expect(reportIn(running.stdout())).to.equal(report)
      const [, url = ''] = /^Metrics: (.*)$/m.exec(running.stdout()) ?? []
      let first = 0
      await eventuallyAsync(async () => (first = await inputRows(url)) > 0)
      await eventuallyAsync(async () => (await inputRows(url)) > first)
      const page = await fetch(new URL('/', url))
      expect(await page.text()).to.include('police-calls')
    } finally {
      running.child.kill('SIGINT')
    }
    const { code, stdout, stderr } = await running.ended
    expect(stderr).not.to.match(/error/i)
    expect(code).to.equal(0)
    const [, more = ''] = /^Stopped after ([\d,]+) calls/m.exec(stdout) ?? []
    expect(Number(more.replace(',', ''))).to.be.greaterThan(0)
  })

  it('finds the live rows at the next start, each of them counted once', async () => {
    const { stdout } = await runCli(...demo('--once'))
    const [, found = ''] = /^found +([\d,]+) rows/m.exec(stdout) ?? []
    expect(Number(found.replace(',', ''))).to.be.greaterThan(ROWS)
    expect(reportIn(stdout)).to.match(new RegExp(`^${found} calls of`))
    expect(reportIn(stdout)).to.match(/Dropped records: none$/)
  })

  it('names the port that is taken, and another one, before it does anything', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const log = `bootstrap.servers=embedded:${path('other/log')}`
    const args = ['demo', '--once', '--set', log, '--set', `server.port=${port}`]
    const { code, stderr } = await runCli(...args)
    server.close()
    expect(stderr).to.include(`server.port=${port} on 127.0.0.1 is in use`)
    expect(stderr).to.match(/npm start -- --set server\.port=\d+\n$/)
    expect(code).to.equal(2)
    expect(existsSync(path('other'))).to.equal(false)
  })

  it('finishes what a first run that was cut short has left out', async () => {
    const args = ['--set', `bootstrap.servers=embedded:${path('cut/log')}`]
    await runCli(...demo('--once', ...args))
    const half = ['--set', `bootstrap.servers=embedded:${path('half/log')}`]
    await runCli('replay', path('cut/police-calls-4000.json'), '--limit', '1500', ...half)
    const { stdout } = await runCli(...demo('--once', ...half))
    const [, rest = '', there] =
      /^replayed +([\d,]+) rows .* (1,500) were there before$/m.exec(stdout) ?? []
    expect(there).to.equal('1,500')
    // Calls of the very minute at which the first part ended are taken to be there.
    expect(Number(rest.replace(',', ''))).to.be.within(2_490, 2_500)
  })

  it('refuses to read results that are written in another format', async () => {
    const format = 'topic.format.police.calls-by-outcome=protobuf'
    const { code, stderr } = await runCli(...demo('--once', '--set', format))
    expect(stderr).to.include(`unset ${format}`)
    expect(code).to.equal(2)
  })
})

function reportIn(stdout: string): string {
  return /^[\d,]+ calls of[^]*?^Dropped records: .*$/m.exec(stdout)?.[0] ?? ''
}

function readCalls(file: string): PoliceCall[] {
  return JSON.parse(readFileSync(file, 'utf8')) as PoliceCall[]
}

/** The report by plain loops over the calls. */
function expectedReport(calls: readonly PoliceCall[]): string {
  const codes = JSON.parse(readFileSync('data/radio_code.json', 'utf8')) as {
    disposition_code: string
    description: string
  }[]
  const descriptions = new Map(codes.map((row) => [row.disposition_code, row.description]))
  const dates = calls.map(({ call_date_time }) => call_date_time.slice(0, 10)).sort()
  const types = tally(calls.map((call) => call.original_crime_type_name))
  const lines = types.slice(0, 10).map(([type, count]) => {
    const ofType = calls.filter((call) => call.original_crime_type_name === type)
    const ended = tally(ofType.map(({ disposition }) => disposition)).slice(0, 3)
    const texts = ended.map(([code, n]) => {
      const description = descriptions.get(code)
      const name = description === undefined ? code : `${code} ${description}`
      return `${name} ${Math.round((n * 100) / count)}%`
    })
    return { type, count: grouped(count).padStart(7), texts: texts.join(', ') }
  })
  const width = Math.max('busiest types'.length, ...lines.map(({ type }) => type.length))
  const unknown = tally(
    calls.map(({ disposition }) => disposition).filter((code) => !descriptions.has(code)),
  )
  const sum = unknown.reduce((total, [, n]) => total + n, 0)
  const shown = unknown.slice(0, 8).map(([code, n]) => `${code} ${grouped(n)}`)
  if (unknown.length > 8) shown.push(`${unknown.length - 8} more`)
  return [
    `${grouped(calls.length)} calls of ${grouped(types.length)} types, ${dates[0]} to ${dates.at(-1)}`,
    '',
    `${'busiest types'.padEnd(width)}    calls  how most of them ended`,
    ...lines.map(({ type, count, texts }) => `${type.padEnd(width)}  ${count}  ${texts}`),
    '',
    `${grouped(sum)} calls have a disposition without a description:`,
    `  ${shown.join(', ')}`,
    '',
    'Dropped records: none',
  ].join('\n')
}

/** How often each text occurs, most frequent first, then by the text. */
function tally(texts: readonly string[]): [text: string, count: number][] {
  const counts: Record<string, number> = {}
  for (const text of texts) counts[text] = (counts[text] ?? 0) + 1
  return Object.entries(counts).sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

async function inputRows(metricsUrl: string): Promise<number> {
  const text = await (await fetch(metricsUrl)).text()
  const [, rows = '0'] = /^kafka_stream_query_input_rows_total\{[^}]*\} (\d+)$/m.exec(text) ?? []
  return Number(rows)
}

async function eventuallyAsync(holds: () => Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`did not happen within ${timeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
