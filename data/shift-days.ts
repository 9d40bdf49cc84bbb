// Moves records by whole days of the clock on the wall: a replay that repeats a file sends each round with
// later dates. Only the text of the time field changes, in place and at the same length.
import { keyOf, valueOf, type RecordBatch } from '../broker/record-batch.ts'
import { parseDateTime, type ZoneOffsets } from '../topology/time/zoned-time.ts'
import { ReplayError } from './replay-error.ts'
import { BACKSLASH, BRACE_CLOSE, BRACE_OPEN, BRACKET_CLOSE, BRACKET_OPEN, QUOTE } from './split.ts'

const DAY_MS = 86_400_000
const DATE_LENGTH = 'YYYY-MM-DD'.length

/** Moves the records of one batch by `days`: the date in their values, and their event times. */
export type ShiftDays = (batch: RecordBatch, days: number) => void

/**
 * Makes a `ShiftDays` for values that are compact JSON objects with their event time in `timeField`.
 * What it makes throws ReplayError MILLRACE_REPLAY_REPEAT for a row whose date cannot be moved.
 */
export function shiftDays(timeField: string, zone: ZoneOffsets): ShiftDays {
  const name = Buffer.from(`${JSON.stringify(timeField)}:"`)
  return (batch, days) => {
    if (days === 0) return
    const laterDates = new Map<string, string>()
    for (let row = 0; row < batch.count; row++) {
      const { buffer, byteOffset, byteLength } = valueOf(batch, row)!
      const value = Buffer.from(buffer, byteOffset, byteLength)
      const at = textAt(value, name)
      const text = at < 0 ? '' : value.toString('latin1', at, value.indexOf(QUOTE, at))
      const date = text.slice(0, DATE_LENGTH)
      let later = laterDates.get(date)
      if (later === undefined) laterDates.set(date, (later = laterDate(date, days)))
      const timestampMs = parseDateTime(later + text.slice(DATE_LENGTH), zone)
      if (Number.isNaN(timestampMs)) throw unmovable(batch, row, timeField, text, days)
      value.write(later, at, 'latin1')
      batch.timestamps[row] = timestampMs
    }
  }
}

/** The date so many days later; text that is none becomes text that is none either. */
function laterDate(date: string, days: number): string {
  const dayMs = Date.parse(`${date}T00:00:00.000Z`)
  if (Number.isNaN(dayMs)) return ''
  return new Date(dayMs + days * DAY_MS).toISOString().slice(0, DATE_LENGTH)
}

/**
 * Where the text of a field begins, behind its quote; -1 where the object has no such text. `name` is
 * the field's name in quotes with a colon and a quote. Of several the last counts, as for JSON.parse.
 */
function textAt(json: Uint8Array, name: Buffer): number {
  let depth = 0
  let found = -1
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]!
    if (byte === BRACE_OPEN || byte === BRACKET_OPEN) depth += 1
    else if (byte === BRACE_CLOSE || byte === BRACKET_CLOSE) depth -= 1
    if (byte !== QUOTE) continue
    if (depth === 1 && name.equals(json.subarray(at, at + name.length))) found = at + name.length
    // On to the closing quote: what stands in a text is no part of the object.
    for (at += 1; json[at] !== QUOTE; at++) if (json[at] === BACKSLASH) at += 1
  }
  return found
}

function unmovable(
  batch: RecordBatch,
  row: number,
  timeField: string,
  text: string,
  days: number,
): ReplayError {
  const key = Buffer.from(keyOf(batch, row) ?? []).toString()
  return new ReplayError(
    'MILLRACE_REPLAY_REPEAT',
    `the row with key ${key} cannot be moved by ${days} days: its ${timeField} is ` +
      `${JSON.stringify(text)}; write it as plain text before the year 10000, or leave repeat off`,
  )
}
