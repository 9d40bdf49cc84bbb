// The columns by which a mode tells what is new: looked up, and checked for what would lose rows.
import { quoted, type TableDescription } from './columns.ts'
import { SourceError, type Cell } from './database.ts'

/** Which rows are new, by the configuration. */
export interface ModeOptions {
  readonly mode: 'bulk' | 'incrementing' | 'timestamp' | 'timestamp+incrementing'
  readonly incrementingColumnName?: string | undefined
  readonly timestampColumnName?: readonly string[] | undefined
  readonly timestampDelayIntervalMs: number
  readonly validateNonNull: boolean
  readonly dbTimezone: string
}

const INTEGERS = new Set(['int2', 'int4', 'int8', 'numeric', 'oid'])
const TIMES = new Set(['timestamptz', 'timestamp', 'date'])

/** The column that grows. */
export interface Incrementing {
  readonly index: number
  readonly name: string
}

/** The columns with the time of a change. */
export interface Timestamp {
  /** As SQL. */
  readonly expression: string
  readonly type: string
  /** The value of a row that was found by it. */
  valueOf(row: readonly Cell[]): string
}

/** The columns that a mode looks at, checked. */
export class ModeColumns {
  readonly #table: TableDescription
  readonly #options: ModeOptions

  constructor(table: TableDescription, options: ModeOptions) {
    this.#table = table
    this.#options = options
  }

  incrementing(): Incrementing {
    const name = this.#options.incrementingColumnName!
    const index = columnOf(this.#table, name, 'incrementing.column.name')
    const { type } = this.#table.columns[index]!
    if (!INTEGERS.has(type.name)) {
      throw columnError(
        this.#table,
        name,
        `has type ${type.name}: incrementing.column.name must be a whole number`,
      )
    }
    this.#refuseNulls([index])
    return { index, name }
  }

  timestamp(): Timestamp {
    const names = this.#options.timestampColumnName!
    const indexes = names.map((name) => columnOf(this.#table, name, 'timestamp.column.name'))
    const types = indexes.map((index) => this.#table.columns[index]!.type.name)
    const type = types[0]!
    const odd = types.findIndex((other) => other !== type || !TIMES.has(other))
    if (odd >= 0) {
      const among = `timestamp.column.name takes columns of one type: timestamptz, timestamp or date`
      throw columnError(this.#table, names[odd]!, `has type ${types[odd]}: ${among}`)
    }
    this.#refuseNulls(indexes)
    const [single = ''] = names
    const all = names.map(quoted).join(', ')
    const expression = names.length === 1 ? quoted(single) : `COALESCE(${all})`
    const valueOf = (row: readonly Cell[]): string =>
      indexes.map((index) => row[index]).find((value) => value !== null && value !== undefined)!
    return { expression, type, valueOf }
  }

  /** Of several one is enough. */
  #refuseNulls(indexes: readonly number[]): void {
    const columns = indexes.map((index) => this.#table.columns[index]!)
    if (!this.#options.validateNonNull || columns.some(({ isNotNull }) => isNotNull)) return
    const why =
      'may be null: rows with null in it would be passed over; make it NOT NULL, or set validate.non.null=false (columns of a view always may)'
    throw columnError(this.#table, columns[0]!.name, why)
  }
}

/** The index of a column. @throws SourceError MILLRACE_POSTGRES_COLUMN */
export function columnOf(table: TableDescription, name: string, key: string): number {
  const index = table.columns.findIndex((column) => column.name === name)
  if (index >= 0) return index
  const known = table.columns.map((column) => column.name).join(', ')
  throw columnError(table, name, `does not exist: check ${key}; there are ${known}`)
}

/** A column that cannot be read as it is. */
export function columnError({ table }: TableDescription, column: string, why: string): SourceError {
  return new SourceError('MILLRACE_POSTGRES_COLUMN', `column ${column} of table ${table} ${why}`)
}
