// Rows of a table as the bytes of records: a key of its columns, and a value of all of them.
import { jsonOf, type Mapping, type ToJson } from './cells.ts'
import type { Column, TableDescription } from './columns.ts'
import { SourceError, type Row } from './database.ts'
import { columnError, columnOf } from './mode-columns.ts'

/** What becomes of rows; keys of the configuration say so. */
export interface RowOptions extends Mapping {
  readonly keyColumnName?: readonly string[] | undefined
  readonly keyConverter: 'string' | 'json'
  readonly deletedColumnName?: string | undefined
}

/** A row as a record; texts are to be written as UTF-8. */
export interface RowRecord {
  readonly key: string | null
  /** Null for a row that is deleted. */
  readonly value: string | Uint8Array | null
}

/** Makes records of rows. */
export type RowWriter = (row: Row) => RowRecord

/** Makes the value of a row, whose cells are written by `toJson` in the order of the columns. */
export type ValueWriter = (row: Row) => string | Uint8Array

/** A column and how its values are written. */
export interface WrittenColumn extends Column {
  readonly toJson: ToJson
}

/**
 * The writer of a table's rows; `valueWriter` makes their values.
 * @throws SourceError MILLRACE_POSTGRES_COLUMN where a column has a type that is not known, or is missing
 */
export function rowWriter(
  table: TableDescription,
  options: RowOptions,
  valueWriter: (columns: readonly WrittenColumn[], fail: Fail) => ValueWriter = jsonValues,
): RowWriter {
  const columns = table.columns.map((column): WrittenColumn => {
    const toJson = jsonOf(column.type, options)
    if (toJson !== undefined) return { ...column, toJson }
    const why = `has type ${column.type.name}, which is not supported: read a view that casts it (${column.name}::text), or that leaves it out`
    throw columnError(table, column.name, why)
  })
  const keyOf = keyWriter(table, options, columns)
  const fail: Fail = (row, index, why) => failure(table, columns, row, index, why)
  const valueOf = valueWriter(columns, fail)
  const { deletedColumnName } = options
  if (deletedColumnName === undefined) return (row) => ({ key: keyOf(row), value: valueOf(row) })
  const deleted = columnOf(table, deletedColumnName, 'deleted.column.name')
  const isFlag = columns[deleted]!.type.name === 'bool'
  return (row) => {
    const flag = row[deleted]!
    const isDeleted = isFlag ? flag === 't' || flag === 'true' : flag !== null
    return { key: keyOf(row), value: isDeleted ? null : valueOf(row) }
  }
}

/** The error of a value that cannot be written: of the column at an index, or of the row where it is -1. */
export type Fail = (row: Row, index: number, why: string) => SourceError

/** Writes rows as JSON objects, columns in their order. */
export function jsonValues(columns: readonly WrittenColumn[], fail: Fail): ValueWriter {
  const heads = columns.map(({ name }, i) => `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`)
  const writers = columns.map(({ toJson }) => toJson)
  return (row) => {
    let text = columns.length === 0 ? '{' : ''
    for (let i = 0; i < heads.length; i++) {
      const cell = row[i]!
      const json = cell === null ? 'null' : writers[i]!(cell)
      if (json === undefined) throw fail(row, i, 'has no value in JSON')
      text += heads[i]! + json
    }
    return text + '}'
  }
}

function keyWriter(
  table: TableDescription,
  { keyColumnName, keyConverter }: RowOptions,
  columns: readonly WrittenColumn[],
): (row: Row) => string | null {
  if (keyColumnName === undefined) return () => null
  const indexes = keyColumnName.map((name) => columnOf(table, name, 'key.column.name'))
  const cellOf = (row: Row, index: number): string => {
    const cell = row[index]!
    const json = cell === null ? undefined : columns[index]!.toJson(cell)
    if (json === undefined) throw failure(table, columns, row, index, 'cannot be a key')
    return json
  }
  const [only = 0] = indexes
  if (indexes.length > 1) {
    const heads = indexes.map((index) => `${JSON.stringify(columns[index]!.name)}:`)
    return (row) => `{${indexes.map((index, i) => heads[i]! + cellOf(row, index)).join(',')}}`
  }
  if (keyConverter === 'json') return (row) => cellOf(row, only)
  return (row) => {
    const json = cellOf(row, only)
    return json.startsWith('"') ? (JSON.parse(json) as string) : json
  }
}

function failure(
  { table }: TableDescription,
  columns: readonly WrittenColumn[],
  row: Row,
  index: number,
  why: string,
): SourceError {
  // The first column is most often the key; a row has to be found by something.
  const first = `${columns[0]?.name ?? 'row'}=${shown(row[0] ?? null)}`
  const what =
    index < 0
      ? why
      : `the value ${shown(row[index] ?? null)} of column ${columns[index]!.name} ${why}`
  return new SourceError(
    'MILLRACE_POSTGRES_VALUE',
    `table ${table}, row with ${first}: ${what}; mend the row, or read a view that leaves it out`,
  )
}

const shown = (cell: string | null): string => (cell === null ? 'null' : cell.slice(0, 60))
