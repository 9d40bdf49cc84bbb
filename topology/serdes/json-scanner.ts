// Reads packed JSON rows into columns of declared fields, validating every byte. The source processor
// calls it once a batch; what it cannot finish it leaves to JSON.parse and the schema.
import { isUtf8 } from 'node:buffer'
import { SerdeError } from '../errors.ts'
import { DateTimeBytes } from '../time/date-time-bytes.ts'
import { parseDateTime } from '../time/date-time-text.ts'
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
import { parseObject } from './json-object.ts'
import { checkField, memberOf, type JsonFields } from './json-schema.ts'
import { KeyOrder, UNEXPECTED } from './key-order.ts'
import { readLatin1 } from './text.ts'

/** How a row came out. */
export const ROW_READ = 0
/** The row was read by JSON.parse; its values lie in `slow`. */
export const ROW_SLOW = 1
/** The row is no JSON or breaks the schema; `errors` says why. */
export const ROW_REFUSED = 2

const LEFT_TO_PARSE = -1

/** Scans batches of rows. One per parse node and task: its dictionaries and columns are not shared. */
export class JsonScanner {
  readonly columns: readonly Column[]
  /** Per row ROW_READ, ROW_SLOW or ROW_REFUSED. */
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
  readonly #byKeyLength: (readonly Column[])[] = []
  readonly #traits: StringTraits = { hasEscape: false, hasNonAscii: false }
  readonly #order = new KeyOrder<Column>()
  readonly #dateTimes = new DateTimeBytes()
  #view: DataView = new DataView(new ArrayBuffer(0))
  /** The column of the member in work. */
  #column: Column | undefined

  constructor(fields: JsonFields) {
    this.columns = Object.entries(fields).map(([name, field], i) => new Column(name, field, i))
    for (const column of this.columns) {
      const { length } = column.key
      this.#byKeyLength[length] = [...(this.#byKeyLength[length] ?? []), column]
    }
  }

  /** Makes ready for a batch of so many rows in `bytes`; what was read before is gone. */
  begin(bytes: Uint8Array, rows: number): void {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.batch += 1
    if (this.status.length < rows) this.status = new Uint8Array(rows)
    if (this.slow.size > 0) this.slow.clear()
    if (this.errors.size > 0) this.errors.clear()
    for (const column of this.columns) {
      column.resize(rows)
      if (column.renewDictionary()) this.dictionaryEpoch += 1
    }
  }

  /** Reads one row from its span. */
  scan(row: number, start: number, end: number): void {
    this.#traits.hasNonAscii = false
    for (let i = 0; i < this.columns.length; i++) this.columns[i]!.forget(row)
    const at = this.#scanObject(row, start, end)
    if (at >= 0 && skipSpace(this.bytes, at, end) === end && this.#isComplete(row)) {
      if (!this.#traits.hasNonAscii || isUtf8(this.bytes.subarray(start, end))) {
        this.status[row] = ROW_READ
        return
      }
    }
    this.#parse(row, start, end)
  }

  #scanObject(row: number, start: number, end: number): number {
    const { bytes } = this
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
    const { bytes } = this
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
    const { bytes } = this
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
    const { bytes } = this
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
      if (close < 0 || traits.hasEscape) return LEFT_TO_PARSE
      if (!this.#putText(column, row, at + 1, close)) return LEFT_TO_PARSE
      column.presence[row] = PRESENT
      return close + 1
    }
    const after =
      type === 'boolean' ? endOfValue(bytes, at, end, traits) : endOfNumber(bytes, at, end)
    if (after < 0 || !this.#putNumber(column, row, at, after)) return LEFT_TO_PARSE
    column.presence[row] = PRESENT
    return after
  }

  #putText(column: Column, row: number, start: number, end: number): boolean {
    const { bytes } = this
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

  #putNumber(column: Column, row: number, start: number, end: number): boolean {
    const { bytes } = this
    if (column.field.type === 'boolean') {
      const first = bytes[start]
      if (first !== 0x74 && first !== 0x66) return false
      column.numbers[row] = first === 0x74 ? 1 : 0
      return true
    }
    const value = Number(readLatin1(bytes, start, end))
    column.numbers[row] = value
    return column.field.type === 'number' || Number.isSafeInteger(value)
  }

  #isComplete(row: number): boolean {
    for (let i = 0; i < this.columns.length; i++) {
      const column = this.columns[i]!
      if (column.presence[row] === ABSENT && !column.field.isOptional) return false
    }
    return true
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
