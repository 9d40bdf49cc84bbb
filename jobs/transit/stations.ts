// Stations as the lines have them, made of the stops of the database.
import type { StationKey } from './topics.ts'

/** A station on a line. */
export interface Station {
  readonly name: string
  readonly line: string
  /** Place on the line, from 0. */
  readonly order: number
}

/** What is needed of a stop, which is one direction of a station. */
interface Stop {
  readonly station_id: number
  readonly station_name: string
  readonly order: number
  readonly red: boolean
  readonly blue: boolean
  readonly green: boolean
}

const LINES = ['blue', 'green', 'red'] as const

/** The station that a stop belongs to, under its key: none where a stop is on other lines only. */
export function stationsOf(stop: Stop): { key: StationKey; value: Station }[] {
  const { station_id, station_name: name, order } = stop
  return LINES.filter((line) => stop[line]).map((line) => ({
    key: { line, station_id },
    value: { name, line, order },
  }))
}
