import { expect } from 'chai'
import { simulateTransit } from '../../data/transit/simulation.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { eventually, runCli, startCli } from './run-cli.ts'

const HOUR_MS = 3_600_000
const FIRST_MONDAY = Date.UTC(2018, 9, 1, 5)

describe('simulate transit', () => {
  const path = temporaryDirectory()
  const log = (name: string): string[] => ['--set', `bootstrap.servers=embedded:${path(name)}`]

  it('produces every event of the hours asked for, each to its topic', async () => {
    const { code, stdout } = await runCli('simulate', 'transit', '--hours', '3', ...log('a'))
    expect(code).to.equal(0)
    const untilMs = FIRST_MONDAY + 3 * HOUR_MS
    const events = [...simulateTransit({ seed: 1, fromMs: FIRST_MONDAY, untilMs })]
    expect(stdout).to.match(new RegExp(`^delivered ${events.length.toLocaleString('en')} rows `))
    const { stdout: topics } = await runCli('topics', ...log('a'))
    const rowsOf = (topic: string): number =>
      Number(new RegExp(`^${topic}\\s+\\d+\\s+(\\d+)`, 'm').exec(topics)?.[1])
    const count = (kind: string): number => events.filter((event) => event.kind === kind).length
    expect(rowsOf('transit.arrivals')).to.equal(count('arrival'))
    expect(rowsOf('transit.turnstile')).to.equal(count('entry'))
    expect(rowsOf('transit.weather')).to.equal(3)
  })

  it('writes JSON where the configuration says so', async () => {
    const asJson = ['--set', 'topic.format.transit.weather=json', ...log('b')]
    await runCli('simulate', 'transit', '--hours', '1', '--from', '2018-12-24', ...asJson)
    const { stdout } = await runCli('tail', 'transit.weather', '--once', '--json', ...log('b'))
    const record = JSON.parse(stdout) as { key: string; value: Record<string, unknown> }
    expect(record.key).to.equal('chicago')
    expect(record.value).to.have.all.keys('timestamp', 'temperature', 'status')
    expect(record.value['timestamp']).to.equal(Date.UTC(2018, 11, 24, 6))
  })

  it('goes on at its speed until it is told to stop, and delivers what it has sent', async () => {
    const running = startCli(['simulate', 'transit', '--speed', '3600', ...log('c')])
    await eventually(() => running.stderr().includes('simulating'), 30_000)
    running.child.kill('SIGINT')
    const { code, stdout } = await running.ended
    expect(stdout).to.match(/^delivered [\d,]+ rows /)
    expect(code).to.equal(0)
  })

  it('refuses to run without end as fast as possible, and days that are none', async () => {
    const endless = await runCli('simulate', 'transit', ...log('d'))
    expect([endless.code, endless.stderr]).to.deep.equal([
      2,
      'error: without end and as fast as possible would fill the disk: give --hours or --speed\n',
    ])
    const { stderr } = await runCli('simulate', 'transit', '--from', 'monday', '--hours', '1')
    expect(stderr).to.contain('it is not a day like 2018-10-01')
  })
})
