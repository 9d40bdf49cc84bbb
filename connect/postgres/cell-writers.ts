// Cells as JSON, written from the bytes of the database to those of a record. Types that come often have a
// writer of their own, which makes no text; what that cannot write, and all others, go through cells.ts.
import type { ByteSink } from '../../topology/serdes/serde.ts'
import { asIs, decimalText, utcMillis, yesOrNo, type ToJson } from './cells.ts'
import type { CopiedRows } from './copied-rows.ts'
import { utcMillisIn } from './times.ts'

/** Writes a cell that is not NULL, at a column of the row. @returns false for one that has no value in JSON */
export type CellWriter = (rows: CopiedRows, column: number, sink: ByteSink) => boolean

const QUOTE = 34
const BACKSLASH = 92
const SPACE = 32
const LOWER_T = 116

const encoder = new TextEncoder()

/** The writer of what becomes JSON by `toJson`. */
export function cellWriter(toJson: ToJson): CellWriter {
  const byText: CellWriter = (rows, column, sink) => {
    const json = toJson(rows.cell(column)!)
    if (json !== undefined) writeText(sink, json)
    return json !== undefined
  }
  const byBytes = WRITERS.get(toJson)
  if (byBytes === undefined) return byText
  return (rows, column, sink) => byBytes(rows, column, sink) || byText(rows, column, sink)
}

/** Writes a text. */
export function writeText(sink: ByteSink, text: string): void {
  // No character of UTF-16 is more than three bytes of UTF-8.
  sink.reserve(3 * text.length)
  sink.position += encoder.encodeInto(text, sink.bytes.subarray(sink.position)).written
}

/** Writes a cell as it lies there. @returns false where an escape is in it */
export const writeBytes: CellWriter = (rows, column, sink) => {
  if (rows.escapes[column] !== 0) return false
  const end = rows.ends[column]!
  let at = rows.starts[column]!
  sink.reserve(end - at)
  const { bytes: from } = rows
  const { bytes: to } = sink
  let position = sink.position
  while (at < end) to[position++] = from[at++]!
  sink.position = position
  return true
}

/** A text in which nothing is to be escaped. */
const writeString: CellWriter = (rows, column, sink) => {
  const end = rows.ends[column]!
  let at = rows.starts[column]!
  sink.reserve(end - at + 2)
  const { bytes: from } = rows
  const { bytes: to } = sink
  let position = sink.position
  to[position++] = QUOTE
  while (at < end) {
    const code = from[at++]!
    if (code < SPACE || code === QUOTE || code === BACKSLASH) return false
    to[position++] = code
  }
  to[position++] = QUOTE
  sink.position = position
  return true
}

const writeBoolean: CellWriter = ({ bytes, starts }, column, sink) => {
  writeAscii(sink, bytes[starts[column]!] === LOWER_T ? 'true' : 'false')
  return true
}

const writeUtcMillis: CellWriter = ({ bytes, starts, ends }, column, sink) => {
  const ms = utcMillisIn(bytes, starts[column]!, ends[column]!)
  if (Number.isNaN(ms)) return false
  writeAscii(sink, String(ms))
  return true
}

/** Writes a short text of ASCII; quicker than `writeText`. */
export function writeAscii(sink: ByteSink, text: string): void {
  sink.reserve(text.length)
  const { bytes } = sink
  for (let i = 0; i < text.length; i++) bytes[sink.position++] = text.charCodeAt(i)
}

const WRITERS: ReadonlyMap<ToJson, CellWriter> = new Map<ToJson, CellWriter>([
  [JSON.stringify, writeString],
  [decimalText, writeString],
  [asIs, writeBytes],
  [yesOrNo, writeBoolean],
  [utcMillis, writeUtcMillis],
])
