// A table in plain text: numbers to the right, the rest to the left. Used by commands that list things.

/** Lines with columns as wide as their widest cell, under a head. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => String(row[column]).length)),
  )
  const isNumeric = head.map((_, column) => rows.every((row) => typeof row[column] === 'number'))
  const lineOf = (cells: readonly (string | number)[]) =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return isNumeric[column] === true
          ? String(cell).padStart(width)
          : String(cell).padEnd(width)
      })
      .join('  ')
      .trimEnd()
  return [head, ...rows].map((row) => `${lineOf(row)}\n`).join('')
}
