// The transit job in the test driver, over several partitions: the tables that the status page shows.
import { expect } from 'chai'
import { readStops, type StopRow } from '../../../data/transit/lines.ts'
import type { TransitEvent } from '../../../data/transit/simulation.ts'
import topology, { type Way } from '../../../jobs/transit/topology.ts'
import {
  arrivals,
  deadLetters,
  entries,
  stationStatus,
  stops,
  weather,
} from '../../../jobs/transit/topics.ts'
import { bytes, topic } from '../../../index.ts'
import { TopologyTestDriver } from '../../../testing.ts'
import { eventsOf, MONDAY, placeOf, statusAfter, type StatusRow } from './city.ts'

const PARTITIONS = 3

describe('the transit job', function () {
  this.timeout(60_000)
  let driver: TopologyTestDriver

  beforeEach(() => (driver = new TopologyTestDriver(topology, { partitions: PARTITIONS })))
  afterEach(() => driver.close())

  const pipeStops = (rows: readonly StopRow[] = readStops()): void => {
    for (const row of rows) {
      driver.pipeInput(stops, { key: String(row.stop_id), value: row, timestampMs: MONDAY })
    }
  }
  const pipe = ({ kind, value }: TransitEvent): void => {
    const timestampMs = value.timestamp
    if (kind === 'arrival') driver.pipeInput(arrivals, { key: value.train_id, value, timestampMs })
    else if (kind === 'entry') driver.pipeInput(entries, { key: 'any', value, timestampMs })
    else driver.pipeInput(weather, { key: 'chicago', value, timestampMs })
  }
  const status = (): Record<string, StatusRow> => {
    const rows: Record<string, StatusRow> = {}
    for (let partition = 0; partition < PARTITIONS; partition++) {
      for (const { key, value } of driver.store('status', partition).all()) {
        const { line, station_id } = key as { line: string; station_id: number }
        rows[placeOf(line, station_id)] = value as StatusRow
      }
    }
    return rows
  }

  it('has each train where it came last, and all entries of each station', () => {
    pipeStops()
    const events = eventsOf(1)
    events.forEach(pipe)
    expect(status()).to.deep.equal(statusAfter(events))
    expect(driver.drops()).to.deep.equal({})
  })

  it('loses nothing that comes before its station', () => {
    const events = eventsOf(0.5)
    events.forEach(pipe)
    expect(status()).to.deep.equal({})
    pipeStops()
    expect(status()).to.deep.equal(statusAfter(events))
  })

  it('comes to the same after restarts at any time', () => {
    pipeStops()
    const events = eventsOf(0.25)
    events.forEach((event, i) => {
      if (i % 40 === 0) driver.restart()
      pipe(event)
    })
    expect(status()).to.deep.equal(statusAfter(events))
  })

  it('tells the lines of a station apart, and stations of one name', () => {
    pipeStops()
    const rows = status()
    expect(Object.keys(rows)).to.have.length(94)
    expect(rows['blue/40380']).to.include({ name: 'Clark/Lake', order: 16 })
    expect(rows['green/40380']).to.include({ name: 'Clark/Lake', order: 14 })
    expect(rows['blue/40750']).to.include({ name: 'Harlem', order: 3 })
    expect(rows['blue/40980']).to.include({ name: 'Harlem', order: 31 })
  })

  it('follows a station that is renamed', () => {
    pipeStops()
    const renamed = readStops().filter(({ station_id }) => station_id === 40450)
    pipeStops(renamed.map((row) => ({ ...row, station_name: '95th' })))
    expect(status()['red/40450']).to.include({ name: '95th', order: 32 })
  })

  it('puts out each change of a station', () => {
    pipeStops(readStops().filter(({ station_id }) => station_id === 40450))
    driver.readOutput(stationStatus)
    const train = { line: 'red', direction: 'b', train_status: 'in_service' }
    const at = { timestamp: MONDAY, train_id: 'RL004', station_id: 40450, ...train }
    driver.pipeInput(arrivals, { key: 'RL004', value: at, timestampMs: MONDAY })
    const [first, ...others] = driver.readOutput(stationStatus)
    expect(others).to.deep.equal([])
    expect(first?.key).to.deep.equal({ line: 'red', station_id: 40450 })
    expect(first?.value).to.include({ a: null, b: 'RL004', entries: 0 })
  })

  for (const { name } of [arrivals, entries, weather, stops]) {
    it(`goes on when what nobody can read is posted to ${name}, and keeps it`, () => {
      pipeStops()
      const events = eventsOf(0.25)
      events.forEach(pipe)
      const raw = topic(name, { key: bytes, value: bytes })
      const key = Buffer.from('x')
      const unreadable = ['', '\0\0\0', '{', 'null', '[1]', '{"stop_id":"a"}'].map((text) => {
        return Buffer.from(text)
      })
      for (const value of unreadable) {
        driver.pipeInput(raw, { key, value, timestampMs: MONDAY })
        driver.pipeInput(raw, { key: null, value, timestampMs: MONDAY })
      }
      driver.pipeInput(raw, { key, value: null, timestampMs: MONDAY })
      driver.pipeInput(raw, { key: null, value: null, timestampMs: MONDAY })
      expect(status()).to.deep.equal(statusAfter(events))
      const kept = driver.readOutput(topic(deadLetters, { key: bytes, value: bytes }))
      expect(kept.map(({ value }) => Buffer.from(value!).toString())).to.include.members([
        '\0\0\0',
        '{',
      ])
    })
  }

  it('keeps what has a misspelt field in JSON for a dead letter, and counts it', () => {
    driver.close()
    const config = { 'topic.format.transit.weather': 'json' }
    driver = new TopologyTestDriver(topology, { partitions: PARTITIONS, config })
    const text = '{"timestamp":1538409600000,"temperature":50,"status":"windy","wind":3}'
    const raw = topic(weather.name, { key: bytes, value: { formats: { json: bytes } } })
    const value = Buffer.from(text)
    driver.pipeInput(raw, { key: Buffer.from('chicago'), value, timestampMs: MONDAY })
    expect(one('weather', 'chicago')).to.equal(undefined)
    expect(driver.drops()).to.deep.equal({ malformed: 1 })
    const [kept] = driver.readOutput(topic(deadLetters, { key: bytes, value: bytes }))
    expect(Buffer.from(kept!.value!).toString()).to.equal(text)
    const told = kept!.headers.map(({ value }) => Buffer.from(value ?? []).toString())
    expect(told.join()).to.contain('there is no field "wind"')
    const right = { timestamp: MONDAY, temperature: 50, status: 'windy' }
    driver.pipeInput(weather, { key: 'chicago', value: right, timestampMs: MONDAY })
    expect(one('weather', 'chicago')).to.deep.equal(right)
  })

  it('leaves out what has no time, and counts it', () => {
    pipeStops()
    const at = { timestamp: -1, temperature: 50, status: 'windy' }
    driver.pipeInput(weather, { key: 'chicago', value: at, timestampMs: MONDAY })
    expect(one('weather', 'chicago')).to.equal(undefined)
    expect(driver.drops()).to.deep.equal({ 'invalid-timestamp': 1 })
  })

  it('keeps where each train has been for an hour, and the weather that is', () => {
    const events = eventsOf(3)
    for (const event of events) if (event.kind !== 'entry') pipe(event)
    const way = one<Way>('ways', 'GL003')
    const expected = events.flatMap(({ kind, value }) =>
      kind === 'arrival' && value.train_id === 'GL003' ? [value] : [],
    )
    const places = expected.map(({ timestamp, line, station_id, direction }) => {
      return { timestamp, line, station_id, direction }
    })
    expect(way).to.deep.equal(places.slice(-13))
    const lastWeather = events.findLast(({ kind }) => kind === 'weather')?.value
    expect(one('weather', 'chicago')).to.deep.equal(lastWeather)
  })

  const one = <T>(store: string, key: string): T | undefined => {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const value = driver.store(store, partition).get(key) as T | undefined
      if (value !== undefined) return value
    }
    return undefined
  }
})
