// The value that user code sees of a scanned row: getters over columns, valid during the call. Its fields are its
// own, so that `{ ...value }`, JSON.stringify and Object.keys see what was declared, and nothing else.
import type { JsonFields } from '../topology/serdes/json-schema.ts'
import type { JsonScanner } from '../topology/serdes/json-scanner.ts'

/** The row of a view whose row is over. */
const STALE = -1

/** A row of a scanner's batch. One object per scanner, moved from row to row. */
export class RowView {
  readonly #scanner: JsonScanner
  #row = 0

  constructor(scanner: JsonScanner) {
    this.#scanner = scanner
  }

  /** The value of the field with a number, in the order of the schema. */
  static read(view: RowView, index: number): unknown {
    const scanner = view.#scanner
    const column = scanner.columns[index]!
    if (view.#row !== STALE) return scanner.valueAt(column, view.#row)
    throw new Error(
      `${column.name} is read of a value that was kept beyond its call: keep a copy of it, { ...value }`,
    )
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
}

/** Makes a view with a getter for each declared field. */
export type RowViewClass = new (scanner: JsonScanner) => RowView

const classes = new WeakMap<JsonFields, RowViewClass>()

/**
 * The views of a schema, the same for all tasks of a thread: to V8 objects with accessors are of one shape only where
 * the functions are the same, and what has several becomes a look-up by name at each read.
 */
export function rowViewsOf(fields: JsonFields): RowViewClass {
  let rowViews = classes.get(fields)
  if (rowViews === undefined) classes.set(fields, (rowViews = makeClass(Object.keys(fields))))
  return rowViews
}

function makeClass(names: readonly string[]): RowViewClass {
  const getters = names.map((_, index) => {
    return function (this: RowView): unknown {
      return RowView.read(this, index)
    }
  })
  return class extends RowView {
    constructor(scanner: JsonScanner) {
      super(scanner)
      for (let i = 0; i < names.length; i++) {
        Object.defineProperty(this, names[i]!, { enumerable: true, get: getters[i]! })
      }
    }
  }
}
