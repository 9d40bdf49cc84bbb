// A topology of reduce, cogroup, a table with history and joins of streams and of tables, and what a batch would
// come to: neither order, split, partitions nor restarts may change the final tables. Run by the properties.
import {
  defineTopology,
  float64,
  joinWindows,
  milliseconds,
  utf8,
  type Stream,
  type Table,
  type Topology,
} from '../../index.ts'
import { finalOf, FLUSH, type FinalShape, type ShapeInput } from './shapes.ts'
import { texts } from './texts.ts'

/** The topics that it reads: tables first, then the two streams, in any order of time. */
export interface JoinedInputs {
  /** Versions of rows: of one key none has the time of another. */
  readonly versions: readonly ShapeInput[]
  readonly rights: readonly ShapeInput[]
  /** Records of the streams by turns, as they come. */
  readonly records: readonly (ShapeInput & { readonly isOther: boolean })[]
}

const REACH_MS = 5
/** Nothing is ever late. */
const grace = milliseconds(1_000_000)
const emit = 'on-update'
const within = joinWindows({
  before: milliseconds(REACH_MS),
  after: milliseconds(REACH_MS),
  grace,
})

type Texts = Stream<string, string>

function write<V extends string | number>(name: string, table: Table<string, V>): void {
  table
    .toStream(`${name}-changes`)
    .mapValues(`${name}-texts`, (value) => (value === null ? null : String(value)))
    .to(`${name}-out`, texts(name) as never)
}

/** Counts what comes, by its value: of a stream of results no order is asked. */
const writeCounts = (name: string, stream: Texts): void =>
  write(
    name,
    stream.groupBy(`${name}-by`, (value) => value, utf8, utf8).count(`${name}-counts`, { emit }),
  )

const sorted = (letters: string, more: string): string => [...letters, ...more].sort().join('')

/** The topology. */
export const joinedShapes: Topology = defineTopology('joined', ({ source, table }) => {
  const isData = (_: string, { key }: { readonly key: string | null }) => key !== FLUSH
  const all = source('in', texts('in'))
  const stream = all.filter('data', isData)
  const other = source('other', texts('other'))
  const versions = table('versions', texts('versions'), { history: grace })

  const grouped = stream.groupByKey('by-key')
  write('reduced', grouped.reduce('reduced', { reduce: sorted, emit }))
  const both = grouped
    .cogroup((sum: number) => sum + 1)
    .and(other.groupByKey('other-by-key'), (sum) => sum + 100)
    .aggregate('cogrouped', { initialize: () => 0, value: float64, emit })
  write('cogrouped', both)

  const latest = versions.groupBy('by-value', (value, { key }) => ({ key: value, value: key }), {
    ...{ key: utf8, value: utf8 },
  })
  write('latest-versions', latest.count('latest', { emit }))
  const seen = stream
    .selectKey('by-letter', (letter) => letter)
    .leftJoin('as-of', versions, {
      ...{ key: utf8, value: utf8 },
      merge: (letter, row) => `${letter}${row ?? '-'}`,
    })
  writeCounts('as-of-versions', seen)

  const lefts = stream.toTable('lefts')
  const rights = table('rights', texts('rights'))
  const on = (letter: string): string => letter
  const merge = (letter: string, right: string | undefined) => `${letter}${right ?? '-'}`
  write('foreign-inner', lefts.join('foreign', rights, { on, merge }))
  write('foreign-left', lefts.leftJoin('foreign-or-not', rights, { on, merge }))

  const pair = (one: string | undefined, two: string | undefined) => `${one ?? '-'}${two ?? '-'}`
  writeCounts('pairs', stream.join('paired', other, { within, merge: pair }))
  const lone = all.outerJoin('lone-too', other, { within, merge: pair }).filter('shown', isData)
  writeCounts('outer-pairs', lone)
})

const lastOf = (rows: readonly ShapeInput[]): Map<string, string> =>
  new Map(rows.map(({ key, value }) => [key, value]))

function counted(names: readonly string[]): FinalShape {
  return finalOf(names.map((name, i) => [name, String(countTo(names, name, i))] as const))
}

const countTo = (names: readonly string[], name: string, at: number): number =>
  names.slice(0, at + 1).filter((one) => one === name).length

/** The value of a key as of a time, by the versions' times. */
function asOf(versions: readonly ShapeInput[], of: string, timeMs: number): string | undefined {
  const found = versions.filter(({ key, timestampMs }) => key === of && timestampMs <= timeMs)
  return found.sort((a, b) => b.timestampMs - a.timestampMs)[0]?.value
}

/** What a batch over all inputs comes to, by the name of the table. */
export function joinedBatchOf(inputs: JoinedInputs): Readonly<Record<string, FinalShape>> {
  const { versions, records } = inputs
  const ones: ShapeInput[] = records.filter(({ isOther }) => !isOther)
  const others: ShapeInput[] = records.filter(({ isOther }) => isOther)
  const keys = [...new Set(records.map(({ key }) => key))]
  const of = (all: readonly ShapeInput[], key: string) => all.filter((one) => one.key === key)
  const isPair = (a: ShapeInput, b: ShapeInput): boolean =>
    a.key === b.key && Math.abs(a.timestampMs - b.timestampMs) <= REACH_MS
  const pairs = ones.flatMap((a) =>
    others.filter((b) => isPair(a, b)).map((b) => `${a.value}${b.value}`),
  )
  const loneOnes = ones.filter((a) => !others.some((b) => isPair(a, b)))
  const loneOthers = others.filter((b) => !ones.some((a) => isPair(a, b)))
  const lone = [
    ...loneOnes.map(({ value }) => `${value}-`),
    ...loneOthers.map(({ value }) => `-${value}`),
  ]
  const rights = lastOf(inputs.rights)
  const lefts = [...lastOf(ones)]
  const versioned = [...new Set(versions.map(({ key }) => key))]
  const reduced = keys.map((key) => [key, of(ones, key).map(({ value }) => value)] as const)
  return {
    reduced: finalOf(
      reduced.flatMap(([key, all]) => (all.length === 0 ? [] : [[key, sorted(all.join(''), '')]])),
    ),
    cogrouped: finalOf(
      keys.map((key) => [key, String(of(ones, key).length + 100 * of(others, key).length)]),
    ),
    'latest-versions': counted(versioned.map((key) => asOf(versions, key, Infinity)!)),
    'as-of-versions': counted(
      ones.map(({ value, timestampMs }) => `${value}${asOf(versions, value, timestampMs) ?? '-'}`),
    ),
    'foreign-inner': finalOf(
      lefts.flatMap(([key, letter]) => {
        const right = rights.get(letter)
        return right === undefined ? [] : [[key, `${letter}${right}`]]
      }),
    ),
    'foreign-left': finalOf(
      lefts.map(([key, letter]) => [key, `${letter}${rights.get(letter) ?? '-'}`]),
    ),
    pairs: counted(pairs),
    'outer-pairs': counted([...pairs, ...lone]),
  }
}
