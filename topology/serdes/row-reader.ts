// What reads rows into columns: the interface of the reader in TypeScript and the one in C++. Whoever
// runs a task says which; results are the same.
import type { Column } from './json-column.ts'
import type { JsonFields } from './json-schema.ts'

/** How a row came out: its values lie in the columns. */
export const ROW_READ = 0
/** The row was read by JSON.parse; its values lie in `slow` of the scanner. */
export const ROW_SLOW = 1
/** The row is no JSON or breaks the schema; `errors` of the scanner says why. */
export const ROW_REFUSED = 2
/** The reader could not finish the row: JSON.parse is to judge it. */
export const ROW_LEFT = 3
/** The row has no value. */
export const ROW_NULL = 4

/** Bit of `nulls` that says a row has no value. */
const NULL_VALUE = 2

/** Rows back to back, as they come in a batch: three ends a row, of key, value and headers. */
export interface PackedRows {
  readonly count: number
  readonly bytes: Uint8Array
  readonly ends: Uint32Array
  readonly nulls: Uint8Array
}

/** Whether a row has a value, be it empty. */
export function hasValue(rows: PackedRows, row: number): boolean {
  return (rows.nulls[row]! & NULL_VALUE) === 0
}

/** Reads rows that are in plain form: no escapes in what is declared, no schema broken. */
export interface RowReader {
  readonly columns: readonly Column[]
  /**
   * Reads rows into the columns, making room in them, and says per row in `status` whether it is
   * ROW_READ, ROW_LEFT or ROW_NULL. Cells of rows that are not ROW_READ mean nothing.
   * @returns how many rows are ROW_LEFT.
   */
  read(rows: PackedRows, status: Uint8Array): number
  /** Reads a column without its dictionary from now on. Ids of all columns mean nothing afterwards. */
  spill(column: Column): void
}

/** Makes the reader of rows with these fields. One per parse node and task. */
export type RowReaderFactory = (fields: JsonFields) => RowReader
