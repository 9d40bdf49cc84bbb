// Puts values of declared fields into the cells of their columns where that takes a closer look. The row
// reader in TypeScript calls it; what it refuses is left to JSON.parse.
import { isUtf8 } from 'node:buffer'
import { ESCAPED, quotedAt, type Column } from './json-column.ts'
import { readLatin1 } from './text.ts'

const encoder = new TextEncoder()
const TRUE = 0x74
const FALSE = 0x66

/**
 * Puts a string with escapes, without its quotes: interned it is its text, else it is read when it is
 * asked for. `mayBeBroken` where bytes beyond ASCII were seen that may be no UTF-8.
 * @returns whether that could be done.
 */
export function putEscaped(
  column: Column,
  row: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  mayBeBroken: boolean,
): boolean {
  if (column.field.type === 'date-time') return false
  if (column.dictionary === undefined) {
    column.presence[row] = ESCAPED
    column.starts[row] = start
    column.ends[row] = end
    return true
  }
  if (mayBeBroken && !isUtf8(bytes.subarray(start, end))) return false
  const text = quotedAt(bytes, start, end)
  // Half a pair has no bytes of its own.
  if (/\p{Surrogate}/u.test(text)) return false
  const unescaped = encoder.encode(text)
  column.intern(row, unescaped, 0, unescaped.length)
  return true
}

/** Puts a number, a whole number, true or false. @returns whether it is what the field declares. */
export function putNumber(
  column: Column,
  row: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  if (column.field.type === 'boolean') {
    const first = bytes[start]
    if (first !== TRUE && first !== FALSE) return false
    column.numbers[row] = first === TRUE ? 1 : 0
    return true
  }
  const value = Number(readLatin1(bytes, start, end))
  column.numbers[row] = value
  return column.field.type === 'number' || Number.isSafeInteger(value)
}
