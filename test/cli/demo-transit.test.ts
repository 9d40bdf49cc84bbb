// `demo transit`: trains on a page within moments, and a second run that goes on where the first one ended.
import { expect } from 'chai'
import { openBroker } from '../../broker/open.ts'
import { streamsConfig } from '../../config/config.ts'
import { arrivals, entries } from '../../jobs/transit/topics.ts'
import { brokerOptions } from '../../runtime/broker-options.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { placeOf, statusAfter, type StatusRow } from '../jobs/transit/city.ts'
import type { Arrival, Entry, TransitEvent } from '../../data/transit/simulation.ts'
import { readTopic, rowsIn } from '../support/final-tables.ts'
import { WatchedRows } from '../support/store-events.ts'
import { until } from '../support/until.ts'
import { runCli, startCli, type Running } from './run-cli.ts'

const STEP_MS = 300_000
const STEPS = 4
/** PGlite takes four seconds of a processor to start, of which there may be little. */
const PATIENCE_MS = 480_000

describe('demo transit', function () {
  this.timeout(600_000)
  const path = temporaryDirectory()
  const address = (): string => `embedded:${path('log')}`
  const onLog = (): string[] => ['--set', `bootstrap.servers=${address()}`]
  const demo = (): string[] => ['demo', 'transit', '--speed', '1200', ...onLog(), ...options]
  const options = ['--set', 'server.port=0', '--set', 'topic.partitions=2']

  /** The page's address, as soon as it is told. */
  const pageOf = async (running: Running): Promise<string> => {
    const told = (): string | undefined => /^Page: +(.*)$/m.exec(running.stdout())?.[1]
    await until('the page is told', () => told() !== undefined)
    return told()!
  }
  /** Watches until trains have gone on so often. */
  const untilMoved = async (running: Running): Promise<void> => {
    const watched = await WatchedRows.open(new URL('/watch?store=ways', await pageOf(running)).href)
    const latest = (): number => {
      const ways = Object.values(watched.values('ways')) as { timestamp: number }[][]
      return Math.max(...ways.map((way) => way.at(-1)!.timestamp))
    }
    await until('there are trains', () => latest() > 0)
    const first = latest()
    await until('they have gone on', () => latest() >= first + STEPS * STEP_MS)
    watched.close()
  }
  /** Watches until all stations have been read from the database. */
  const untilStations = async (running: Running): Promise<void> => {
    const url = new URL('/watch?store=status', await pageOf(running)).href
    const watched = await WatchedRows.open(url)
    const count = (): number => Object.keys(watched.values('status')).length
    await until('there are stations', () => count() === 94, PATIENCE_MS)
    watched.close()
  }

  const eventsIn = async (): Promise<TransitEvent[]> => {
    const broker = await openBroker(
      brokerOptions(streamsConfig({ 'bootstrap.servers': address() })),
    )
    const events: TransitEvent[] = []
    await readTopic(broker, arrivals.name, ({ value }) => {
      events.push({
        kind: 'arrival',
        value: arrivals.value.deserialize(value!, 0, value!.length) as Arrival,
      })
    })
    await readTopic(broker, entries.name, ({ value }) => {
      events.push({
        kind: 'entry',
        value: entries.value.deserialize(value!, 0, value!.length) as Entry,
      })
    })
    await broker.close()
    return events.sort((one, other) => one.value.timestamp - other.value.timestamp)
  }

  const rowsOf = async (topic: string): Promise<number> => {
    const broker = await openBroker(
      brokerOptions(streamsConfig({ 'bootstrap.servers': address() })),
    )
    const rows = await rowsIn(broker, topic)
    await broker.close()
    return rows
  }

  it('shows a page of trains that move, and goes on after it was killed', async () => {
    const first = startCli(demo())
    try {
      const page = await fetch(await pageOf(first))
      expect(await page.text()).to.include("<h1>Chicago's trains</h1>")
      await untilMoved(first)
      await untilStations(first)
    } finally {
      first.child.kill('SIGKILL')
      await first.ended
    }
    const second = startCli(demo())
    try {
      await untilMoved(second)
    } finally {
      second.child.kill('SIGINT')
    }
    const { code, stdout, stderr } = await second.ended
    expect(code, stderr).to.equal(0)
    expect(stdout).to.match(/^Stopped after [\d,]+ events; the next start goes on from here\.$/m)

    // The source has kept its place, so they came from it.
    expect(await rowsOf('transit-stations-offsets')).to.equal(1)
    const events = await eventsIn()
    const times = new Map<string, Set<number>>()
    for (const { kind, value } of events) {
      if (kind !== 'arrival') continue
      const known = times.get(value.train_id) ?? new Set()
      times.set(value.train_id, known.add(value.timestamp))
    }
    expect(times.size).to.equal(30)
    for (const [train, at] of times) {
      const steps = (Math.max(...at) - Math.min(...at)) / STEP_MS + 1
      expect([train, at.size]).to.deep.equal([train, steps])
    }
  })

  it('comes to what its topics say, whatever became of the runs before', async () => {
    const port = 'server.port=0'
    const running = startCli(['start', 'transit', ...onLog(), '--set', port])
    try {
      const url = (): string | undefined =>
        /(http:\/\/127\.0\.0\.1:\d+)/.exec(running.stderr() + running.stdout())?.[1]
      await until('the job runs', () => url() !== undefined)
      const watched = await WatchedRows.open(`${url()}/watch?store=status`)
      const expected = statusAfter(await eventsIn())
      await until('all is as it should be', () => {
        const there = Object.entries(watched.values('status')).map(([key, value]) => {
          const { line, station_id } = JSON.parse(key) as { line: string; station_id: number }
          return [placeOf(line, station_id), value as StatusRow] as const
        })
        if (there.length !== Object.keys(expected).length) return false
        return there.every(([place, { a, b, entries: people }]) => {
          const row = expected[place]!
          return row.a === a && row.b === b && row.entries === people
        })
      })
      watched.close()
    } finally {
      running.child.kill('SIGINT')
    }
    expect((await running.ended).code).to.equal(0)
  })

  it('refuses the options of the other demo', async () => {
    const { code, stderr } = await runCli('demo', 'transit', '--rows', '5')
    expect([code, stderr]).to.deep.equal([2, 'error: --rows is no option of demo transit\n'])
    const other = await runCli('demo', '--speed', '5')
    expect(other.stderr).to.equal('error: --speed is no option of demo police-calls\n')
  })
})
