// What a source says when it cannot read, on a real PostgreSQL: never a password.
import { expect } from 'chai'
import { BrokerError, type Broker, type TransactionalProducer } from '../../broker/ports.ts'
import type { SourceError } from '../../connect/postgres/database.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { freePort } from '../support/free-port.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'
import {
  numbersOf,
  runOnce,
  sourceConfig,
  sourceSettings,
  startSource,
  type SourceSettings,
} from './sources.ts'

const INCREMENTING = { mode: 'incrementing', 'incrementing.column.name': 'id' }

describe('a source that cannot read its database', function () {
  this.timeout(120_000)
  const logs = embeddedLogs()
  const files = temporaryDirectory()
  let postgres: Postgres
  let count = 0

  before(async () => {
    postgres = await startPostgres()
    await postgres.owner.query('CREATE TABLE calls (id int PRIMARY KEY, at timestamptz, name text)')
    await postgres.owner.query(`INSERT INTO calls SELECT i FROM generate_series(1, 10) i`)
  })
  after(() => postgres.stop())

  const config = (settings: SourceSettings) => {
    count += 1
    const name = `s${count}`
    return sourceConfig(
      files(`${name}.properties`),
      sourceSettings(postgres.url, {
        name,
        'table.whitelist': 'calls',
        ...INCREMENTING,
        ...settings,
      }),
    )
  }
  const failureOf = async (settings: SourceSettings): Promise<Error> => {
    const broker = await logs.open(`log-${count}`)
    try {
      await runOnce(broker, config(settings))
    } catch (error) {
      return error as Error
    }
    throw new Error('it was expected to fail')
  }

  const cases: readonly [what: string, settings: SourceSettings, code: string, message: RegExp][] =
    [
      [
        'refuses a wrong password',
        { 'connection.password': 'secret-that-is-wrong' },
        'MILLRACE_POSTGRES_REFUSED',
        /could not connect at 127\.0\.0\.1:\d+\/postgres: password authentication failed for user "reader"; check connection.user and connection.password/,
      ],
      [
        'asks for a password where there is none',
        { 'connection.password': '' },
        'MILLRACE_POSTGRES_REFUSED',
        /set connection.password/,
      ],
      [
        'names a table that is missing',
        { 'table.whitelist': 'cals' },
        'MILLRACE_POSTGRES_TABLE',
        /there is no table cals at .*check table.whitelist/,
      ],
      [
        'names a column that is missing, and those that are there',
        { 'incrementing.column.name': 'number' },
        'MILLRACE_POSTGRES_COLUMN',
        /column number of table calls does not exist.*there are id, at, name/,
      ],
      [
        'refuses to count by a text',
        { 'incrementing.column.name': 'name' },
        'MILLRACE_POSTGRES_COLUMN',
        /column name of table calls has type text/,
      ],
      [
        'refuses a column that may be null',
        { mode: 'timestamp', 'timestamp.column.name': 'at', 'incrementing.column.name': '' },
        'MILLRACE_POSTGRES_COLUMN',
        /column at of table calls may be null.*validate.non.null=false/,
      ],
    ]
  for (const [what, settings, code, message] of cases) {
    it(what, async () => {
      const failure = await failureOf(settings)
      expect(failure).to.have.property('code', code)
      expect(failure.message)
        .to.match(message)
        .and.not.to.match(/secret/)
    })
  }

  it('names a database that is missing, and a right that is', async () => {
    const missing = await failureOf({ 'connection.url': `${postgres.url}-2` })
    expect(missing).to.have.property('code', 'MILLRACE_POSTGRES_REFUSED')
    expect(missing.message).to.match(/database "postgres-2" does not exist; check the database/)
    await postgres.owner.query(`CREATE ROLE stranger LOGIN PASSWORD 'secret-of-stranger'`)
    const stranger = { 'connection.user': 'stranger', 'connection.password': 'secret-of-stranger' }
    const denied = await failureOf(stranger)
    expect(denied).to.have.property('code', 'MILLRACE_POSTGRES_TABLE')
    expect(denied.message).to.match(/permission denied for table calls.*GRANT SELECT/)
  })

  it('refuses a server without TLS where TLS is asked for', async () => {
    const failure = await failureOf({ 'connection.url': `${postgres.url}?sslmode=verify-full` })
    expect(failure).to.have.property('code', 'MILLRACE_POSTGRES_REFUSED')
    expect(failure.message).to.match(/SSL.*check sslmode/)
  })

  it('names a certificate that is missing', async () => {
    const url = `${postgres.url}?sslmode=verify-full&sslrootcert=/no/such/ca.crt`
    const failure = await failureOf({ 'connection.url': url })
    expect(failure).to.have.property('code', 'MILLRACE_POSTGRES_REFUSED')
    expect(failure.message)
      .to.match(/\/no\/such\/ca\.crt.*check sslrootcert/)
      .and.not.to.match(/secret/)
  })

  it('reads again what was in a transaction that the broker has lost', async () => {
    const broker = await logs.open('lost')
    let commits = 0
    const losing: Broker = {
      kind: broker.kind,
      address: broker.address,
      brokers: () => broker.brokers(),
      topics: () => broker.topics(),
      ensureTopics: (specs) => broker.ensureTopics(specs),
      watermarks: (of) => broker.watermarks(of),
      openProducer: () => broker.openProducer(),
      openPoster: () => broker.openPoster(),
      openTransactionalProducer: async (id) => {
        const producer = await broker.openTransactionalProducer(id)
        const commit = (): Promise<void> => {
          commits += 1
          const lost = new BrokerError('MILLRACE_TRANSACTION_ABORTED', 'it is lost')
          return commits === 2 ? Promise.reject(lost) : producer.commit()
        }
        const send: TransactionalProducer['send'] = (to, rows) => producer.send(to, rows)
        return { send, commit, abort: () => producer.abort(), close: () => producer.close() }
      },
      openReader: (from) => broker.openReader(from),
      openGroup: (options) => broker.openGroup(options),
      openGroupAdmin: (id) => broker.openGroupAdmin(id),
      close: () => broker.close(),
    }
    const settings = { name: 'lost', 'batch.max.rows': 3, 'topic.prefix': 'lost.' }
    const rows = await runOnce(losing, config(settings), { commitIntervalMs: 0 })
    expect(commits).to.be.greaterThan(2)
    const numbers = await numbersOf(broker, 'lost.calls', 'id')
    expect(numbers).to.have.length(rows)
    expect(numbers.slice(0, 10)).to.deep.equal(Array.from({ length: 10 }, (_, i) => i + 1))
    expect(new Set(numbers).size).to.equal(rows)
  })

  it('tries again as often as connection.attempts says, with longer waits, and then fails', async () => {
    const broker = await logs.open('attempts')
    const waits: number[] = []
    const url = `jdbc:postgresql://127.0.0.1:${await freePort()}/postgres`
    const settings = {
      'connection.url': url,
      'connection.attempts': 4,
      'connection.backoff.ms': 150,
    }
    let failure: unknown
    await runOnce(broker, config(settings), {
      onRetry: (_error, waitMs) => waits.push(waitMs),
    }).catch((error: unknown) => (failure = error))
    expect(waits).to.deep.equal([100, 150, 150])
    expect(failure).to.have.property('code', 'MILLRACE_POSTGRES_UNREACHABLE')
    expect((failure as Error).message).to.match(/127\.0\.0\.1:\d+.*ECONNREFUSED/)
  })

  it('reads on when a server comes back that was killed', async () => {
    const broker = await logs.open('killed')
    const retries: SourceError[] = []
    const source = startSource(broker, config({ name: 'killed', 'connection.backoff.ms': 200 }), {
      onRetry: (error) => retries.push(error as SourceError),
    })
    const numbers = async (): Promise<number[]> =>
      (await broker.topics()).some(({ name }) => name === 'calls')
        ? numbersOf(broker, 'calls', 'id')
        : []
    await until('all ten are read', async () => (await numbers()).length === 10)
    postgres.kill()
    await until('the source tries again', () => retries.length > 0)
    expect(retries[0]).to.have.property('code', 'MILLRACE_POSTGRES_UNREACHABLE')
    await postgres.restart()
    await postgres.owner.query('INSERT INTO calls VALUES (11)')
    await until('the eleventh is read', async () => (await numbers()).length === 11)
    await source.stop()
    expect(await numbers()).to.deep.equal(Array.from({ length: 11 }, (_, i) => i + 1))
  })
})
