// The simulated city: its trains, its turnstiles and its weather, against the City's own figures.
import { expect } from 'chai'
import { LINES, readHourShares, readLines, readStops } from '../../../data/transit/lines.ts'
import { simulateTransit, type TransitEvent } from '../../../data/transit/simulation.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Midnight in Chicago, a Monday. */
const MONDAY = Date.UTC(2018, 9, 1, 5)

const simulated = (fromMs: number, hours: number, seed = 1): TransitEvent[] => [
  ...simulateTransit({ seed, fromMs, untilMs: fromMs + hours * HOUR_MS }),
]

type ValueOf<Kind extends TransitEvent['kind']> = Extract<TransitEvent, { kind: Kind }>['value']

const valuesOf = <Kind extends TransitEvent['kind']>(
  events: readonly TransitEvent[],
  kind: Kind,
): ValueOf<Kind>[] =>
  events.flatMap((event) => (event.kind === kind ? [event.value as ValueOf<Kind>] : []))

describe('the lines of Chicago', () => {
  const lines = readLines()

  it('have the stations of the table, each once, in order', () => {
    const counts = LINES.map((line) => lines[line].length)
    expect(counts).to.deep.equal([33, 28, 33])
    for (const line of LINES) {
      const stops = readStops().filter((stop) => stop[line])
      expect(stops).to.have.length(2 * lines[line].length)
      expect(lines[line].map(({ order }) => order)).to.deep.equal(lines[line].map((_, i) => i))
    }
  })

  it('share two stations, each with a place on both and half of the people', () => {
    const shared = lines.green.filter(({ stationId }) =>
      [...lines.blue, ...lines.red].some((other) => other.stationId === stationId),
    )
    expect(shared.map(({ name, order, rides }) => [name, order, rides.weekday])).to.deep.equal([
      ['Clark/Lake', 14, 22_811.6 / 2],
      ['Roosevelt', 18, shared[1]!.rides.weekday],
    ])
    expect(lines.blue.find(({ stationId }) => stationId === 40380)?.order).to.equal(16)
    expect(lines.red.find(({ stationId }) => stationId === 41400)?.order).to.equal(23)
  })

  it('tell the two stations named Harlem apart, and know 95th/Dan Ryan by its name', () => {
    const harlems = lines.blue.filter(({ name }) => name === 'Harlem')
    expect(harlems.map(({ stationId }) => stationId)).to.deep.equal([40750, 40980])
    const last = lines.red.at(-1)!
    expect([last.stationId, last.name]).to.deep.equal([40450, '95th/Dan Ryan'])
  })

  it('have the people of a day in 24 hours', () => {
    const shares = readHourShares()
    expect(shares).to.have.length(24)
    expect(shares.reduce((sum, share) => sum + share)).to.be.closeTo(1, 1e-9)
  })
})

describe('the simulated city', () => {
  it('is the same for the same seed, and another for another', () => {
    const events = simulated(MONDAY, 2)
    expect(simulated(MONDAY, 2)).to.deep.equal(events)
    expect(simulated(MONDAY, 2, 2)).not.to.deep.equal(events)
  })

  it('goes on from where it was: trains and weather as if nothing had been, people anew', () => {
    const arrivalMs = MONDAY + 13 * 300_000
    const entryMs = arrivalMs + 60_000
    const options = { seed: 1, fromMs: MONDAY, untilMs: MONDAY + 2 * HOUR_MS }
    const rest = [...simulateTransit({ ...options, after: { arrivalMs, entryMs } })]
    const all = simulated(MONDAY, 2).filter(({ value }) => value.timestamp >= arrivalMs)
    for (const kind of ['arrival', 'weather'] as const) {
      expect(valuesOf(rest, kind)).to.deep.equal(valuesOf(all, kind))
    }
    const people = valuesOf(rest, 'entry')
    expect(Math.min(...people.map(({ timestamp }) => timestamp))).to.be.within(
      entryMs + 1,
      entryMs + 60_000,
    )
    expect(people.length).to.be.within(3_000, 12_000)
  })

  it('tells what happens in order of time', () => {
    const times = simulated(MONDAY, 2).map(({ value }) => value.timestamp)
    expect(times).to.deep.equal(times.toSorted((a, b) => a - b))
  })

  it('moves each of 30 trains to the next station twelve times an hour, there and back', () => {
    const arrivals = valuesOf(simulated(MONDAY, 6), 'arrival')
    expect(arrivals).to.have.length(30 * 12 * 6)
    const one = arrivals.filter(({ train_id }) => train_id === 'GL000')
    const { green } = readLines()
    const round = [
      ...green.map(({ stationId }) => [stationId, 'a']),
      ...green.map(({ stationId }) => [stationId, 'b']).reverse(),
    ]
    const seen = one.map(({ station_id, direction }) => [station_id, direction])
    expect(seen).to.deep.equal([...round, ...round].slice(0, seen.length))
    expect(one[0]).not.to.have.property('prev_station_id')
    one.slice(1).forEach((arrival, i) => {
      expect([arrival.prev_station_id, arrival.prev_direction]).to.deep.equal(seen[i])
    })
  })

  it('never has two trains of a line in one place', () => {
    const arrivals = valuesOf(simulated(MONDAY, 24), 'arrival')
    const places = new Set(
      arrivals.map((at) => [at.timestamp, at.line, at.station_id, at.direction].join()),
    )
    expect(places.size).to.equal(arrivals.length)
  })

  it('lets in as many people as the City counted, by kind of day', () => {
    const expected = { weekday: 0, saturday: 0, sunday: 0 }
    for (const { rides } of Object.values(readLines()).flat()) {
      expected.weekday += rides.weekday
      expected.saturday += rides.saturday
      expected.sunday += rides.sunday
    }
    const entriesFrom = (day: number): number =>
      valuesOf(simulated(MONDAY + day * DAY_MS, 24), 'entry').length
    expect(entriesFrom(0) / expected.weekday).to.be.closeTo(1, 0.01)
    expect(entriesFrom(5) / expected.saturday).to.be.closeTo(1, 0.01)
    expect(entriesFrom(6) / expected.sunday).to.be.closeTo(1, 0.01)
  })

  it('has its rush hours by the clock of Chicago, after a change of the clock, too', () => {
    const { length: quiet } = valuesOf(simulated(MONDAY + 2 * HOUR_MS, 1), 'entry')
    const { length: rush } = valuesOf(simulated(MONDAY + 8 * HOUR_MS, 1), 'entry')
    expect(rush / quiet).to.be.closeTo(12.5, 1)
    const mondayAfter = Date.UTC(2018, 10, 5, 6)
    const { length: later } = valuesOf(simulated(mondayAfter + 8 * HOUR_MS, 1), 'entry')
    expect(later / rush).to.be.closeTo(1, 0.02)
  })

  it('has weather each hour that stays between what there is', () => {
    const weather = valuesOf(simulated(MONDAY, 24 * 3), 'weather')
    expect(weather).to.have.length(24 * 3)
    for (const { temperature } of weather) expect(temperature).to.be.within(-20, 100)
    expect(new Set(weather.map(({ status }) => status)).size).to.equal(5)
  })
})
