// The stations of Chicago's red, blue and green lines, in order, and how many people enter them: the
// City's tables beside this file. The simulation calls it; so does whoever counts what must come out.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { packageRoot } from '../../config/package-root.ts'

/** The lines that are simulated, in the order of the status page. */
export const LINES = ['blue', 'green', 'red'] as const
/** A line by its colour. */
export type Line = (typeof LINES)[number]

/** A station as one line has it: two lines stop at Clark/Lake and at Roosevelt. */
export interface LineStation {
  readonly stationId: number
  readonly name: string
  readonly line: Line
  /** Place on the line, from 0. */
  readonly order: number
  /** People who enter on an average day, of those of the station as many as come to this line. */
  readonly rides: DayRides
}

/** Rides by kind of day. */
export interface DayRides {
  readonly weekday: number
  readonly saturday: number
  readonly sunday: number
}

/** A row of `cta_stations.csv`: one direction of a station; at most one of the colours is true. */
export interface StopRow {
  readonly stop_id: number
  readonly direction_id: string
  readonly stop_name: string
  readonly station_name: string
  readonly station_descriptive_name: string
  readonly station_id: number
  readonly order: number
  readonly red: boolean
  readonly blue: boolean
  readonly green: boolean
}

/** All stops, those of other lines among them, as the table has them. */
export function readStops(): StopRow[] {
  return rowsOf('cta_stations').map((row) => ({
    stop_id: Number(row['stop_id']),
    direction_id: row['direction_id']!,
    stop_name: row['stop_name']!,
    station_name: row['station_name']!,
    station_descriptive_name: row['station_descriptive_name']!,
    station_id: Number(row['station_id']),
    order: Number(row['order']),
    red: row['red'] === 'TRUE',
    blue: row['blue'] === 'TRUE',
    green: row['green'] === 'TRUE',
  }))
}

/** The stations of each line, in order. People at a station of two lines go to each alike. */
export function readLines(): Readonly<Record<Line, readonly LineStation[]>> {
  const stops = readStops()
  const rides = readRides()
  const linesOf = (stationId: number): number =>
    LINES.filter((line) => stops.some((stop) => stop.station_id === stationId && stop[line])).length
  const stationsOf = (line: Line): LineStation[] => {
    const byId = new Map<number, LineStation>()
    for (const stop of stops) {
      const { station_id: stationId, station_name: name, order } = stop
      if (!stop[line] || byId.has(stationId)) continue
      const share = 1 / linesOf(stationId)
      byId.set(stationId, {
        stationId,
        name,
        line,
        order,
        rides: shareOf(rides.get(stationId)!, share),
      })
    }
    return [...byId.values()].sort((a, b) => a.order - b.order)
  }
  return { blue: stationsOf('blue'), green: stationsOf('green'), red: stationsOf('red') }
}

/** What share of a day's people comes in each hour, 24 numbers that add up to 1. */
export function readHourShares(): readonly number[] {
  // The table has a 25th row for midnight, and what it has does not quite add up.
  const ratios = rowsOf('ridership_curve')
    .slice(0, 24)
    .map((row) => Number(row['ridership_ratio']))
  const sum = ratios.reduce((total, ratio) => total + ratio, 0)
  return ratios.map((ratio) => ratio / sum)
}

function readRides(): Map<number, DayRides> {
  return new Map(
    rowsOf('ridership_seed').map((row) => [
      Number(row['station_id']),
      {
        weekday: Number(row['avg_weekday_rides']),
        saturday: Number(row['avg_saturday_rides']),
        sunday: Number(row['avg_sunday-holiday_rides']),
      },
    ]),
  )
}

function shareOf({ weekday, saturday, sunday }: DayRides, share: number): DayRides {
  return { weekday: weekday * share, saturday: saturday * share, sunday: sunday * share }
}

function rowsOf(table: string): Record<string, string>[] {
  const file = join(packageRoot(), 'data/transit', `${table}.csv`)
  return parse(readFileSync(file), { columns: true, skip_empty_lines: true })
}
