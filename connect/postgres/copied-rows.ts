// Rows as PostgreSQL's COPY writes them: cells parted by tabs, rows by line feeds, and what is special within
// a text escaped (https://www.postgresql.org/docs/current/sql-copy.html, "Text Format"). They are read where
// they lie: a million rows must not become millions of texts that live for a moment.
import type { Cell, Row } from './database.ts'

const TAB = 9
const LINE_FEED = 10
const BACKSLASH = 92
const UPPER_N = 78

const UNESCAPED: Readonly<Record<string, string>> = {
  ...{ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
}

/** Stands at one row after the other of what `take` was given. */
export class CopiedRows {
  /** Where the cells of the row lie, from `starts` to `ends`. */
  bytes: Buffer = Buffer.alloc(0)
  readonly starts: Uint32Array
  readonly ends: Uint32Array
  /** For each cell, whether an escape is in it; NULL is one. */
  readonly escapes: Uint8Array
  readonly #columns: number
  #position = 0
  /** Behind the last row that is whole. */
  #end = 0
  /** The beginning of a row whose end has not come. */
  #rest: Buffer[] = []

  /** @param columns how many cells a row has */
  constructor(columns: number) {
    this.#columns = columns
    // Of a table without columns the rows are empty lines.
    const cells = Math.max(1, columns)
    this.starts = new Uint32Array(cells)
    this.ends = new Uint32Array(cells)
    this.escapes = new Uint8Array(cells)
  }

  /** Goes on with what comes next, once `next` has said that no row is left; it may end within a row. */
  take(chunk: Buffer): void {
    const whole = chunk.lastIndexOf(LINE_FEED) + 1
    this.#position = 0
    this.#end = 0
    if (whole === 0) {
      this.#rest.push(chunk)
      return
    }
    const before = this.#rest
    this.bytes = before.length === 0 ? chunk : Buffer.concat([...before, chunk])
    this.#end = this.bytes.length - chunk.length + whole
    this.#rest = whole === chunk.length ? [] : [chunk.subarray(whole)]
  }

  /** Goes to the next row. @returns false where no whole one is left; it stays at the last one then */
  next(): boolean {
    if (this.#position >= this.#end) return false
    const { bytes, starts, ends, escapes } = this
    let at = this.#position
    for (let column = 0; ; column++) {
      starts[column] = at
      let code = bytes[at]!
      let escape = 0
      while (code !== TAB && code !== LINE_FEED) {
        if (code === BACKSLASH) {
          escape = 1
          at++
        }
        code = bytes[++at]!
      }
      ends[column] = at++
      escapes[column] = escape
      if (code === TAB) continue
      this.#position = at
      if (column + 1 === starts.length) return true
      throw new Error(`a row has ${column + 1} cells, and not ${starts.length}`)
    }
  }

  /** Whether a cell of the row is NULL. */
  isNull(column: number): boolean {
    if (this.escapes[column] === 0) return false
    const start = this.starts[column]!
    return this.ends[column]! - start === 2 && this.bytes[start + 1] === UPPER_N
  }

  /** A cell of the row as PostgreSQL's text. */
  cell(column: number): Cell {
    const text = this.bytes.toString('utf8', this.starts[column], this.ends[column])
    if (this.escapes[column] === 0) return text
    if (this.isNull(column)) return null
    return text.replace(/\\(.)/gs, (_, code: string) => UNESCAPED[code] ?? code)
  }

  /** All cells of the row. */
  cells(): Row {
    return Array.from({ length: this.#columns }, (_, column) => this.cell(column))
  }
}

const ESCAPED: Readonly<Record<string, string>> = {
  ...{ '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v' },
}

/** Rows as COPY would have written them, of a database that answers in texts. */
export function asCopied(rows: readonly Row[]): Buffer {
  const lines = rows.map((row) => `${row.map(copied).join('\t')}\n`)
  return Buffer.from(lines.join(''))
}

const copied = (cell: Cell): string =>
  cell === null ? '\\N' : cell.replace(/[\\\b\f\n\r\t\v]/g, (code) => ESCAPED[code]!)
