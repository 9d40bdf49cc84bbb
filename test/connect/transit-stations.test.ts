// The stations of the transit job out of a database, by the file that the job brings: on PostgreSQL, and on
// PGlite, which needs no server.
import { PGlite } from '@electric-sql/pglite'
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Broker } from '../../broker/ports.ts'
import { packageRoot } from '../../config/package-root.ts'
import { loadSource } from '../../config/source.ts'
import { openPGlite, overPGlite } from '../../connect/postgres/pglite.ts'
import { readStops } from '../../data/transit/lines.ts'
import { stationsSql } from '../../data/transit/stations-sql.ts'
import { setting, startCli } from '../cli/run-cli.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { eventsOf, statusAfter } from '../jobs/transit/city.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { runOnce as runJobOnce } from '../support/police-job.ts'
import { READER, startPostgres } from '../support/postgres.ts'
import { makeTopics, readStatus, TRANSIT_JOB, writeEvents } from '../support/transit.ts'
import { recordsOf, runOnce } from './sources.ts'

const FILE = join(packageRoot(), 'jobs', 'transit', 'stations.properties')

describe('the stations of the transit job from a database', function () {
  // PGlite takes four seconds of a processor to start, of which there may be little.
  this.timeout(480_000)
  const logs = embeddedLogs()
  const directory = temporaryDirectory()

  const expectStops = async (broker: Broker): Promise<void> => {
    const records = await recordsOf(broker, 'transit.stations')
    const stops = readStops()
    expect(records.map(({ key }) => key)).to.have.members(stops.map(({ stop_id }) => `${stop_id}`))
    expect(records.map(({ value }) => value)).to.have.deep.members(stops)
  }

  it('have a script that is written from the table of the City', () => {
    const script = readFileSync(join(packageRoot(), 'data', 'transit', 'stations.sql'), 'utf8')
    expect(script, 'run `npm run stations`').to.equal(stationsSql())
  })

  it('become the status of each station, from a PostgreSQL that is read by the command line', async () => {
    const postgres = await startPostgres()
    const broker = await logs.open('postgres')
    try {
      await postgres.owner.query(stationsSql())
      await makeTopics(broker)
      const settings = {
        'bootstrap.servers': `embedded:${logs.directory('postgres')}`,
        'connection.url': postgres.url,
        'connection.user': READER.user,
        'connection.password': READER.password,
      }
      const { code, stdout, stderr } = await startCli(
        ['connect', FILE, '--once', ...setting(settings)],
        [],
        'export CTA_PASSWORD=unused; ',
      ).ended
      expect(code, stderr).to.equal(0)
      expect(stdout).to.match(/^delivered 230 rows/)
      expect(stderr).not.to.contain(READER.password)
    } finally {
      await postgres.stop()
    }
    await expectStops(broker)
    await writeEvents(broker, 1, 7)
    await runJobOnce(broker, { 'num.stream.threads': '2' }, TRANSIT_JOB)
    expect(await readStatus(broker)).to.deep.equal(statusAfter(eventsOf(1)))
  })

  it('are read from PGlite in this process, and once only', async () => {
    const client = await PGlite.create()
    try {
      await client.exec(stationsSql())
      const broker = await logs.open('pglite')
      const config = loadSource({ file: FILE, env: { CTA_PASSWORD: 'unused' } })
      const connect = () =>
        Promise.resolve({ ...overPGlite(client, 'pglite'), close: () => Promise.resolve() })
      expect(await runOnce(broker, config, { connect })).to.equal(230)
      expect(await runOnce(broker, config, { connect })).to.equal(0)
      await expectStops(broker)
      const stopId = 99_999
      await client.query(
        `INSERT INTO stations SELECT $1, direction_id, stop_name, station_name,
        station_descriptive_name, station_id, "order", red, blue, green FROM stations LIMIT 1`,
        [stopId],
      )
      expect(await runOnce(broker, config, { connect })).to.equal(1)

      await client.exec(`CREATE TABLE delays (at timestamptz NOT NULL, minutes int);
        INSERT INTO delays SELECT '2020-01-01', i FROM generate_series(1, 30) i`)
      const timed = loadSource({
        file: FILE,
        env: { CTA_PASSWORD: 'unused' },
        overrides: {
          ...{ name: 'delays', 'table.whitelist': 'delays', 'key.column.name': 'minutes' },
          ...{ mode: 'timestamp', 'incrementing.column.name': '', 'timestamp.column.name': 'at' },
          'batch.max.rows': 4,
        },
      })
      const stopping = new AbortController()
      const cut = { connect, commitIntervalMs: 0, signal: stopping.signal }
      const some = await runOnce(broker, timed, { ...cut, onCommitted: () => stopping.abort() })
      expect(some).to.be.greaterThan(0).and.lessThan(30)
      expect(some + (await runOnce(broker, timed, { connect }))).to.equal(30)
    } finally {
      await client.close()
    }
  })

  it('say which script of PGlite cannot be read', async () => {
    const [error] = await Promise.allSettled([openPGlite('pglite:?script=none.sql')])
    expect(error).to.have.nested.property('reason.code', 'MILLRACE_POSTGRES_QUERY')
    expect(error).to.have.nested.property('reason.message').that.includes('?script=none.sql')
  })

  it('are read from a directory of PGlite by the command line', async () => {
    const url = `pglite:${directory('pglite')}`
    const client = await PGlite.create(directory('pglite'))
    await client.exec(stationsSql())
    await client.close()
    const broker = await logs.open('pglite-directory')
    const settings = {
      'bootstrap.servers': `embedded:${logs.directory('pglite-directory')}`,
      'connection.url': url,
    }
    const { code, stderr } = await startCli(
      ['connect', FILE, '--once', ...setting(settings)],
      [],
      'export CTA_PASSWORD=unused; ',
    ).ended
    expect(code, stderr).to.equal(0)
    await expectStops(broker)
  })
})
