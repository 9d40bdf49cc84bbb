// The transit job on a real Kafka, exactly once, by two instances side by side.
import { expect } from 'chai'
import { streamsConfig } from '../../config/config.ts'
import { runStreams } from '../../runtime/run-streams.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { ownKafka } from '../support/own-kafka.ts'
import { makeTopics, readStatus, TRANSIT_JOB, writeEvents, writeStops } from '../support/transit.ts'
import { until } from '../support/until.ts'
import { eventsOf, statusAfter } from './transit/city.ts'

describe('the transit job on Kafka', function () {
  this.timeout(180_000)
  const directory = temporaryDirectory()
  const kafka = ownKafka()

  const start = async (name: string) => {
    const broker = await kafka.open()
    const config = streamsConfig({
      'bootstrap.servers': kafka.bootstrapServers,
      'processing.guarantee': 'exactly_once_v2',
      'state.dir': directory(name),
      'num.stream.threads': '2',
    })
    const streams = await runStreams(TRANSIT_JOB, config, { broker })
    return async () => {
      streams.stop()
      await streams.done
      await broker.close()
    }
  }

  it('has each train where it came last, and all entries, by two instances', async () => {
    await makeTopics(kafka.broker)
    await writeStops(kafka.broker)
    const stops = [await start('one'), await start('two')]
    try {
      await writeEvents(kafka.broker, 2, 7)
      const expected = JSON.stringify(sorted(statusAfter(eventsOf(2))))
      await until(
        'all events have come to the table',
        async () => JSON.stringify(sorted(await readStatus(kafka.broker))) === expected,
        90_000,
      )
    } finally {
      await Promise.all(stops.map((stop) => stop()))
    }
    expect(await readStatus(kafka.broker)).to.deep.equal(statusAfter(eventsOf(2)))
  })
})

const sorted = (rows: Readonly<Record<string, object>>): unknown[] =>
  Object.entries(rows)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([place, row]) => [place, Object.entries(row).sort()])
