// Reads batches of JSON rows by columns: a reader does the plain rows, JSON.parse and the schema the
// others, so that values and errors do not depend on the reader. The parse node calls it once a batch.
import type { SerdeError } from '../errors.ts'
import type { Column } from './json-column.ts'
import { parseObject } from './json-object.ts'
import { JsonRowReader } from './json-row-reader.ts'
import { checkField, memberOf, type JsonFields } from './json-schema.ts'
import {
  ROW_LEFT,
  ROW_REFUSED,
  ROW_SLOW,
  type PackedRows,
  type RowReader,
  type RowReaderFactory,
} from './row-reader.ts'

/** Scans batches of rows. One per parse node and task: its dictionaries and columns are not shared. */
export class JsonScanner {
  readonly columns: readonly Column[]
  /** Per row ROW_READ, ROW_SLOW, ROW_REFUSED or ROW_NULL. */
  status = new Uint8Array(0)
  /** The objects of rows that are ROW_SLOW. */
  readonly slow = new Map<number, Record<string, unknown>>()
  /** Why rows are ROW_REFUSED. */
  readonly errors = new Map<number, SerdeError>()
  bytes: Uint8Array = new Uint8Array(0)
  /** Number of the batch in work. */
  batch = 0
  /** Goes up when ids given before mean nothing any more. */
  dictionaryEpoch = 0
  readonly #reader: RowReader

  /** `readerOf` makes what reads the plain rows; without it that is done in TypeScript. */
  constructor(fields: JsonFields, readerOf?: RowReaderFactory) {
    this.#reader = readerOf === undefined ? new JsonRowReader(fields) : readerOf(fields)
    this.columns = this.#reader.columns
  }

  /** Reads all rows of a batch that have a value; what was read before is gone. */
  scan(rows: PackedRows): void {
    const { count, ends } = rows
    this.bytes = rows.bytes
    this.batch += 1
    if (this.status.length < count) this.status = new Uint8Array(count)
    if (this.slow.size > 0) this.slow.clear()
    if (this.errors.size > 0) this.errors.clear()
    for (const column of this.columns) {
      if (column.isFull) this.#empty(column)
      column.rows += count
    }
    let left = this.#reader.read(rows, this.status)
    for (let row = 0; left > 0; row++) {
      if (this.status[row] !== ROW_LEFT) continue
      this.#parse(row, ends[row * 3]!, ends[row * 3 + 1]!)
      left -= 1
    }
  }

  /** A dictionary whose texts come again begins anew; one that they only fill is given up. */
  #empty(column: Column): void {
    if (column.isRepeating) column.renewDictionary()
    else this.#reader.spill(column)
    this.dictionaryEpoch += 1
  }

  /** The slow road: JSON.parse and the schema say what the row is, or why it is refused. */
  #parse(row: number, start: number, end: number): void {
    try {
      const object = parseObject(this.bytes, start, end)
      const values: Record<string, unknown> = {}
      for (const column of this.columns) {
        const value = checkField(column.name, column.field, memberOf(object, column.name))
        column.forget(row)
        values[column.name] = value
        if (column.dictionary !== undefined && typeof value === 'string') {
          const bytes = new TextEncoder().encode(value)
          column.intern(row, bytes, 0, bytes.length)
          // A lone surrogate has no bytes of its own, so its text has no id.
          if (column.texts[column.ids[row]!] !== value) column.ids[row] = -1
        }
      }
      this.slow.set(row, values)
      this.status[row] = ROW_SLOW
    } catch (error) {
      this.errors.set(row, error as SerdeError)
      this.status[row] = ROW_REFUSED
    }
  }

  /** The value of a declared field in a row that was read. */
  valueAt(column: Column, row: number): unknown {
    if (this.status[row] === ROW_SLOW) return this.slow.get(row)?.[column.name]
    return column.valueAt(row, this.bytes)
  }
}
