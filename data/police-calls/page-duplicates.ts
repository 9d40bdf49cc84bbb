// The published file was fetched in pages of 10,000 rows, and at four of the page borders a row came
// twice. The generator repeats that pattern every 20 pages.

const PAGES_ROWS = 200_000
/** Row within 20 pages → how many rows before it the same row stands. */
const DUPLICATES: ReadonlyMap<number, number> = new Map([
  [110_001, 2],
  [150_001, 4],
  [170_000, 1],
  [190_001, 2],
])
const BORDERS = [...DUPLICATES].map(([row, back]) => ({ from: row - back, until: row + 1 }))
const HELD = new Set(BORDERS.flatMap(({ from, until }) => range(from + 1, until)))

/** How many rows before it the row that row `index` repeats stands, or 0 when it repeats none. */
export function duplicateDistance(index: number): number {
  return DUPLICATES.get(index % PAGES_ROWS) ?? 0
}

/** Whether row `index` is of the same minute as the row before it, because a duplicate spans both. */
export function isHeldInTime(index: number): boolean {
  return HELD.has(index % PAGES_ROWS)
}

/** Whether row `index` is a duplicate, its original, or lies between the two. */
export function isAtDuplicate(index: number): boolean {
  const row = index % PAGES_ROWS
  return BORDERS.some(({ from, until }) => row >= from && row < until)
}

function range(from: number, until: number): number[] {
  return Array.from({ length: until - from }, (_, i) => from + i)
}
