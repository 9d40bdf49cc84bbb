// What the exercise that this job comes from is graded by, a test for each point: topics and schemas, weather over
// HTTP, the stations out of a database, their transformation, the turnstile summary, and a consumer that sees it.
import { PGlite } from '@electric-sql/pglite'
import { expect } from 'chai'
import { join } from 'node:path'
import type { Broker } from '../../../broker/ports.ts'
import { createContext, type CliContext } from '../../../cli/context.ts'
import { loadJob } from '../../../cli/job.ts'
import { startJob, type RunningJob } from '../../../cli/run-job.ts'
import { packageRoot } from '../../../config/package-root.ts'
import { loadSource } from '../../../config/source.ts'
import { overPGlite } from '../../../connect/postgres/pglite.ts'
import { readLines, readStops } from '../../../data/transit/lines.ts'
import { stationsSql } from '../../../data/transit/stations-sql.ts'
import { arrivals, entries, stationStatus, stops, weather } from '../../../jobs/transit/topics.ts'
import type { Serde } from '../../../topology/serdes/serde.ts'
import { recordsOf, runOnce } from '../../connect/sources.ts'
import { temporaryDirectory } from '../../data/temporary-directory.ts'
import { partitionsOf, readTopic, rowsIn } from '../../support/final-tables.ts'
import { WatchedRows } from '../../support/store-events.ts'
import type { Answer } from '../../support/stores.ts'
import { makeTopics, readStatus, writeEvents } from '../../support/transit.ts'
import { until } from '../../support/until.ts'
import { eventsOf, MONDAY, placeOf, statusAfter } from './city.ts'

const HOUR_MS = 3_600_000
const SOURCE = join(packageRoot(), 'jobs', 'transit', 'stations.properties')

describe('the transit exercise', function () {
  // PGlite takes four seconds of a processor to start, of which there may be little.
  this.timeout(480_000)
  const directory = temporaryDirectory()
  const lines = Object.values(readLines()).flat()
  const places = lines.map(({ line, stationId }) => placeOf(line, stationId))
  // They come in two parts, of which the second goes on from the first.
  const events = [...eventsOf(1, 7), ...eventsOf(2, 8)]
  let context: CliContext
  let job: RunningJob
  let broker: Broker

  before(async () => {
    context = createContext({
      set: [
        ...[`bootstrap.servers=embedded:${directory('log')}`, 'server.port=0', 'log.level=error'],
        ...['topic.partitions=2', `server.ingest.topics=${weather.name}`],
      ],
    })
    broker = await context.openBroker()
    await makeTopics(broker)
    job = await startJob(context, await loadJob('transit'), { once: false })
  })
  after(async () => {
    job?.streams.stop()
    await job?.done
    await context?.close()
  })

  const valuesOf = async <T>(topic: string, serde: Serde<T>): Promise<T[]> => {
    const values: T[] = []
    await readTopic(broker, topic, ({ value }) => {
      values.push(serde.deserialize(value!, 0, value!.length))
    })
    return values
  }
  const ask = async (store: string, query: string): Promise<Answer> =>
    (await (await fetch(`${job.url}/stores/${store}?limit=1000&${query}`)).json()) as Answer

  it('loads all stations out of the database as JSON, incrementing on stop_id', async () => {
    const client = await PGlite.create()
    try {
      await client.exec(stationsSql())
      const config = loadSource({ file: SOURCE, env: { CTA_PASSWORD: 'unused' } })
      expect([config.mode, config.incrementingColumnName]).to.deep.equal([
        'incrementing',
        'stop_id',
      ])
      const connect = () =>
        Promise.resolve({ ...overPGlite(client, 'pglite'), close: () => Promise.resolve() })
      expect(await runOnce(broker, config, { connect })).to.equal(readStops().length)
    } finally {
      await client.close()
    }
    const records = await recordsOf(broker, stops.name)
    expect(records.map(({ key }) => Number(key))).to.have.members(
      readStops().map(({ stop_id }) => stop_id),
    )
    expect(records.map(({ value }) => value)).to.have.deep.members(readStops())
  })

  it('has arrivals of every station of the lines and all entries, by their schemas, and they keep coming', async () => {
    await writeEvents(broker, 1, 7)
    const before = await rowsIn(broker, arrivals.name)
    await writeEvents(broker, 2, 8)
    expect(await rowsIn(broker, arrivals.name)).to.equal(3 * before)
    const came = await valuesOf(arrivals.name, arrivals.value)
    expect(new Set(came.map(({ line, station_id }) => placeOf(line, station_id)))).to.deep.equal(
      new Set(places),
    )
    const entered = await valuesOf(entries.name, entries.value)
    const expected = events.flatMap(({ kind, value }) => (kind === 'entry' ? [value] : []))
    expect(inOrder(entered)).to.deep.equal(inOrder(expected))
  })

  it('takes the weather over HTTP again and again, by its schema', async () => {
    const post = (value: object): Promise<Response> =>
      fetch(`${job.url}/topics/${weather.name}`, {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.kafka.json.v2+json' },
        body: JSON.stringify({ records: [{ key: 'chicago', value }] }),
      })
    const watched = await WatchedRows.open(`${job.url}/watch?store=weather`)
    try {
      for (const hour of [3, 4, 5]) {
        const value = {
          timestamp: MONDAY + hour * HOUR_MS,
          temperature: 40 + hour,
          status: 'windy',
        }
        expect((await post(value)).status).to.equal(200)
        await until('it is the weather that is', () => {
          const { chicago } = watched.values('weather') as { chicago?: typeof value }
          return chicago?.timestamp === value.timestamp
        })
        expect(watched.values('weather')).to.deep.equal({ chicago: value })
      }
    } finally {
      watched.close()
    }
    const refused = await post({ timestamp: MONDAY, temperature: 'cold', status: 'windy' })
    expect(refused.status).to.equal(422)
    expect(await refused.text()).to.include('temperature')
  })

  it('reads the stations in its group and puts each one of the lines out, by line and id', async () => {
    const admin = await broker.openGroupAdmin('transit')
    const partitions = await partitionsOf(broker, stops.name)
    await until('all stops are committed', async () => {
      const offsets = await admin.committed(partitions)
      return offsets.reduce<number>((sum, offset = 0) => sum + offset, 0) === readStops().length
    })
    await admin.close()
    await until('each is put out', async () => {
      return Object.keys(await readStatus(broker)).length === places.length
    })
    const rows = await readStatus(broker)
    expect(Object.keys(rows)).to.have.members(places)
    for (const { line, stationId, name, order } of lines) {
      expect(rows[placeOf(line, stationId)]).to.include({ line, name, order })
    }
  })

  it('has the entries that can be asked, and a count of each station', async () => {
    const counted: Record<string, number> = {}
    for (const { line, station_id } of await valuesOf(entries.name, entries.value)) {
      const place = placeOf(line, station_id)
      counted[place] = (counted[place] ?? 0) + 1
    }
    const summary = async (): Promise<Record<string, number>> => {
      const { rows } = await ask('turnstile-summary', '')
      const counts = rows.map(({ key, value }) => {
        const { line, station_id } = key as { line: string; station_id: number }
        return [placeOf(line, station_id), Number(value)] as const
      })
      return Object.fromEntries(counts)
    }
    const sum = (counts: Record<string, number>): number =>
      Object.values(counts).reduce((all, count) => all + count, 0)
    await until('all are counted', async () => sum(await summary()) === sum(counted))
    expect(await summary()).to.deep.equal(counted)
  })

  it('has a consumer that sees all of it from the beginning: stations, trains, weather, and updates', async () => {
    const watched = await WatchedRows.open(`${job.url}/watch?store=status&store=weather&store=ways`)
    try {
      const expected = Object.values(statusAfter(events))
      const seen = (): unknown[] => Object.values(watched.values('status'))
      const people = (rows: readonly unknown[]): number =>
        (rows as { entries: number }[]).reduce((sum, row) => sum + row.entries, 0)
      await until('all is seen', () => {
        return seen().length === expected.length && people(seen()) === people(expected)
      })
      expect(seen()).to.have.deep.members(expected)
      expect(Object.keys(watched.values('ways'))).to.have.length(30)
      expect(watched.values('weather')).to.have.property('chicago')
      await writeEvents(broker, 3, 9)
      const later = statusAfter(eventsOf(3))
      const trains = (rows: readonly unknown[]): string =>
        (rows as { a: string | null; b: string | null; name: string }[])
          .map(({ name, a, b }) => `${name} ${a} ${b}`)
          .sort()
          .join()
      await until('the trains are seen to go on', () => {
        return trains(seen()) === trains(Object.values(later))
      })
    } finally {
      watched.close()
    }
    const table = await recordsOf(broker, stationStatus.name)
    expect(new Set(table.map(({ key }) => key)).size).to.equal(places.length)
  })
})

/** As texts in order: they are too many to look for each of them among all. */
const inOrder = (values: readonly object[]): string[] =>
  values.map((value) => JSON.stringify(Object.entries(value).sort())).sort()
