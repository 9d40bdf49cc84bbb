// What depends on a call's type: its disposition and the kind of its address. Where the distribution
// is silent the rest is spread so that the shares over all calls come out as they are known.
import { draw, weightTable } from '../random.ts'
import type { Random } from '../random.ts'
import type { PoliceCallsDistribution } from './distribution.ts'

/** Draws a value given the row's type: the index among the 60 known ones, or anything above. */
export type DrawByType = (type: number, random: Random) => string

/** Dispositions rarer than this per 199,999 rows are dealt, not drawn, so that each occurs. */
const DRAWN_MIN = 50

/** Dispositions by type, without the rarest. */
export function dispositionsByType(known: PoliceCallsDistribution): DrawByType {
  const totals = new Map(
    known.disposition.flatMap(({ code, count }) => (count < DRAWN_MIN ? [] : [[code, count]])),
  )
  return drawByType(known, totals, (type) => type.dispositions)
}

/** The rarest dispositions and how often each occurs per 199,999 rows. */
export function rareDispositions(
  known: PoliceCallsDistribution,
): readonly (readonly [code: string, count: number])[] {
  return known.disposition.flatMap(({ code, count }) =>
    count < DRAWN_MIN ? [[code, count] as const] : [],
  )
}

/** Kinds of addresses by type. */
export function addressTypesByType(known: PoliceCallsDistribution): DrawByType {
  const totals = new Map(known.address_type.map(([kind, count]) => [kind, count]))
  return drawByType(known, totals, (type) => type.address_type)
}

type Shape = PoliceCallsDistribution['crime_type_top60'][number]

function drawByType(
  known: PoliceCallsDistribution,
  totals: ReadonlyMap<string, number>,
  sharesOf: (type: Shape) => Readonly<Record<string, number>>,
): DrawByType {
  const values = [...totals.keys()]
  const types = known.crime_type_top60
  const fixed = types.map((type) =>
    values.map((value) => {
      const share = sharesOf(type)[value]
      return share === undefined ? undefined : share * type.count
    }),
  )
  const rows = types.map(({ count }) => count)
  const others = known.source.rows - rows.reduce((sum, count) => sum + count, 0)
  const cells = fitMargins(
    [...fixed, values.map(() => undefined)],
    [...rows, others],
    [...totals.values()],
  )
  const tables = cells.map((weights) => weightTable(weights))
  const other = tables.at(-1)!
  return (type, random) => values[draw(tables[type] ?? other, random)]!
}

/** Passes of proportional fitting; the sums move by less than a row after a handful. */
const FITTING_PASSES = 60

/** Fills the unknown cells of a table so that its rows and columns have the given sums. */
function fitMargins(
  known: readonly (readonly (number | undefined)[])[],
  rowSums: readonly number[],
  columnSums: readonly number[],
): number[][] {
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
  const column = (cells: readonly (readonly number[])[], at: number): number =>
    sum(cells.map((row) => row[at]!))
  const fixed = known.map((row) => row.map((cell) => cell ?? 0))
  const rowsLeft = fixed.map((row, i) => Math.max(0, rowSums[i]! - sum(row)))
  const columnsLeft = columnSums.map((total, j) => Math.max(0, total - column(fixed, j)))
  let free = known.map((row, i) =>
    row.map((cell, j) => (cell === undefined ? rowsLeft[i]! * columnsLeft[j]! : 0)),
  )
  for (let pass = 0; pass < FITTING_PASSES; pass++) {
    const byRow = free.map((row, i) => {
      const total = sum(row)
      return total === 0 ? row : row.map((cell) => (cell * rowsLeft[i]!) / total)
    })
    const totals = columnsLeft.map((_, j) => column(byRow, j))
    free = byRow.map((row) =>
      row.map((cell, j) => (totals[j] === 0 ? 0 : (cell * columnsLeft[j]!) / totals[j]!)),
    )
  }
  return fixed.map((row, i) => row.map((cell, j) => cell + free[i]![j]!))
}
