// A topology with one table of every shape, and what a batch would come to: neither order, split, partitions,
// threads nor restarts may change the final tables. Run by the properties, in the driver and in threads.
import { existsSync, writeFileSync } from 'node:fs'
import {
  defineTopology,
  float64,
  hopping,
  milliseconds,
  session,
  sliding,
  tumbling,
  untilWindowCloses,
  utf8,
  type Stream,
  type Table,
  type Topology,
  type Windowed,
} from '../../index.ts'
import { texts } from './texts.ts'

/** Records of this key only close windows. */
export const FLUSH = 'flush'
const SIZE_MS = 10
const GAP_MS = 4
/** Nothing is ever late. */
const grace = milliseconds(1_000_000)
const emit = 'on-update'
const size = milliseconds(SIZE_MS)

/** A record of either input; its value is a letter, of the stream perhaps with `exit` and a file behind it. */
export interface ShapeInput {
  readonly key: string
  readonly value: string
  readonly timestampMs: number
}

/** What the topology reads: rows of its table come first, then the records of its stream. */
export interface ShapeInputs {
  readonly rows: readonly ShapeInput[]
  readonly records: readonly ShapeInput[]
}

/** A final table; a key in windows reads `key@start-end`. */
export type FinalShape = Readonly<Record<string, string>>

/** Ends the thread where a value says so, once. */
function letterOf(value: string): string {
  const [letter = '', , mark] = value.split(' ')
  if (mark !== undefined && !existsSync(mark)) {
    writeFileSync(mark, '')
    process.exit(7)
  }
  return letter
}

/** Writes the changes of a table to the topic of its name. */
function write<K, V extends string | number>(
  name: string,
  table: Table<K, V>,
  nameOf: (key: K) => string,
): void {
  table
    .toStream(`${name}-changes`)
    .map(`${name}-texts`, (value, { key }) => {
      return { key: nameOf(key), value: value === null ? null : String(value) }
    })
    .to(`${name}-out`, texts(name) as never)
}

const plain = (key: string): string => key
const inWindow = ({ key, window }: Windowed<string>): string =>
  `${key}@${window.startMs}-${window.endMs}`

function writeWindows(stream: Stream<string, string>): void {
  const byLetter = stream.groupBy('by-letter', (letter) => letter, utf8, utf8)
  const advance = milliseconds(SIZE_MS / 2)
  const tumbled = byLetter.windowedBy(tumbling({ size, grace })).count('tumbled', { emit })
  const hopped = byLetter.windowedBy(hopping({ size, advance, grace })).count('hopped', { emit })
  const slid = byLetter.windowedBy(sliding({ difference: size, grace })).count('slid', { emit })
  const gap = milliseconds(GAP_MS)
  const sessions = byLetter.windowedBy(session({ gap, grace })).count('sessioned', { emit })
  write('tumbling', tumbled, inWindow)
  write('hopping', hopped, inWindow)
  write('sliding', slid, inWindow)
  write('session', sessions, inWindow)
  write('suppressed', tumbled.suppress('closed', untilWindowCloses({})), inWindow)
}

function writeTables(stream: Stream<string, string>, rows: Table<string, string>): void {
  const byKey = stream.groupByKey('by-key', utf8, utf8)
  const counts = byKey.count('counted', { emit })
  const letters = rows
    .groupBy('by-value', (value, { key }) => ({ key: value, value: key }), {
      key: utf8,
      value: utf8,
    })
    .count('letters-of-rows', { emit })
  const both = rows.outerJoin('both', counts, {
    merge: (row, count) => `${row ?? 'none'}/${count ?? 0}`,
    store: utf8,
  })
  const enriched = stream
    .leftJoin('enrich', rows, { merge: (letter, row) => `${letter}${row ?? '-'}` })
    .groupBy('by-pair', (pair) => pair, utf8, utf8)
    .aggregate('pairs', { initialize: () => 0, add: (sum) => sum + 1, value: float64, emit })
  write('grouped-table', letters, plain)
  write('table-join', both, plain)
  write('stream-table-join', enriched, plain)
}

/** The topology. */
export const shapes: Topology = defineTopology('shapes', ({ source, table }) => {
  const stream = source('in', texts('in'), { malformed: 'fail' }).mapValues('letter', letterOf)
  const isData = (_value: string, { key }: { readonly key: string | null }) => key !== FLUSH
  const rows = table('rows', texts('rows'), { store: true, malformed: 'fail' })
  writeWindows(stream)
  writeTables(stream.filter('data', isData), rows)
})

type Times = ReadonlyMap<string, readonly number[]>

function counted(names: readonly string[]): FinalShape {
  const counts: Record<string, string> = {}
  for (const name of names) counts[name] = String(Number(counts[name] ?? 0) + 1)
  return counts
}

/** Counts in windows of one size, which begin at these times. */
function inStarts(
  times: Times,
  endAfterMs: number,
  startsOf: (all: readonly number[]) => number[],
) {
  const found = [...times].flatMap(([letter, all]) =>
    [...new Set(startsOf(all))].flatMap((start) => {
      const end = start + SIZE_MS
      const isIn = (time: number) => time >= start && time < start + endAfterMs
      return all.filter(isIn).map(() => `${letter}@${start}-${end}`)
    }),
  )
  return counted(found)
}

function sessionsOf(times: Times): FinalShape {
  const found = [...times].flatMap(([letter, all]) => {
    const bounds: { start: number; end: number; count: number }[] = []
    for (const time of [...all].sort((a, b) => a - b)) {
      const last = bounds.at(-1)
      if (last === undefined || time - last.end > GAP_MS) {
        bounds.push({ start: time, end: time, count: 1 })
      } else {
        last.end = time
        last.count += 1
      }
    }
    return bounds.map(({ start, end, count }) => [`${letter}@${start}-${end}`, String(count)])
  })
  return Object.fromEntries(found) as FinalShape
}

/** What a batch over all inputs comes to, by the name of the table. */
export function batchOf({ rows, records }: ShapeInputs): Readonly<Record<string, FinalShape>> {
  const letters = records.map(({ value, ...rest }) => ({ ...rest, value: value.split(' ')[0]! }))
  const times = new Map<string, number[]>()
  for (const { value, timestampMs } of letters) {
    times.set(value, [...(times.get(value) ?? []), timestampMs])
  }
  const floor = (time: number, to: number) => Math.floor(time / to) * to
  const tumbled = inStarts(times, SIZE_MS, (all) => all.map((time) => floor(time, SIZE_MS)))
  const half = SIZE_MS / 2
  const hopped = inStarts(times, SIZE_MS, (all) =>
    all.flatMap((time) => [floor(time, half), floor(time, half) - half]),
  )
  const slid = inStarts(times, SIZE_MS + 1, (all) =>
    all.flatMap((time) => [time - SIZE_MS, ...(hasBehind(all, time) ? [time + 1] : [])]),
  )
  const table = new Map(rows.map(({ key, value }) => [key, value]))
  const counts = counted(letters.map(({ key }) => key))
  const both = [...new Set([...table.keys(), ...Object.keys(counts)])].map((key) => {
    return [key, `${table.get(key) ?? 'none'}/${counts[key] ?? 0}`] as const
  })
  return {
    ...{ tumbling: tumbled, suppressed: tumbled, hopping: hopped, sliding: slid },
    session: sessionsOf(times),
    'grouped-table': counted([...table.values()]),
    'table-join': Object.fromEntries(both),
    'stream-table-join': counted(letters.map(({ key, value }) => value + (table.get(key) ?? '-'))),
  }
}

const hasBehind = (all: readonly number[], time: number): boolean =>
  all.some((other) => other > time && other <= time + 1 + SIZE_MS)

/** What is left of changes, in their order; counts of 0 and what only closes windows are left out. */
export function finalOf(
  changes: Iterable<readonly [key: string, value: string | null]>,
): FinalShape {
  const table = new Map<string, string>()
  for (const [key, value] of changes) {
    if (value === null || value === '0') table.delete(key)
    else if (!key.startsWith(FLUSH)) table.set(key, value)
  }
  return Object.fromEntries(table)
}
