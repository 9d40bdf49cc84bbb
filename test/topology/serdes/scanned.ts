// Runs the scanner over texts packed into one batch, and an oracle of its own to compare it with.
import { unpack } from '../../../broker/packed-batch.ts'
import { RecordBatchBuilder } from '../../../broker/record-batch-builder.ts'
import type { JsonScanner } from '../../../topology/serdes/json-scanner.ts'
import type { JsonField, JsonFields } from '../../../topology/serdes/json-schema.ts'
import { ROW_REFUSED } from '../../../topology/serdes/row-reader.ts'
import { parseDateTime } from '../../../topology/time/zoned-time.ts'

/** What came of a row: its values without what is absent, or undefined where it was refused. */
export type Row = Readonly<Record<string, unknown>> | undefined

/** Reads rows that lie back to back, so that whoever reads beyond one reads another. */
export function scanRows(scanner: JsonScanner, rows: readonly Uint8Array[]): Row[] {
  const builder = new RecordBatchBuilder()
  for (const row of rows) builder.append(null, row, 0)
  scanner.scan(unpack(builder.pack()))
  return rows.map((_, i) => valuesOf(scanner, i))
}

/** The values of a scanned row; asserts that ids and values of interned fields agree. */
function valuesOf(scanner: JsonScanner, row: number): Row {
  if (scanner.status[row] === ROW_REFUSED) {
    if (!scanner.errors.has(row)) throw new Error('a refused row has no error')
    return undefined
  }
  const values: Record<string, unknown> = {}
  for (const column of scanner.columns) {
    const value = scanner.valueAt(column, row)
    if (value !== undefined) values[column.name] = value
    if (column.dictionary === undefined) continue
    const id = column.ids[row]!
    const text = id < 0 ? undefined : column.texts[id]
    const hasId = typeof value === 'string' && isWellFormed(value)
    if (text !== (hasId ? value : undefined)) throw new Error(`${column.name}: ${text} is no id`)
  }
  return values
}

/** Whether a string is one that UTF-8 can write. */
const isWellFormed = (text: string): boolean => Buffer.from(text).toString() === text

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** What JSON.parse and the schema make of a row. */
export function expectedRow(fields: JsonFields, bytes: Uint8Array): Row {
  let parsed: unknown
  try {
    parsed = JSON.parse(strict.decode(bytes))
  } catch {
    return undefined
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined
  const values: Record<string, unknown> = {}
  const members = new Map(Object.entries(parsed))
  for (const [name, field] of Object.entries(fields)) {
    if (!members.has(name)) {
      if (field.isOptional) continue
      return undefined
    }
    const value = expectedValue(field, members.get(name))
    if (value === undefined) return undefined
    values[name] = value
  }
  return values
}

function expectedValue(field: JsonField<unknown>, value: unknown): unknown {
  if (field.type === 'raw' || (value === null && field.isNullable)) return value
  switch (field.type) {
    case 'integer':
      return Number.isSafeInteger(value) ? value : undefined
    case 'date-time': {
      const epochMs = typeof value === 'string' ? parseDateTime(value, field.zone!) : NaN
      return Number.isNaN(epochMs) ? undefined : epochMs
    }
    default:
      return typeof value === field.type ? value : undefined
  }
}
