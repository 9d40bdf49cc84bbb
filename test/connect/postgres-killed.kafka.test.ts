// kill -9 of a source and of its database in the middle, on a real Kafka; and one that is fenced there.
import { expect } from 'chai'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { ownKafka } from '../support/own-kafka.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'
import { readsEachRowOnce } from './killed-source.ts'
import { numbersOf, sourceConfig, sourceSettings, startSource } from './sources.ts'

describe('a source of PostgreSQL that is killed, on Kafka', function () {
  this.timeout(240_000)
  const file = temporaryDirectory()
  const kafka = ownKafka()
  let postgres: Postgres

  before(async () => {
    postgres = await startPostgres()
  })
  after(() => postgres.stop())

  it('loses and doubles nothing, within the rows of one timestamp', async () => {
    const { broker, bootstrapServers } = kafka
    const settings = { mode: 'timestamp', 'timestamp.column.name': 'changed' }
    await readsEachRowOnce({ broker, bootstrapServers, postgres, table: 'killed', settings, file })
  })

  it('ends when another process takes over under its name, which goes on where it was', async () => {
    const { owner } = postgres
    await owner.query('CREATE TABLE shared (id int PRIMARY KEY); INSERT INTO shared VALUES (1)')
    const config = sourceConfig(
      file('shared.properties'),
      sourceSettings(postgres.url, {
        ...{ name: 'shared', 'table.whitelist': 'shared' },
        ...{ mode: 'incrementing', 'incrementing.column.name': 'id' },
      }),
    )
    const ids = async (): Promise<number[]> =>
      (await kafka.broker.topics()).some(({ name }) => name === 'shared')
        ? numbersOf(kafka.broker, 'shared', 'id')
        : []
    const brokers = [await kafka.open(), await kafka.open()] as const
    const first = startSource(brokers[0], config)
    await until('the first one reads', async () => (await ids()).length === 1)
    const second = startSource(brokers[1], config)
    let next = 1
    let failure: unknown
    first.done.catch((error: unknown) => (failure = error))
    // The first one is refused with the next row that it wants to commit.
    await until('the first one ends', async () => {
      next += 1
      await owner.query('INSERT INTO shared VALUES ($1)', [next])
      return failure !== undefined
    })
    expect(failure).to.have.property('code', 'MILLRACE_FENCED')
    expect((failure as Error).message).to.match(/connect-shared.*under the same name/)
    await until('the second one has all', async () => (await ids()).length >= next)
    await second.stop()
    await Promise.all(brokers.map((broker) => broker.close()))
    expect(await ids()).to.deep.equal(Array.from({ length: next }, (_, i) => i + 1))
  })
})
