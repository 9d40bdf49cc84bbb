// What the job reads. Values travel as protobuf; `topic.format.NAME=json` in streams.properties has them as JSON.
import protobufjs from 'protobufjs'
import { readFileSync } from 'node:fs'
import { fields, json, protobuf, topic, utf8, type ProtobufType, type Serde } from 'millrace'
import type { Arrival, Entry, Weather } from './messages.ts'

const packageRoot = new URL('.', import.meta.resolve('millrace/package.json'))
const proto = readFileSync(new URL('jobs/transit/transit.proto', packageRoot), 'utf8')
const { root } = protobufjs.parse(proto, { keepCase: true })

const message = <T extends object>(name: string): Serde<T> =>
  protobuf(root.lookupType(`millrace.transit.${name}`) as unknown as ProtobufType<T>, {
    missing: 'fail',
    unknown: 'fail',
  })

/** A name that is misspelt is none of theirs: it is refused as protobuf does it, instead of lost. */
const CLOSED = { unknown: 'fail' } as const

/** Arrivals of trains, by train: what one train does stays in order. */
export const arrivals = topic('transit.arrivals', {
  key: utf8,
  value: {
    formats: {
      protobuf: message<Arrival>('Arrival'),
      json: json.object(
        {
          timestamp: json.integer(),
          train_id: json.string(),
          line: json.string(),
          station_id: json.integer(),
          direction: json.string(),
          train_status: json.string(),
          prev_station_id: json.integer().optional(),
          prev_direction: json.string().optional(),
        },
        CLOSED,
      ),
    },
  },
})

/** Entries at turnstiles, by line and station. */
export const entries = topic('transit.turnstile', {
  key: utf8,
  value: {
    formats: {
      protobuf: message<Entry>('Entry'),
      json: json.object(
        {
          timestamp: json.integer(),
          station_id: json.integer(),
          station_name: json.string(),
          line: json.string(),
        },
        CLOSED,
      ),
    },
  },
})

/** The weather, by city. */
export const weather = topic('transit.weather', {
  key: utf8,
  value: {
    formats: {
      protobuf: message<Weather>('Weather'),
      json: json.object(
        {
          timestamp: json.integer(),
          temperature: json.number(),
          status: json.string(),
        },
        CLOSED,
      ),
    },
  },
})

/** The stops of the trains, a row for each direction of a station, as they come from the database. */
export const stops = topic('transit.stations', {
  key: utf8,
  value: json.object({
    stop_id: json.integer(),
    direction_id: json.string(),
    stop_name: json.string(),
    station_name: json.string(),
    station_descriptive_name: json.string(),
    station_id: json.integer(),
    order: json.integer(),
    red: json.boolean(),
    blue: json.boolean(),
    green: json.boolean(),
  }),
})

/** A station as one line has it: two lines stop at Clark/Lake and at Roosevelt. */
export interface StationKey {
  readonly line: string
  readonly station_id: number
}

export const byStation = fields('line', 'station_id')
/** The same for keys that are made here, which have these types. */
export const stationKey = byStation as unknown as Serde<StationKey>

/** What the status page shows of a station. */
export const stationStatus = topic('transit.station-status', {
  key: stationKey,
  value: json.object({
    name: json.string(),
    line: json.string(),
    order: json.integer(),
    a: json.string().nullable(),
    b: json.string().nullable(),
    entries: json.integer(),
  }),
})

/** What comes and cannot be read, byte for byte: anybody may post, and none of it may stop the job. */
export const deadLetters = 'transit.dead-letter'
