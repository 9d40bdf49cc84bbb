// The three queries of the police job as a batch count: each call once, in plain loops over plain
// objects, with nothing of the project in them, so that no mistake can be on both sides.
import { readFileSync } from 'node:fs'

/** What the count looks at in a call. */
export interface CountedCall {
  readonly original_crime_type_name: string
  readonly disposition: string
  readonly call_date_time: string
}

/** One row of a result; queries by type alone leave disposition and description out. */
export interface CountedRow {
  readonly window_start: number
  readonly window_end: number
  readonly type: string
  readonly disposition?: string
  readonly description?: string | null
  readonly calls: number
}

/** The result of one query: each row under its window and key. */
export type FinalTable = Map<string, CountedRow>

/** The results of the job's three queries. */
export interface FinalTables {
  readonly byType: FinalTable
  readonly byOutcome: FinalTable
  readonly sliding: FinalTable
}

const MINUTE_MS = 60_000
const ZONE = 'America/Los_Angeles'

/** Under which a row stands in its table. */
export function keyOfRow({ window_start, type, disposition }: CountedRow): string {
  return JSON.stringify([window_start, type, disposition ?? ''])
}

/** Counts all calls. */
export function batchCount(calls: Iterable<CountedCall>): FinalTables {
  const codes = radioCodes()
  const byType: FinalTable = new Map()
  const byOutcome: FinalTable = new Map()
  const sliding: FinalTable = new Map()
  for (const { original_crime_type_name: type, disposition, call_date_time } of calls) {
    const timeMs = epochMsOf(call_date_time)
    const outcome = { type, disposition, description: codes.get(disposition) ?? null }
    count(byType, { type }, timeMs - (timeMs % (10 * MINUTE_MS)), 10)
    count(byOutcome, outcome, timeMs - (timeMs % (60 * MINUTE_MS)), 60)
    const newestMs = timeMs - (timeMs % (5 * MINUTE_MS))
    for (let startMs = newestMs; startMs > timeMs - 30 * MINUTE_MS; startMs -= 5 * MINUTE_MS) {
      count(sliding, outcome, startMs, 30)
    }
  }
  return { byType, byOutcome, sliding }
}

type Group = Pick<CountedRow, 'type' | 'disposition' | 'description'>

function count(table: FinalTable, group: Group, window_start: number, minutes: number): void {
  const row = { ...group, window_start, window_end: window_start + minutes * MINUTE_MS, calls: 1 }
  const key = keyOfRow(row)
  table.set(key, { ...row, calls: (table.get(key)?.calls ?? 0) + 1 })
}

/** Descriptions by code, as the published file has them. */
function radioCodes(): Map<string, string> {
  const file = new URL('data/radio_code.json', packageRoot())
  const rows = JSON.parse(readFileSync(file, 'utf8')) as {
    disposition_code: string
    description: string
  }[]
  return new Map(rows.map((row) => [row.disposition_code, row.description]))
}

function packageRoot(): URL {
  return new URL('.', import.meta.resolve('millrace/package.json'))
}

const wallClock = new Intl.DateTimeFormat('sv-SE', {
  timeZone: ZONE,
  dateStyle: 'short',
  timeStyle: 'medium',
})
const known = new Map<string, number>()

/** The instant at which a clock in San Francisco first showed this time. */
export function epochMsOf(localTime: string): number {
  let timeMs = known.get(localTime)
  if (timeMs === undefined) known.set(localTime, (timeMs = search(localTime)))
  return timeMs
}

function search(localTime: string): number {
  const asUtcMs = Date.parse(`${localTime}Z`)
  for (const hours of [7, 8]) {
    const candidateMs = asUtcMs + hours * 60 * MINUTE_MS
    const shown = wallClock.format(candidateMs).replace(' ', 'T')
    if (localTime.startsWith(shown)) return candidateMs
  }
  throw new Error(`no clock in ${ZONE} ever showed ${localTime}`)
}

/** How two tables differ: at most five rows of it, nothing when they are the same. */
export function differences(actual: FinalTable, expected: FinalTable): string[] {
  const found: string[] = []
  for (const key of new Set([...expected.keys(), ...actual.keys()])) {
    const [is, shouldBe] = [textOf(actual.get(key)), textOf(expected.get(key))]
    if (is !== shouldBe) found.push(`${key}: is ${is}, should be ${shouldBe}`)
  }
  return found.length > 5 ? [...found.slice(0, 5), `and ${found.length - 5} more`] : found
}

/** Fields in one order; those left out and those null are told apart. */
function textOf(row: CountedRow | undefined): string {
  if (row === undefined) return 'missing'
  const { window_start, window_end, type, disposition, description, calls } = row
  return JSON.stringify({ window_start, window_end, type, disposition, description, calls })
}

/** The sum of all counts of a table. */
export function totalOf(table: FinalTable): number {
  let total = 0
  for (const { calls } of table.values()) total += calls
  return total
}
