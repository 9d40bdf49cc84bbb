// kill -9 of a source and of its database in the middle, on the embedded log.
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { readsEachRowOnce } from './killed-source.ts'

describe('a source of PostgreSQL that is killed, on the embedded log', function () {
  this.timeout(180_000)
  const logs = embeddedLogs()
  const file = temporaryDirectory()
  let postgres: Postgres

  before(async () => {
    postgres = await startPostgres()
  })
  after(() => postgres.stop())

  const modes = {
    incrementing: { mode: 'incrementing', 'incrementing.column.name': 'id' },
    timestamp: { mode: 'timestamp', 'timestamp.column.name': 'changed' },
  }
  for (const [mode, settings] of Object.entries(modes)) {
    it(`loses and doubles nothing in mode ${mode}`, async () => {
      const broker = await logs.open(mode)
      const bootstrapServers = `embedded:${logs.directory(mode)}`
      await readsEachRowOnce({
        broker,
        bootstrapServers,
        postgres,
        table: `by_${mode}`,
        settings,
        file,
      })
    })
  }
})
