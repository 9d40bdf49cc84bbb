// The value that user code sees of a scanned row: getters over columns, valid during the call.
import type { Column } from '../topology/serdes/json-column.ts'
import type { JsonScanner } from '../topology/serdes/json-scanner.ts'

/** A row of a scanner's batch. One object per scanner, moved from row to row. */
export abstract class RowView {
  readonly scanner: JsonScanner
  row = 0

  constructor(scanner: JsonScanner) {
    this.scanner = scanner
  }

  /** The row as an object of its own, to be kept. */
  toObject(): Record<string, unknown> {
    const object: Record<string, unknown> = {}
    for (const column of this.scanner.columns) {
      const value = this.scanner.valueAt(column, this.row)
      if (value !== undefined) object[column.name] = value
    }
    return object
  }
}

/** Makes the view of a scanner, with a getter for each declared field. */
export function rowViewOf(scanner: JsonScanner): RowView {
  class View extends RowView {}
  for (const column of scanner.columns) {
    Object.defineProperty(View.prototype, column.name, {
      enumerable: true,
      get: getterOf(column),
    })
  }
  return new View(scanner)
}

function getterOf(column: Column): (this: RowView) => unknown {
  return function (this: RowView) {
    return this.scanner.valueAt(column, this.row)
  }
}
