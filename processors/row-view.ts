// The value that user code sees of a scanned row: getters over columns, valid during the call. Its fields are its
// own, so that `{ ...value }`, JSON.stringify and Object.keys see what was declared, and nothing else.
import type { Column } from '../topology/serdes/json-column.ts'
import type { JsonScanner } from '../topology/serdes/json-scanner.ts'

/** The row of a view whose row is over. */
const STALE = -1

/** A row of a scanner's batch. One object per scanner, moved from row to row. */
export class RowView {
  readonly #scanner: JsonScanner
  #row = 0

  /** A view with a getter for each declared field. */
  constructor(scanner: JsonScanner) {
    this.#scanner = scanner
    for (const column of scanner.columns) {
      Object.defineProperty(this, column.name, { enumerable: true, get: () => this.#get(column) })
    }
  }

  static scannerOf(view: RowView): JsonScanner {
    return view.#scanner
  }

  static rowOf(view: RowView): number {
    return view.#row
  }

  static moveTo(view: RowView, row: number): void {
    view.#row = row
  }

  /** From now on it fails who reads the view: it was kept beyond its call. */
  static end(view: RowView): void {
    view.#row = STALE
  }

  #get(column: Column): unknown {
    if (this.#row !== STALE) return this.#scanner.valueAt(column, this.#row)
    throw new Error(
      `${column.name} is read of a value that was kept beyond its call: keep a copy of it, { ...value }`,
    )
  }
}
