// The fold of arrivals into platforms, with properties of any arrivals.
import { expect } from 'chai'
import fc from 'fast-check'
import { moved, movesOf, NO_TRAINS, type Platforms } from '../../../jobs/transit/platforms.ts'

const arrival = {
  timestamp: 1,
  train_id: 'RL001',
  line: 'red',
  station_id: 2,
  direction: 'a',
  train_status: 'in_service',
}

/** The trains at the stations, by station, after moves. */
type City = Record<string, { a: string | null; b: string | null }>

const fold = (moves: ReturnType<typeof movesOf>): City => {
  const stations: Record<string, Platforms> = {}
  for (const { key, value } of moves) {
    stations[key.station_id] = moved(stations[key.station_id] ?? NO_TRAINS, value)
  }
  const trains = Object.entries(stations).map(([id, { a, b }]) => [id, { a: a.train, b: b.train }])
  return Object.fromEntries(trains) as City
}

const groupsOf = <T extends { train_id: string }>(steps: readonly T[]): Map<string, T[]> => {
  const groups = new Map<string, T[]>()
  for (const step of steps) groups.set(step.train_id, [...(groups.get(step.train_id) ?? []), step])
  return groups
}

const placesOf = (city: City): string[] =>
  Object.entries(city)
    .flatMap(([station, { a, b }]) => [`${a} at ${station} a`, `${b} at ${station} b`])
    .filter((place) => !place.startsWith('null'))
    .sort()

/** Steps of some trains, none into one that stands, with what a train did before. */
const arrivals = fc
  .array(
    fc.record({
      train_id: fc.constantFrom('A', 'B', 'C', 'D'),
      station_id: fc.integer({ min: 0, max: 5 }),
      direction: fc.constantFrom('a', 'b'),
    }),
  )
  .map((steps) => {
    const last = new Map<string, (typeof steps)[number]>()
    return steps.flatMap((step, timestamp) => {
      const before = last.get(step.train_id)
      const isTaken = [...last.values()].some(
        ({ train_id, station_id, direction }) =>
          train_id !== step.train_id &&
          station_id === step.station_id &&
          direction === step.direction,
      )
      if (isTaken) return []
      last.set(step.train_id, step)
      const prev = before && {
        prev_station_id: before.station_id,
        prev_direction: before.direction,
      }
      return [{ ...arrival, ...step, ...prev, timestamp }]
    })
  })

describe('platforms', () => {
  const none = { a: null, b: null }

  it('take a train from where it stood, and put it where it came', () => {
    const before = { prev_station_id: 1, prev_direction: 'a' }
    const moves = [...movesOf({ ...arrival, station_id: 1 }), ...movesOf({ ...arrival, ...before })]
    expect(fold(moves)).to.deep.equal({ 1: none, 2: { a: 'RL001', b: null } })
  })

  it('keep a train that turns round, on the other side', () => {
    const turned = { direction: 'b', prev_station_id: 2, prev_direction: 'a' }
    const moves = [...movesOf(arrival), ...movesOf({ ...arrival, ...turned })]
    expect(fold(moves)).to.deep.equal({ 2: { a: null, b: 'RL001' } })
  })

  it('have no train that is out of service', () => {
    const moves = [...movesOf(arrival), ...movesOf({ ...arrival, train_status: 'out_of_service' })]
    expect(fold(moves)).to.deep.equal({ 2: none })
  })

  it('have each train once, where it came last, in whatever order trains are heard of', () => {
    fc.assert(
      fc.property(arrivals, fc.infiniteStream(fc.nat()), (steps, picks) => {
        const expected = new Map(
          steps.map(({ train_id, station_id, direction }) => [
            train_id,
            `${train_id} at ${station_id} ${direction}`,
          ]),
        )
        // What one train does stays in order; between trains anything goes.
        const trains = [...groupsOf(steps).values()]
        const mixed: ReturnType<typeof movesOf> = []
        while (trains.some(({ length }) => length > 0)) {
          const left = trains.filter(({ length }) => length > 0)
          const { value = 0 } = picks.next() as { value?: number }
          mixed.push(...movesOf(left[value % left.length]!.shift()!))
        }
        expect(placesOf(fold(mixed))).to.deep.equal([...expected.values()].sort())
      }),
    )
  })
})
