// The modes of a source on a real PostgreSQL, with the embedded log: what is read, and what is not again.
import { expect } from 'chai'
import type { Broker } from '../../broker/ports.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'
import {
  numbersOf,
  recordsOf,
  runOnce,
  sourceConfig,
  sourceSettings,
  startSource,
} from './sources.ts'

describe('a source of PostgreSQL', function () {
  this.timeout(120_000)
  const logs = embeddedLogs()
  const files = temporaryDirectory()
  let postgres: Postgres

  before(async () => {
    postgres = await startPostgres()
  })
  after(() => postgres.stop())

  const run = (sql: string): Promise<unknown> => postgres.owner.query(sql)
  const config = (name: string, settings: Readonly<Record<string, string | number | boolean>>) =>
    sourceConfig(
      files(`${name}.properties`),
      sourceSettings(postgres.url, { name, 'table.whitelist': name, ...settings }),
    )
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)

  describe('in mode incrementing', () => {
    const settings = { mode: 'incrementing', 'incrementing.column.name': 'id' }
    let broker: Broker

    before(async () => {
      broker = await logs.open('incrementing')
    })

    it('reads each row once, in batches, and goes on behind the last one', async () => {
      await run('CREATE TABLE growing (id bigint PRIMARY KEY, name text)')
      await run(`INSERT INTO growing SELECT i, 'row ' || i FROM generate_series(1, 25) i`)
      const source = config('growing', { ...settings, 'batch.max.rows': 10 })
      expect(await runOnce(broker, source)).to.equal(25)
      expect(await runOnce(broker, source)).to.equal(0)
      await run(`INSERT INTO growing VALUES (26, 'row 26')`)
      expect(await runOnce(broker, source)).to.equal(1)
      expect(await numbersOf(broker, 'growing', 'id')).to.deep.equal(upTo(26))
      const places = await recordsOf(broker, 'growing-offsets')
      expect(places.at(-1)).to.deep.equal({
        key: '["growing",{"protocol":"1","table":"growing"}]',
        value: { incrementing: '26' },
      })
    })

    it('tells how many rows are not read yet, without counting them', async () => {
      await run('CREATE TABLE behind (id bigint PRIMARY KEY)')
      await run('INSERT INTO behind SELECT i + 1000 FROM generate_series(1, 25) i')
      const source = config('behind', { ...settings, 'batch.max.rows': 10 })
      const left: unknown[] = []
      const options = { commitIntervalMs: 0, onLeft: (_: string, now: unknown) => left.push(now) }
      await runOnce(broker, source, options)
      const rows = left.map((now) => (now as { rows: number }).rows)
      expect([rows[0], rows.at(-1)]).to.deep.equal([25, 0])
      expect(rows).to.deep.equal([...rows].sort((one, other) => other - one))
      expect(rows.some((count) => count > 0 && count < 25)).to.equal(true)
      // Numbers that were never given, behind the last row that was read, are no rows.
      await run('INSERT INTO behind VALUES (9000), (9002)')
      left.length = 0
      await runOnce(broker, source, options)
      expect(left[0]).to.deep.equal({ rows: 3 })
      expect(left.at(-1)).to.deep.equal({ rows: 0 })
    })

    it('goes on by itself, as often as poll.interval.ms says', async () => {
      await run('CREATE TABLE live (id int PRIMARY KEY)')
      const source = startSource(broker, config('live', settings))
      await run('INSERT INTO live VALUES (1)')
      await until('the first row', async () => (await count(broker, 'live')) === 1)
      await run('INSERT INTO live VALUES (2)')
      await until('the second row', async () => (await count(broker, 'live')) === 2)
      expect(await source.stop()).to.equal(2)
    })

    it('waits for a transaction that has taken a lower number and is not committed', async () => {
      await run('CREATE TABLE contended (id serial PRIMARY KEY)')
      const other = await postgres.connect()
      await other.query('BEGIN')
      await other.query('INSERT INTO contended DEFAULT VALUES')
      await run('INSERT INTO contended DEFAULT VALUES')
      const source = startSource(broker, config('contended', settings))
      await until('the source waits', async () => (await sleepers(postgres)) > 0)
      expect(await count(broker, 'contended')).to.equal(0)
      await other.query('COMMIT')
      await until('both rows', async () => (await count(broker, 'contended')) === 2)
      await source.stop()
      expect(await numbersOf(broker, 'contended', 'id')).to.deep.equal([1, 2])
    })

    it('reads several tables, each into its topic', async () => {
      await run('CREATE SCHEMA depot; CREATE TABLE depot.trains (id int PRIMARY KEY)')
      await run('INSERT INTO depot.trains VALUES (7)')
      const source = config('both', {
        ...settings,
        'table.whitelist': 'growing, depot.trains',
        'topic.prefix': 'pre.',
      })
      expect(await runOnce(broker, source)).to.equal(27)
      expect(await numbersOf(broker, 'pre.trains', 'id')).to.deep.equal([7])
      expect(await count(broker, 'pre.growing')).to.equal(26)
      expect(await runOnce(broker, source)).to.equal(0)
    })
  })

  describe('in mode timestamp', () => {
    const settings = { mode: 'timestamp', 'timestamp.column.name': 'changed' }

    it('reads changed rows again, and rows of one timestamp once, however batches divide them', async () => {
      const broker = await logs.open('timestamp')
      await run('CREATE TABLE stamped (id int PRIMARY KEY, changed timestamptz NOT NULL)')
      await run(`INSERT INTO stamped SELECT i, '2020-01-01' FROM generate_series(1, 500) i`)
      const source = config('stamped', { ...settings, 'batch.max.rows': 7 })
      // Every batch is a commit: each of its ends is a place to go on from.
      expect(await runOnce(broker, source, { commitIntervalMs: 0 })).to.equal(500)
      expect(await numbersOf(broker, 'stamped', 'id')).to.deep.equal(upTo(500))
      await run(`UPDATE stamped SET changed = '2020-01-02 00:00:00.000001' WHERE id <= 2`)
      expect(await runOnce(broker, source)).to.equal(2)
      const places = await recordsOf(broker, 'stamped-offsets')
      expect(places.at(-1)?.value).to.deep.equal({ timestamp: '2020-01-02 00:00:00.000001+00' })
    })

    it('tells how far it is behind by the time of change, and 0 when all is read', async () => {
      const broker = await logs.open('late')
      await run('CREATE TABLE late (id int PRIMARY KEY, changed timestamptz NOT NULL)')
      await run(
        `INSERT INTO late SELECT i, now() - i * interval '1 hour' FROM generate_series(1, 9) i`,
      )
      const left: unknown[] = []
      const source = config('late', { ...settings, 'batch.max.rows': 3 })
      const options = { commitIntervalMs: 0, onLeft: (_: string, now: unknown) => left.push(now) }
      await runOnce(broker, source, options)
      // Before the first row there is no time to count from.
      expect(left[0]).to.equal(undefined)
      expect(left.at(-1)).to.deep.equal({ seconds: 0 })
      const hours = left
        .slice(1)
        .map((now) => Math.floor((now as { seconds: number }).seconds / 3_600))
      expect(hours).to.deep.equal([...hours].sort((one, other) => other - one))
      expect(hours.some((some) => some > 0 && some < 9)).to.equal(true)
    })

    it('goes on within the rows of one timestamp when it was stopped there', async () => {
      const broker = await logs.open('within')
      const stopping = new AbortController()
      const source = config('stamped', { ...settings, 'batch.max.rows': 7 })
      const first = await runOnce(broker, source, {
        commitIntervalMs: 0,
        signal: stopping.signal,
        onCommitted: () => stopping.abort(),
      })
      expect(first).to.be.greaterThan(0).and.lessThan(498)
      const second = await runOnce(broker, source)
      expect(first + second).to.equal(500)
      expect(await numbersOf(broker, 'stamped', 'id')).to.deep.equal(upTo(500))
    })

    it('leaves rows alone that are younger than timestamp.delay.interval.ms', async () => {
      const broker = await logs.open('delay')
      await run('CREATE TABLE young (id int PRIMARY KEY, changed timestamp NOT NULL)')
      await run(
        `INSERT INTO young VALUES (1, now() AT TIME ZONE 'America/Chicago' - interval '1 hour'), (2, now() AT TIME ZONE 'America/Chicago')`,
      )
      const delayed = { 'timestamp.delay.interval.ms': 600_000, 'db.timezone': 'America/Chicago' }
      expect(await runOnce(broker, config('young', { ...settings, ...delayed }))).to.equal(1)
      expect(await numbersOf(broker, 'young', 'id')).to.deep.equal([1])
    })

    it('takes the first of several columns that is not null', async () => {
      const broker = await logs.open('several')
      await run(
        'CREATE TABLE several (id int, changed timestamptz, made timestamptz NOT NULL DEFAULT now())',
      )
      await run(
        `INSERT INTO several VALUES (1, NULL, '2020-01-02'), (2, '2020-01-01', '2019-01-01')`,
      )
      const source = config('several', {
        mode: 'timestamp',
        'timestamp.column.name': 'changed, made',
      })
      expect(await runOnce(broker, source)).to.equal(2)
      const places = await recordsOf(broker, 'several-offsets')
      expect(places.at(-1)?.value).to.deep.equal({ timestamp: '2020-01-02 00:00:00+00' })
      expect(await runOnce(broker, source)).to.equal(0)
    })
  })

  describe('in mode timestamp+incrementing', () => {
    it('reads new and changed rows, by time and then by number', async () => {
      const broker = await logs.open('both')
      await run('CREATE TABLE mixed (id int PRIMARY KEY, changed timestamp NOT NULL, gone boolean)')
      await run(`INSERT INTO mixed SELECT i, '2020-01-01', false FROM generate_series(1, 50) i`)
      const source = config('mixed', {
        mode: 'timestamp+incrementing',
        'timestamp.column.name': 'changed',
        'incrementing.column.name': 'id',
        'key.column.name': 'id',
        'deleted.column.name': 'gone',
        'batch.max.rows': 9,
      })
      expect(await runOnce(broker, source, { commitIntervalMs: 0 })).to.equal(50)
      // Later, with the same time: its number is higher.
      await run(`INSERT INTO mixed VALUES (51, '2020-01-01', false)`)
      await run(`UPDATE mixed SET changed = '2020-01-02', gone = true WHERE id = 3`)
      expect(await runOnce(broker, source)).to.equal(2)
      const records = await recordsOf(broker, 'mixed')
      expect(records).to.have.length(52)
      expect(records.filter(({ key }) => key === '3').map(({ value }) => value)).to.deep.equal([
        { id: 3, changed: Date.UTC(2020, 0, 1), gone: false },
        null,
      ])
    })
  })

  describe('in mode bulk', () => {
    it('reads the whole table with each poll, views too', async () => {
      const broker = await logs.open('bulk')
      await run('CREATE VIEW few AS SELECT id FROM growing WHERE id <= 3')
      const source = config('few', { mode: 'bulk' })
      expect(await runOnce(broker, source)).to.equal(3)
      expect(await runOnce(broker, source)).to.equal(3)
      expect(await numbersOf(broker, 'few', 'id')).to.deep.equal([1, 1, 2, 2, 3, 3])
    })
  })

  it('takes a column that is added while it runs', async () => {
    const broker = await logs.open('altered')
    await run('CREATE TABLE altered (id int PRIMARY KEY); INSERT INTO altered VALUES (1)')
    const settings = { mode: 'incrementing', 'incrementing.column.name': 'id' }
    const source = startSource(broker, config('altered', settings))
    await until('the first row', async () => (await count(broker, 'altered')) === 1)
    await run(`ALTER TABLE altered ADD name text; INSERT INTO altered VALUES (2, 'two')`)
    await until('the second row', async () => (await count(broker, 'altered')) === 2)
    await source.stop()
    const records = await recordsOf(broker, 'altered')
    expect(records.map(({ value }) => value)).to.have.deep.members([
      { id: 1 },
      { id: 2, name: 'two' },
    ])
  })

  it('is refused where another one runs under its name', async () => {
    const broker = await logs.open('twice')
    await run('CREATE TABLE twice (id int PRIMARY KEY); INSERT INTO twice VALUES (1)')
    const settings = { mode: 'incrementing', 'incrementing.column.name': 'id' }
    const source = startSource(broker, config('twice', settings))
    await until('it reads', async () => (await count(broker, 'twice')) === 1)
    let failure: unknown
    await runOnce(broker, config('twice', settings)).catch((error: unknown) => (failure = error))
    expect(failure).to.have.property('code', 'MILLRACE_LOG_LOCKED')
    await source.stop()
  })
})

async function count(broker: Broker, topic: string): Promise<number> {
  const known = (await broker.topics()).some(({ name }) => name === topic)
  return known ? (await recordsOf(broker, topic)).length : 0
}

/** Looks of sources that found somebody writing. */
async function sleepers({ owner }: Postgres): Promise<number> {
  const { rows } = await owner.query<{ count: string }>(
    `SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'millrace %' AND query LIKE '%pg_locks%'`,
  )
  return Number(rows[0]!.count)
}
