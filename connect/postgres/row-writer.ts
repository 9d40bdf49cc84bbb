// Rows of a table as the bytes of records: a key of its columns, and a value of all of them.
import type { ByteSink } from '../../topology/serdes/serde.ts'
import { cellWriter, writeAscii, writeBytes, writeText, type CellWriter } from './cell-writers.ts'
import { asIs, decimalText, jsonOf, type Mapping, type ToJson } from './cells.ts'
import type { Column, TableDescription } from './columns.ts'
import type { CopiedRows } from './copied-rows.ts'
import { SourceError, type Cell } from './database.ts'
import { columnError, columnOf } from './mode-columns.ts'

/** What becomes of rows; keys of the configuration say so. */
export interface RowOptions extends Mapping {
  readonly keyColumnName?: readonly string[] | undefined
  readonly keyConverter: 'string' | 'json'
  readonly deletedColumnName?: string | undefined
}

/** Writes the row that is stood at as a record. */
export interface RowWriter {
  /** Whether rows have a key. */
  readonly hasKey: boolean
  /** Writes the key. @throws SourceError MILLRACE_POSTGRES_VALUE */
  key(rows: CopiedRows, sink: ByteSink): void
  /** Writes the value. @returns false where there is none: the row is deleted. @throws SourceError */
  value(rows: CopiedRows, sink: ByteSink): boolean
}

/** Writes the value of a row. */
export type ValueWriter = (rows: CopiedRows, sink: ByteSink) => void

/** A column and how its values are written. */
export interface WrittenColumn extends Column {
  readonly toJson: ToJson
}

/** The error of a value that cannot be written: of the column at an index, or of the row where it is -1. */
export type Fail = (rows: CopiedRows, index: number, why: string) => SourceError

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
  const fail: Fail = (rows, index, why) => failure(table, columns, rows, index, why)
  const key = keyWriter(table, options, columns, fail)
  const write = valueWriter(columns, fail)
  const isDeleted = deletedBy(table, options)
  return {
    hasKey: key !== undefined,
    key: key ?? (() => undefined),
    value: (rows, sink) => {
      if (isDeleted(rows)) return false
      write(rows, sink)
      return true
    },
  }
}

function deletedBy(
  table: TableDescription,
  { deletedColumnName: name }: RowOptions,
): (rows: CopiedRows) => boolean {
  if (name === undefined) return () => false
  const index = columnOf(table, name, 'deleted.column.name')
  if (table.columns[index]!.type.name !== 'bool') return (rows) => !rows.isNull(index)
  return (rows) => {
    const flag = rows.cell(index)
    return flag === 't' || flag === 'true'
  }
}

/** Writes rows as JSON objects, columns in their order. */
export function jsonValues(columns: readonly WrittenColumn[], fail: Fail): ValueWriter {
  const names = columns.map(({ name }) => name)
  const writers = columns.map(({ toJson }) => cellWriter(toJson))
  return objects(names, (rows, i, sink) => {
    if (rows.isNull(i)) writeAscii(sink, 'null')
    else if (!writers[i]!(rows, i, sink)) throw fail(rows, i, 'has no value in JSON')
  })
}

/** Writes a part of a row, or throws. */
type Write = (rows: CopiedRows, index: number, sink: ByteSink) => void

/** Writes objects whose members have these names; `write` is given their index. */
function objects(names: readonly string[], write: Write): ValueWriter {
  const heads = names.map((name, i) => {
    return Buffer.from(`${i === 0 ? '{' : ','}${JSON.stringify(name)}:`)
  })
  return (rows, sink) => {
    if (heads.length === 0) writeAscii(sink, '{')
    for (let i = 0; i < heads.length; i++) {
      const head = heads[i]!
      sink.reserve(head.length)
      for (let at = 0; at < head.length; at++) sink.bytes[sink.position++] = head[at]!
      write(rows, i, sink)
    }
    writeAscii(sink, '}')
  }
}

function keyWriter(
  table: TableDescription,
  { keyColumnName, keyConverter }: RowOptions,
  columns: readonly WrittenColumn[],
  fail: Fail,
): RowWriter['key'] | undefined {
  if (keyColumnName === undefined) return undefined
  const indexes = keyColumnName.map((name) => columnOf(table, name, 'key.column.name'))
  const isObject = indexes.length > 1
  const members = indexes.map((index) => {
    const { toJson } = columns[index]!
    return isObject || keyConverter === 'json' ? cellWriter(toJson) : plainWriter(toJson)
  })
  const write: Write = (rows, i, sink) => {
    const index = indexes[i]!
    const isWritten = !rows.isNull(index) && members[i]!(rows, index, sink)
    if (!isWritten) throw fail(rows, index, 'cannot be a key')
  }
  if (isObject) return objects(keyColumnName, write)
  return (rows, sink) => write(rows, 0, sink)
}

/** Writes what is a text in JSON without its quotes. */
function plainWriter(toJson: ToJson): CellWriter {
  const plain = (text: string): string | undefined => {
    const json = toJson(text)
    return json?.startsWith('"') === true ? (JSON.parse(json) as string) : json
  }
  const byText: CellWriter = (rows, index, sink) => {
    const text = plain(rows.cell(index)!)
    if (text !== undefined) writeText(sink, text)
    return text !== undefined
  }
  if (toJson !== JSON.stringify && toJson !== asIs && toJson !== decimalText) return byText
  return (rows, index, sink) => writeBytes(rows, index, sink) || byText(rows, index, sink)
}

function failure(
  { table }: TableDescription,
  columns: readonly WrittenColumn[],
  rows: CopiedRows,
  index: number,
  why: string,
): SourceError {
  // The first column is most often the key; a row has to be found by something.
  const first = `${columns[0]?.name ?? 'row'}=${shown(rows.cell(0))}`
  const what =
    index < 0
      ? why
      : `the value ${shown(rows.cell(index))} of column ${columns[index]!.name} ${why}`
  return new SourceError(
    'MILLRACE_POSTGRES_VALUE',
    `table ${table}, row with ${first}: ${what}; mend the row, or read a view that leaves it out`,
  )
}

const shown = (cell: Cell): string => (cell === null ? 'null' : cell.slice(0, 60))
