// Chicago's trains: stations from a database, arrivals, turnstiles and the weather become the tables that
// the status page shows. Nothing waits for anything: what comes before its station is joined when that comes.
import { deadLetter, defineTopology, json } from 'millrace'
import type { Arrival } from './messages.ts'
import { moved, movesOf, NO_TRAINS, type Move, type Platforms } from './platforms.ts'
import { stationsOf, type Station } from './stations.ts'
import {
  arrivals,
  byStation,
  deadLetters,
  entries,
  stationKey,
  stationStatus,
  stops,
  weather,
} from './topics.ts'

/** Arrivals of an hour, one each five minutes, and the one that it began with. */
const WAY_LENGTH = 13

/** Where a train has been, the latest arrival last. */
export type Way = readonly Pick<Arrival, 'timestamp' | 'line' | 'station_id' | 'direction'>[]

/** A station and the trains at its platforms, by direction. */
interface StationTrains extends Station {
  readonly a: string | null
  readonly b: string | null
}

const platformsAsJson = json.any<Platforms>()
const station = json.any<Station>()
const trains = json.any<StationTrains>()

/** The way after an arrival. One that is heard of twice is one, so that a producer may send again. */
function wentOn(way: Way, { timestamp, line, station_id, direction }: Arrival): Way {
  const others = way.filter((stop) => stop.timestamp !== timestamp)
  return [...others, { timestamp, line, station_id, direction }]
    .sort((one, other) => one.timestamp - other.timestamp)
    .slice(-WAY_LENGTH)
}

/** Whether a record is no tombstone: those of stops that are deleted say no station, others nothing at all. */
const isThere = (value: object | null): boolean => value !== null

export default defineTopology('transit', ({ source, table }) => {
  const malformed = deadLetter(deadLetters)
  const happened = {
    timestamp: ({ timestamp }: { readonly timestamp: number }): number => timestamp,
    invalidTimestamp: 'skip',
    malformed,
  } as const
  const arrived = source('arrivals', arrivals, happened).filter('arrivals-with-value', isThere)
  const entered = source('entries', entries, happened).filter('entries-with-value', isThere)
  table('weather', weather, { ...happened, store: true })

  // Other lines' stations have none of the colours, and no row has two.
  const stations = source('stops', stops, { malformed })
    .filter('stops-with-value', isThere)
    .flatMap('stations-of-lines', stationsOf)
    .toTable('stations', { key: stationKey, value: station })

  const standing = arrived
    .flatMap('moves', movesOf)
    .groupByKey('moves-by-station', stationKey, json.any<Move>())
    .aggregate('platforms', {
      initialize: () => NO_TRAINS,
      add: moved,
      value: platformsAsJson,
      emit: 'on-update-coalesced',
    })

  // Each entry is an event: a table of the topic would hold the last one of each key.
  const entriesOf = entered
    .groupBy('entries-by-station', byStation)
    .count('turnstile-summary', { emit: 'on-update-coalesced' })

  stations
    .leftJoin('trains', standing, {
      merge: (at, platforms) => {
        const { a, b } = platforms ?? NO_TRAINS
        return { a: a.train, b: b.train, ...at }
      },
      store: trains,
    })
    .leftJoin('status', entriesOf, {
      merge: (at, count) => ({ entries: count ?? 0, ...at }),
      store: stationStatus.value,
    })
    .to('status-out', stationStatus)

  arrived.groupByKey('arrivals-by-train').aggregate('ways', {
    initialize: (): Way => [],
    add: wentOn,
    value: json.any<Way>(),
    emit: 'on-update-coalesced',
  })
})

export { page } from './status-page.ts'
