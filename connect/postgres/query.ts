// The queries of each mode: what is new since a place, in an order in which every row is a place to stop at.
import { zoneOffsets } from '../../topology/time/zoned-time.ts'
import { quoted, quotedTable, type TableDescription } from './columns.ts'
import type { Cell } from './database.ts'
import { ModeColumns, type Incrementing, type ModeOptions, type Timestamp } from './mode-columns.ts'
import type { Place } from './place.ts'
import { timestampJson } from './times.ts'

const UTC = zoneOffsets('UTC')

/** A query and its values. */
export interface Statement {
  readonly text: string
  readonly values: readonly Cell[]
}

/** How a table is read in its mode. */
export interface Reading {
  /** Up to where a poll reads, asked of the database at its start; undefined where it has no end. */
  bound(from: Place): Statement | undefined
  /** The query of the rows behind a place up to a bound; COPY takes no values. */
  rows(from: Place, bound: Cell): string
  /** The place that a row is. */
  placeOf(row: readonly Cell[]): Place
  /** Whether reading can go on between two rows. */
  isBoundary(before: Place, after: Place): boolean
  /** The place when all up to the bound was read. */
  whole(last: Place): Place
  /** What is not read yet of what was there when the poll began; undefined where nothing tells. */
  left(place: Place, start: PollStart): Left | undefined
  /** The same where all is read. */
  readonly none: Left | undefined
  /** Values at the end of each row that are no columns. */
  readonly extra: number
}

/** What a poll asked the database at its start. */
export interface PollStart {
  /** Up to where it reads. */
  readonly bound: Cell
  /** The first value behind the place, where the mode has one. */
  readonly first?: Cell
}

/** How far a table is ahead of its topic. */
export interface Left {
  /** At most so many rows: numbers that were skipped count as well. */
  readonly rows?: number
  /** By the column of time, from the last row that is committed to the start of the poll. */
  readonly seconds?: number
}

/** The reading of a table. @throws SourceError MILLRACE_POSTGRES_COLUMN */
export function readingOf(table: TableDescription, options: ModeOptions): Reading {
  const columns = new ModeColumns(table, options)
  const { mode } = options
  if (mode === 'bulk') return bulk(table)
  if (mode === 'incrementing') return incrementing(table, columns.incrementing())
  const time = columns.timestamp()
  if (mode === 'timestamp') return timestamp(table, time, options)
  return timestampIncrementing(table, time, columns.incrementing(), options)
}

function bulk({ table }: TableDescription): Reading {
  return {
    bound: () => undefined,
    rows: () => `SELECT * FROM ${quotedTable(table)}`,
    placeOf: () => ({}),
    isBoundary: () => true,
    whole: (last) => last,
    left: () => undefined,
    none: undefined,
    extra: 0,
  }
}

function incrementing({ table }: TableDescription, { index, name }: Incrementing): Reading {
  const column = quoted(name)
  const from = quotedTable(table)
  // Literals, and no parameters: those would have a type of their own, with which no index can be used.
  const behind = ({ incrementing: last }: Place): string =>
    last === undefined ? 'true' : `${column} > ${literal(last)}`
  return {
    bound: (place) => ({
      text: `SELECT max(${column})::text, min(${column})::text FROM ${from} WHERE ${behind(place)}`,
      values: [],
    }),
    rows: (place, bound) => {
      const where = `${behind(place)} AND ${column} <= ${literal(bound)}`
      return `SELECT * FROM ${from} WHERE ${where} ORDER BY ${column}`
    },
    placeOf: (row) => ({ incrementing: row[index]! }),
    isBoundary: () => true,
    whole: (last) => last,
    left: ({ incrementing: last }, { bound, first }) => {
      // Behind a gap of numbers that were never given the first row is nearer than the place.
      const before = Math.max(Number(last ?? -Infinity), Number(first ?? bound) - 1)
      return { rows: Math.max(0, Number(bound) - before) }
    },
    none: { rows: 0 },
    extra: 0,
  }
}

/** A number that PostgreSQL has written. */
function literal(value: Cell): string {
  if (value === null || !/^-?\d+(\.\d+)?$/.test(value)) throw new Error(`${value} is no number`)
  return value
}

/** Another value that PostgreSQL has written, of a type: `'2018-10-01 05:00:00+00'::timestamptz`. */
function cast(value: Cell, type: string): string {
  if (value === null || !/^[\w :.,+()-]+$/.test(value)) throw new Error(`${value} is no ${type}`)
  return `'${value}'::${type}`
}

const ADDRESS = ', tableoid::text AS "millrace.table", ctid::text AS "millrace.row"'

function timestamp(table: TableDescription, time: Timestamp, options: ModeOptions): Reading {
  const { expression: at, type, valueOf } = time
  const from = quotedTable(table.table)
  // Under names of their own: ORDER BY would take the texts of that name, which have another order.
  const address = table.hasRowAddress ? ADDRESS : ''
  const order = table.hasRowAddress ? `${at}, tableoid, ctid` : at
  return {
    bound: () => boundOf(type, options),
    rows: ({ timestamp: last, row }, bound) => {
      let where = `${at} < ${cast(bound, type)}`
      if (last !== undefined) {
        const since = cast(last, type)
        if (row === undefined) where += ` AND ${at} > ${since}`
        else {
          const [oid = '', tid = ''] = row.split(' ')
          const behind = `(tableoid, ctid) > (${cast(oid, 'oid')}, ${cast(tid, 'tid')})`
          where += ` AND ${at} >= ${since} AND (${at} > ${since} OR ${behind})`
        }
      }
      return `SELECT *${address} FROM ${from} WHERE ${where} ORDER BY ${order}`
    },
    placeOf: (row) =>
      table.hasRowAddress
        ? { timestamp: valueOf(row), row: row.slice(-2).join(' ') }
        : { timestamp: valueOf(row) },
    isBoundary: (before, after) => table.hasRowAddress || before.timestamp !== after.timestamp,
    // All rows of its timestamp were read: it was before the bound.
    whole: (last) => (last.timestamp === undefined ? last : { timestamp: last.timestamp }),
    left: secondsLeft,
    none: { seconds: 0 },
    extra: table.hasRowAddress ? 2 : 0,
  }
}

function timestampIncrementing(
  { table }: TableDescription,
  { expression: at, type, valueOf }: Timestamp,
  { index, name }: Incrementing,
  options: ModeOptions,
): Reading {
  const column = quoted(name)
  return {
    bound: () => boundOf(type, options),
    rows: ({ timestamp: last, incrementing: number }, bound) => {
      let where = `${at} < ${cast(bound, type)} AND ${column} IS NOT NULL`
      if (last !== undefined) {
        const since = cast(last, type)
        const later = number === undefined ? '' : ` OR ${column} > ${literal(number)}`
        where += ` AND ${at} >= ${since} AND (${at} > ${since}${later})`
      }
      return `SELECT * FROM ${quotedTable(table)} WHERE ${where} ORDER BY ${at}, ${column}`
    },
    placeOf: (row) => ({ timestamp: valueOf(row), incrementing: row[index]! }),
    isBoundary: () => true,
    whole: (last) => last,
    left: secondsLeft,
    none: { seconds: 0 },
    extra: 0,
  }
}

/** Both are of the same clock, whatever its zone. */
function secondsLeft({ timestamp: last }: Place, { bound }: PollStart): Left | undefined {
  if (last === undefined || bound === null) return undefined
  const [from, to] = [last, bound].map((text) => Number(timestampJson(text, UTC, 'micros_long')))
  const seconds = (to! - from!) / 1e6
  return Number.isNaN(seconds) ? undefined : { seconds: Math.max(0, seconds) }
}

/** Now, by the clock of the database, less the delay. */
function boundOf(type: string, { timestampDelayIntervalMs, dbTimezone }: ModeOptions): Statement {
  const now = `now() - $1::float8 * interval '1 millisecond'`
  const delay = String(timestampDelayIntervalMs)
  if (type === 'timestamptz') return { text: `SELECT (${now})::text`, values: [delay] }
  const wallClock = `SELECT ((${now}) AT TIME ZONE $2)::${type}::text`
  return { text: wallClock, values: [delay, dbTimezone] }
}
