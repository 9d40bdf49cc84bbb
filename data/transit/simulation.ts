// Chicago's trains, turnstiles and weather as events in order of time, the same for the same seed.
// `millrace simulate transit` produces them; tests count them by themselves.
import { offsetAt } from '../../topology/time/zone-offset.ts'
import { createRandom, type Random } from '../random.ts'
import {
  LINES,
  readHourShares,
  readLines,
  type DayRides,
  type Line,
  type LineStation,
} from './lines.ts'

/** A train has come to a station. What it left is named, so that it can be taken from there. */
export interface Arrival {
  readonly timestamp: number
  readonly train_id: string
  readonly line: Line
  readonly station_id: number
  readonly direction: Direction
  readonly train_status: 'in_service'
  /** Undefined for the first arrival of a train. */
  readonly prev_station_id?: number
  readonly prev_direction?: Direction
}

/** Somebody has passed a turnstile. */
export interface Entry {
  readonly timestamp: number
  readonly station_id: number
  readonly station_name: string
  readonly line: Line
}

/** What the weather is. */
export interface Weather {
  readonly timestamp: number
  /** Degrees Fahrenheit. */
  readonly temperature: number
  readonly status: WeatherStatus
}

/** `a`: towards stations of higher order; `b`: back. */
export type Direction = 'a' | 'b'
export type WeatherStatus = (typeof WEATHER_STATUSES)[number]

/** One event; `timestamp` of its value is when it happened, epoch ms. */
export type TransitEvent =
  | { readonly kind: 'arrival'; readonly value: Arrival }
  | { readonly kind: 'entry'; readonly value: Entry }
  | { readonly kind: 'weather'; readonly value: Weather }

/** What to simulate. */
export interface TransitSimulation {
  readonly seed: number
  /** When it begins, epoch ms: a midnight in Chicago, so that days are whole. */
  readonly fromMs: number
  /** When it ends, epoch ms, exclusive; never when left out. */
  readonly untilMs?: number
  /** What of it there is already; all is made when left out. */
  readonly after?: SimulatedBefore
}

/** How far a simulation has come before: with the same seed and beginning it goes on from there. */
export interface SimulatedBefore {
  /** Arrivals and weather of this time come again: what knows one has another of the same for nothing. */
  readonly arrivalMs: number
  /** Entries up to this time do not. */
  readonly entryMs: number
}

/** The zone of hours and days of the week. */
export const CHICAGO = 'America/Chicago'

const STEP_MS = 300_000
const HOUR_MS = 3_600_000
const STEPS_PER_HOUR = HOUR_MS / STEP_MS
const TRAINS_PER_LINE = 10
const TRAIN_PREFIX: Readonly<Record<Line, string>> = { blue: 'BL', green: 'GL', red: 'RL' }
const WEATHER_STATUSES = ['sunny', 'partly_cloudy', 'cloudy', 'windy', 'precipitation'] as const
const TEMPERATURE = { min: -20, max: 100, step: 10 } as const

/**
 * The events in order of time, five minutes at a time: every train goes to its next station, people enter
 * as many as the City counted for the kind of day and the hour, and each hour has its weather. After an
 * interruption trains and weather go on as they would have; people are drawn anew.
 */
export function* simulateTransit(options: TransitSimulation): Generator<TransitEvent> {
  const { seed, fromMs, untilMs = Infinity } = options
  const { arrivalMs = -Infinity, entryMs = -Infinity } = options.after ?? {}
  const lines = readLines()
  const trains = LINES.flatMap((line) => trainsOf(line, lines[line]))
  const turnstiles = turnstilesOf(Object.values(lines).flat(), createRandom(seed, 1))
  const weather = new WeatherWalk(createRandom(seed, 2), fromMs)
  for (let step = 0; fromMs + step * STEP_MS < untilMs; step++) {
    const timestamp = fromMs + step * STEP_MS
    const events: TransitEvent[] = []
    if (step % STEPS_PER_HOUR === 0)
      events.push({ kind: 'weather', value: weather.next(timestamp) })
    for (const train of trains) events.push({ kind: 'arrival', value: train.arrive(timestamp) })
    if (timestamp >= arrivalMs) yield* events
    if (timestamp + STEP_MS <= entryMs) continue
    for (const value of turnstiles(timestamp)) {
      if (value.timestamp > entryMs) yield { kind: 'entry', value }
    }
  }
}

/** A train that runs to the end of its line and back, and stands at its place on that round. */
class Train {
  readonly #id: string
  readonly #stations: readonly LineStation[]
  #place: number
  #before: Pick<Arrival, 'station_id' | 'direction'> | undefined

  constructor(id: string, stations: readonly LineStation[], place: number) {
    this.#id = id
    this.#stations = stations
    this.#place = place
  }

  arrive(timestamp: number): Arrival {
    const count = this.#stations.length
    const isBack = this.#place >= count
    const station = this.#stations[isBack ? 2 * count - 1 - this.#place : this.#place]!
    const at = { station_id: station.stationId, direction: isBack ? 'b' : 'a' } as const
    const before = this.#before
    this.#before = at
    this.#place = (this.#place + 1) % (2 * count)
    return {
      timestamp,
      train_id: this.#id,
      line: station.line,
      ...at,
      train_status: 'in_service',
      ...(before && { prev_station_id: before.station_id, prev_direction: before.direction }),
    }
  }
}

/** The trains of a line, evenly spread over the way there and back: no two ever stand in one place. */
function trainsOf(line: Line, stations: readonly LineStation[]): Train[] {
  return Array.from({ length: TRAINS_PER_LINE }, (_, i) => {
    const id = `${TRAIN_PREFIX[line]}${String(i).padStart(3, '0')}`
    return new Train(id, stations, Math.floor((i * 2 * stations.length) / TRAINS_PER_LINE))
  })
}

/** Who enters within a step, by time. */
function turnstilesOf(
  stations: readonly LineStation[],
  random: Random,
): (stepMs: number) => Entry[] {
  const shares = readHourShares()
  const offset = offsetAt(CHICAGO)
  return (stepMs) => {
    const local = new Date(stepMs + offset(stepMs))
    const day = dayOf(local)
    const share = shares[local.getUTCHours()]! / STEPS_PER_HOUR
    const entries = stations.flatMap(({ stationId, name, line, rides }) =>
      Array.from({ length: poisson(rides[day] * share, random) }, (): Entry => {
        const timestamp = stepMs + random.below(STEP_MS)
        return { timestamp, station_id: stationId, station_name: name, line }
      }),
    )
    return entries.sort((a, b) => a.timestamp - b.timestamp)
  }
}

function dayOf(local: Date): keyof DayRides {
  const day = local.getUTCDay()
  return day === 0 ? 'sunday' : day === 6 ? 'saturday' : 'weekday'
}

/** How many come where `mean` are expected, each for himself (Knuth, TAOCP 2, 3.4.1; halves for large means). */
function poisson(mean: number, random: Random): number {
  if (mean > 30) return poisson(mean / 2, random) + poisson(mean / 2, random)
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = random.next(); product > limit; product *= random.next()) count += 1
  return count
}

/** Weather that wanders from hour to hour and stays within what there is. */
class WeatherWalk {
  readonly #random: Random
  #temperature: number

  constructor(random: Random, fromMs: number) {
    this.#random = random
    const month = new Date(fromMs).getUTCMonth()
    const isWinter = month <= 2 || month >= 10
    const isSummer = month >= 5 && month <= 8
    this.#temperature = isWinter ? 40 : isSummer ? 85 : 70
  }

  next(timestamp: number): Weather {
    const { min, max, step } = TEMPERATURE
    const moved = this.#temperature + step * (this.#random.next() - this.#random.next())
    this.#temperature = Math.min(max, Math.max(min, moved))
    const status = WEATHER_STATUSES[this.#random.below(WEATHER_STATUSES.length)]!
    return { timestamp, temperature: Math.round(this.#temperature * 10) / 10, status }
  }
}
