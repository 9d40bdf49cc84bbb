// The transit job on a real Kafka, exactly once, by two instances side by side: each answers for both, and
// tells those who watch what changes in the other one.
import { expect } from 'chai'
import { streamsConfig } from '../../config/config.ts'
import { runStreams } from '../../runtime/run-streams.ts'
import type { RunningServer } from '../../server/http-server.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { freePort } from '../support/free-port.ts'
import { ownKafka } from '../support/own-kafka.ts'
import { WatchedRows } from '../support/store-events.ts'
import { serveStores, type Answer } from '../support/stores.ts'
import { makeTopics, readStatus, TRANSIT_JOB, writeEvents, writeStops } from '../support/transit.ts'
import { until } from '../support/until.ts'
import { eventsOf, placeOf, statusAfter, type StatusRow } from './transit/city.ts'

/** One of two, with the server that it answers at. */
interface Instance {
  readonly server: RunningServer
  readonly stop: () => Promise<void>
}

describe('the transit job on Kafka', function () {
  this.timeout(180_000)
  const directory = temporaryDirectory()
  const kafka = ownKafka()

  const start = async (name: string): Promise<Instance> => {
    const broker = await kafka.open()
    const port = await freePort()
    const config = streamsConfig({
      'bootstrap.servers': kafka.bootstrapServers,
      'processing.guarantee': 'exactly_once_v2',
      'state.dir': directory(name),
      'application.server': `127.0.0.1:${port}`,
      'num.stream.threads': '2',
    })
    const streams = await runStreams(TRANSIT_JOB, config, { broker })
    const server = await serveStores(streams, port)
    const stop = async () => {
      await server.close()
      streams.stop()
      await streams.done
      await broker.close()
    }
    return { server, stop }
  }
  const own = async ({ server: { url } }: Instance): Promise<Answer> =>
    (await (await fetch(`${url}/stores/status?limit=1000&scope=instance`)).json()) as Answer

  /** The table of stations by `line/station id`, as a watcher has put it together. */
  const seenBy = (watched: WatchedRows): Record<string, StatusRow> => {
    const rows = Object.entries(watched.values('status')).map(([key, value]) => {
      const { line, station_id } = JSON.parse(key) as { line: string; station_id: number }
      return [placeOf(line, station_id), value as StatusRow] as const
    })
    return Object.fromEntries(rows)
  }

  let instances: Instance[] = []
  const expected = statusAfter(eventsOf(2))
  const isExpected = (rows: Record<string, object>): boolean =>
    JSON.stringify(sorted(rows)) === JSON.stringify(sorted(expected))
  after(() => Promise.all(instances.map(({ stop }) => stop())))

  it('has each train where it came last, and all entries, by two instances', async () => {
    await makeTopics(kafka.broker)
    await writeStops(kafka.broker)
    instances = await Promise.all(['one', 'two'].map(start))
    await until('each has some of the stations', async () => {
      const answers = await Promise.all(instances.map(own))
      return answers.every(({ rows, missing }) => {
        return rows.length > 0 && Object.values(missing).join() === 'elsewhere'
      })
    })
    const watchers = await Promise.all(
      instances.map(({ server }) => WatchedRows.open(`${server.url}/watch?store=status`)),
    )
    await writeEvents(kafka.broker, 2, 7)
    await until(
      'all events have come to the table',
      async () => isExpected(await readStatus(kafka.broker)),
      90_000,
    )
    for (const watched of watchers) {
      await until('whoever watches has seen it', () => isExpected(seenBy(watched)))
      expect(seenBy(watched)).to.deep.equal(expected)
      // What changed came as changes, of both instances' partitions.
      const changes = watched.events.filter(({ isWhole }) => !isWhole)
      const partitions = changes.flatMap(({ rows }) => rows.map(({ partition }) => partition))
      expect(new Set(partitions)).to.deep.equal(new Set([0, 1]))
      watched.close()
    }
    for (const { server } of instances) {
      for (const [place, row] of Object.entries(expected)) {
        const [line, id] = place.split('/') as [string, string]
        const key = encodeURIComponent(JSON.stringify({ line, station_id: Number(id) }))
        const response = await fetch(`${server.url}/stores/status/${key}`)
        const { rows } = (await response.json()) as Answer
        expect([place, response.status, rows[0]?.['value']]).to.deep.equal([place, 200, row])
      }
    }
  })

  it('tells whoever watches which stations nobody answers for, until somebody does', async () => {
    const [left, gone] = instances as [Instance, Instance]
    const watched = await WatchedRows.open(`${left.server.url}/watch?store=status`)
    try {
      await until('all stations are told', () => isExpected(seenBy(watched)))
      await gone.server.close()
      const missing = (): string[] => Object.values(watched.events.at(-1)?.missing ?? {})
      await until('it is said that some are elsewhere', () => missing().includes('elsewhere'))
      // They are as they were: nobody takes them for gone.
      expect(seenBy(watched)).to.deep.equal(expected)
      await gone.stop()
      instances = [left]
      await until('the one that is left answers for all', () => missing().length === 0)
      expect(seenBy(watched)).to.deep.equal(expected)
      expect((await own(left)).rows).to.have.length(Object.keys(expected).length)
    } finally {
      watched.close()
    }
  })
})

const sorted = (rows: Readonly<Record<string, object>>): unknown[] =>
  Object.entries(rows)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([place, row]) => [place, Object.entries(row).sort()])
