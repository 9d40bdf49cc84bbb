// Reads rows in plain form into columns, row by row: the reader that is always there. What it cannot
// finish it leaves to JSON.parse; json-scanner.ts calls it once a batch.
import { isUtf8 } from 'node:buffer'
import { DateTimeBytes } from '../time/date-time-bytes.ts'
import { parseDateTime } from '../time/date-time-text.ts'
import { Dictionary } from './dictionary.ts'
import { putEscaped, putNumber } from './json-cells.ts'
import { ABSENT, Column, NULL, PRESENT } from './json-column.ts'
import {
  CLOSE_OBJECT,
  COLON,
  COMMA,
  endOfNumber,
  endOfString,
  endOfValue,
  OPEN_OBJECT,
  QUOTE,
  skipSpace,
  type StringTraits,
} from './json-grammar.ts'
import type { JsonFields } from './json-schema.ts'
import { KeyOrder, UNEXPECTED } from './key-order.ts'
import {
  hasValue,
  ROW_LEFT,
  ROW_NULL,
  ROW_READ,
  type PackedRows,
  type RowReader,
} from './row-reader.ts'
import { readLatin1 } from './text.ts'

const LEFT_TO_PARSE = -1

/** The reader in TypeScript. */
export class JsonRowReader implements RowReader {
  readonly columns: readonly Column[]
  readonly #byKeyLength: (readonly Column[])[] = []
  readonly #traits: StringTraits = { hasEscape: false, hasNonAscii: false }
  readonly #order = new KeyOrder<Column>()
  readonly #dateTimes = new DateTimeBytes()
  #bytes: Uint8Array = new Uint8Array(0)
  #view: DataView = new DataView(new ArrayBuffer(0))
  /** The column of the member in work. */
  #column: Column | undefined

  constructor(fields: JsonFields) {
    this.columns = Object.entries(fields).map(
      ([name, field], i) => new Column(name, field, i, () => new Dictionary()),
    )
    for (const column of this.columns) {
      const { length } = column.key
      this.#byKeyLength[length] = [...(this.#byKeyLength[length] ?? []), column]
    }
  }

  read(rows: PackedRows, status: Uint8Array): number {
    const { bytes, count, ends } = rows
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (const column of this.columns) column.resize(count)
    let left = 0
    for (let row = 0; row < count; row++) {
      if (!hasValue(rows, row)) {
        status[row] = ROW_NULL
      } else if (this.#readRow(row, ends[row * 3]!, ends[row * 3 + 1]!)) {
        status[row] = ROW_READ
      } else {
        status[row] = ROW_LEFT
        left += 1
      }
    }
    return left
  }

  spill(column: Column): void {
    column.spill()
  }

  #readRow(row: number, start: number, end: number): boolean {
    this.#traits.hasNonAscii = false
    for (let i = 0; i < this.columns.length; i++) this.columns[i]!.forget(row)
    const at = this.#scanObject(row, start, end)
    if (at < 0 || skipSpace(this.#bytes, at, end) !== end || !this.#isComplete(row)) return false
    return !this.#traits.hasNonAscii || isUtf8(this.#bytes.subarray(start, end))
  }

  #scanObject(row: number, start: number, end: number): number {
    const bytes = this.#bytes
    const traits = this.#traits
    let at = skipSpace(bytes, start, end)
    if (at >= end || bytes[at] !== OPEN_OBJECT) return LEFT_TO_PARSE
    at = skipSpace(bytes, at + 1, end)
    if (at < end && bytes[at] === CLOSE_OBJECT) return at + 1
    for (let member = 0; ; member++) {
      let valueAt = this.#order.after(member, bytes, this.#view, at, end)
      if (valueAt === UNEXPECTED) {
        valueAt = this.#scanKey(member, at, end)
        if (valueAt < 0) return LEFT_TO_PARSE
      } else {
        this.#column = this.#order.columnOf(member)
      }
      at = skipSpace(bytes, valueAt, end)
      const column = this.#column
      at =
        column === undefined
          ? endOfValue(bytes, at, end, traits)
          : this.#scanField(column, row, at, end)
      if (at < 0) return LEFT_TO_PARSE
      at = skipSpace(bytes, at, end)
      if (at >= end) return LEFT_TO_PARSE
      if (bytes[at] === CLOSE_OBJECT) return at + 1
      if (bytes[at] !== COMMA) return LEFT_TO_PARSE
      at = skipSpace(bytes, at + 1, end)
    }
  }

  /** Finds the column of a key that is not the expected one; the place after its colon. */
  #scanKey(member: number, start: number, end: number): number {
    const bytes = this.#bytes
    const traits = this.#traits
    if (start >= end || bytes[start] !== QUOTE) return LEFT_TO_PARSE
    traits.hasEscape = false
    const keyEnd = endOfString(bytes, start + 1, end, traits)
    if (keyEnd < 0 || traits.hasEscape) return LEFT_TO_PARSE
    const at = skipSpace(bytes, keyEnd + 1, end)
    if (at >= end || bytes[at] !== COLON) return LEFT_TO_PARSE
    this.#column = this.#columnOf(start + 1, keyEnd)
    // Only ASCII is expected: other keys must be looked at as UTF-8 each time.
    if (!traits.hasNonAscii) this.#order.learn(member, bytes, start, at + 1, this.#column)
    return at + 1
  }

  #columnOf(start: number, end: number): Column | undefined {
    const candidates = this.#byKeyLength[end - start]
    if (candidates === undefined) return undefined
    const bytes = this.#bytes
    for (let i = 0; i < candidates.length; i++) {
      const column = candidates[i]!
      const { key } = column
      let at = 0
      while (at < key.length && key[at] === bytes[start + at]) at++
      if (at === key.length) return column
    }
    return undefined
  }

  /** Reads a declared field's value into its cell; negative when JSON.parse must judge the row. */
  #scanField(column: Column, row: number, at: number, end: number): number {
    const bytes = this.#bytes
    const traits = this.#traits
    const { type } = column.field
    if (type === 'raw') {
      const after = endOfValue(bytes, at, end, traits)
      column.starts[row] = at
      column.ends[row] = after
      column.presence[row] = PRESENT
      return after
    }
    if (bytes[at] === 0x6e && column.field.isNullable) {
      column.forget(row)
      column.presence[row] = NULL
      return endOfValue(bytes, at, end, traits)
    }
    if (type === 'string' || type === 'date-time') {
      if (bytes[at] !== QUOTE) return LEFT_TO_PARSE
      traits.hasEscape = false
      const close = endOfString(bytes, at + 1, end, traits)
      if (close < 0) return LEFT_TO_PARSE
      column.presence[row] = PRESENT
      const isPut = traits.hasEscape
        ? putEscaped(column, row, bytes, at + 1, close, traits.hasNonAscii)
        : this.#putText(column, row, at + 1, close)
      return isPut ? close + 1 : LEFT_TO_PARSE
    }
    const after =
      type === 'boolean' ? endOfValue(bytes, at, end, traits) : endOfNumber(bytes, at, end)
    if (after < 0 || !putNumber(column, row, bytes, at, after)) return LEFT_TO_PARSE
    column.presence[row] = PRESENT
    return after
  }

  #putText(column: Column, row: number, start: number, end: number): boolean {
    const bytes = this.#bytes
    if (column.field.type === 'date-time') {
      const localMs = this.#dateTimes.localMs(bytes, start, end)
      const zone = column.field.zone!
      const epochMs = Number.isNaN(localMs)
        ? parseDateTime(readLatin1(bytes, start, end), zone)
        : zone.toEpochMs(localMs)
      column.numbers[row] = epochMs
      return !Number.isNaN(epochMs)
    }
    if (column.dictionary !== undefined) {
      // Bytes that are no UTF-8 must not reach the dictionary: JSON.parse judges the row first.
      if (this.#traits.hasNonAscii && !isUtf8(bytes.subarray(start, end))) return false
      column.intern(row, bytes, start, end)
    } else {
      column.starts[row] = start
      column.ends[row] = end
    }
    return true
  }

  #isComplete(row: number): boolean {
    for (let i = 0; i < this.columns.length; i++) {
      const column = this.columns[i]!
      if (column.presence[row] === ABSENT && !column.field.isOptional) return false
    }
    return true
  }
}
