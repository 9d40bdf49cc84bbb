// The command line of a source: what it serves, what it says, how it ends.
import { expect } from 'chai'
import { sourceSettings, writeSource } from '../connect/sources.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { startPostgres, READER, type Postgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'
import { setting, startCli } from './run-cli.ts'

describe('millrace connect', function () {
  this.timeout(120_000)
  const file = temporaryDirectory()
  const logs = embeddedLogs()
  let postgres: Postgres

  before(async () => {
    postgres = await startPostgres()
    await postgres.owner.query('CREATE TABLE calls (id int PRIMARY KEY)')
    await postgres.owner.query('INSERT INTO calls SELECT generate_series(1, 30)')
  })
  after(() => postgres.stop())

  const settings = (more: Readonly<Record<string, string | number>> = {}) =>
    sourceSettings(postgres.url, {
      ...{ name: 'calls', 'table.whitelist': 'calls', 'connection.backoff.ms': 200 },
      ...{ mode: 'incrementing', 'incrementing.column.name': 'id', ...more },
    })

  it('serves figures and whether it reads, and ends in good order', async () => {
    const log = setting({ 'bootstrap.servers': `embedded:${logs.directory('served')}` })
    const source = writeSource(file('calls.properties'), settings())
    const run = startCli(['connect', source, '--metrics', '0', ...log])
    const get = async (path: string): Promise<string> => {
      const [, url] = /"url":"([^"]+)"/.exec(run.stderr()) ?? []
      if (url === undefined) return ''
      const response = await fetch(`${url}${path}`)
      return `${response.status} ${await response.text()}`
    }
    const hasRows = async (): Promise<boolean> =>
      (await get('/metrics')).includes(
        'kafka_connect_source_record_write_total{table="calls",topic="calls",application_id="calls"} 30',
      )
    await until('all rows are counted', hasRows)
    expect(await get('/healthz')).to.equal('200 ok\n')
    expect(await get('/metrics')).to.match(/^kafka_connect_source_running\{[^}]*\} 1$/m)
    expect(await get('/')).to.match(/^404 /)
    postgres.kill()
    await until('it says so', async () => (await get('/healthz')).startsWith('503 '))
    expect(await get('/metrics'))
      .to.match(/^kafka_connect_source_running\{[^}]*\} 0$/m)
      .and.match(/source_retries_total\{code="MILLRACE_POSTGRES_UNREACHABLE",[^}]*\} \d+/)
    await postgres.restart()
    await until('it reads again', async () => (await get('/healthz')) === '200 ok\n')
    run.child.kill('SIGTERM')
    const { code, stdout, stderr } = await run.ended
    expect(code, stderr).to.equal(0)
    expect(stdout).to.match(/^delivered 30 rows .* to embedded:/)
    expect(stderr).to.contain('"msg":"connected"').and.not.to.contain(READER.password)
  })

  it('refuses a file with wrong keys, and an unknown key of --set, with exit code 2', async () => {
    const source = writeSource(file('wrong.properties'), settings({ 'poll.interval': 5 }))
    const wrong = await startCli(['connect', source, '--once']).ended
    expect(wrong.code).to.equal(2)
    expect(wrong.stderr).to.match(
      /wrong\.properties:\d+: poll\.interval: is not a key of a source: did you mean poll\.interval\.ms\?/,
    )
    const right = writeSource(file('right.properties'), settings())
    const unknown = await startCli(['connect', right, '--once', '--set', 'batch.rows=5']).ended
    expect(unknown.code).to.equal(2)
    expect(unknown.stderr).to.match(/--set: batch\.rows: is not a key/)
  })

  it('ends with exit code 1 and one line where the password is wrong', async () => {
    const log = setting({ 'bootstrap.servers': `embedded:${logs.directory('refused')}` })
    const source = writeSource(file('calls.properties'), settings())
    const wrong = ['--set', 'connection.password=secret-that-is-wrong']
    const { code, stderr } = await startCli(['connect', source, '--once', ...wrong, ...log]).ended
    expect(code).to.equal(1)
    expect(stderr).to.match(/^error: could not connect at .*check connection.user/)
    expect(stderr).not.to.contain('secret')
  })
})
