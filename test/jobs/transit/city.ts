// What the transit job must come to, counted from the simulation's events by itself.
import { LINES, readLines } from '../../../data/transit/lines.ts'
import { simulateTransit, type TransitEvent } from '../../../data/transit/simulation.ts'

/** A row of the table of stations, as the job has it. */
export interface StatusRow {
  readonly name: string
  readonly line: string
  readonly order: number
  readonly a: string | null
  readonly b: string | null
  readonly entries: number
}

/** Midnight in Chicago, a Monday. */
export const MONDAY = Date.UTC(2018, 9, 1, 5)

/** The events of so many hours from there. */
export const eventsOf = (hours: number, seed = 7): TransitEvent[] => [
  ...simulateTransit({ seed, fromMs: MONDAY, untilMs: MONDAY + hours * 3_600_000 }),
]

/** The table of stations after these events, by `line/station id`: each train where it came last. */
export function statusAfter(events: readonly TransitEvent[]): Record<string, StatusRow> {
  const rows: Record<string, { -readonly [Key in keyof StatusRow]: StatusRow[Key] }> = {}
  const lines = readLines()
  for (const line of LINES) {
    for (const { stationId, name, order } of lines[line]) {
      rows[placeOf(line, stationId)] = { name, line, order, a: null, b: null, entries: 0 }
    }
  }
  const last = new Map<string, Extract<TransitEvent, { kind: 'arrival' }>['value']>()
  for (const { kind, value } of events) {
    if (kind === 'arrival') last.set(value.train_id, value)
    if (kind === 'entry') rows[placeOf(value.line, value.station_id)]!.entries += 1
  }
  for (const { train_id, line, station_id, direction } of last.values()) {
    rows[placeOf(line, station_id)]![direction] = train_id
  }
  return rows
}

/** The key of a station in what `statusAfter` gives. */
export const placeOf = (line: string, stationId: number): string => `${line}/${stationId}`
