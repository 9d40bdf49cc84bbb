// From the rows of a file to records as they will be produced: key, compact value, event time. Rows that
// make no record are counted and named, or end the reading. replay.ts reads here.
import { unpack } from '../broker/packed-batch.ts'
import { RecordBatchBuilder } from '../broker/record-batch-builder.ts'
import type { RecordBatch } from '../broker/record-batch.ts'
import { parseDateTime, zoneOffsets } from '../topology/time/zoned-time.ts'
import type { ZoneOffsets } from '../topology/time/zoned-time.ts'
import { ReplayError } from './replay-error.ts'
import { rowBatches } from './rows.ts'
import type { GoodRow, Row } from './rows.ts'

/** How rows become records. */
export interface RecordOptions {
  readonly file: string
  /** The field that becomes the record's key: a text, or a number as it is written. */
  readonly keyField: string
  /** The field with the event time: a date and time, wall clock of `zone` unless it says otherwise. */
  readonly timeField: string
  readonly zone: string
  /** Whether a row that makes no record ends the reading with an error. */
  readonly isStrict: boolean
  readonly onFileBytes?: (bytes: number) => void
}

/** Rows that made no record. */
export interface SkippedRows {
  count: number
  /** The first of them: `file:line: reason`. */
  readonly named: string[]
}

const NAMED_MAX = 10

/**
 * The records of a file in file order, in batches; `skipped` goes along.
 * @throws ReplayError MILLRACE_REPLAY_ROW in strict mode, ZoneError, RowsError.
 */
export async function* recordBatches(
  options: RecordOptions,
  skipped: SkippedRows,
): AsyncGenerator<RecordBatch> {
  const zone = zoneOffsets(options.zone)
  const builder = new RecordBatchBuilder()
  for await (const rows of rowBatches(options.file, options.onFileBytes)) {
    for (const row of rows) {
      const reason = append(row, options, zone, builder)
      if (reason === undefined) continue
      const place = `${options.file}:${row.line}: ${reason}`
      if (options.isStrict) {
        throw new ReplayError(
          'MILLRACE_REPLAY_ROW',
          `${place}; mend the row, or leave strict off to skip such rows`,
        )
      }
      skipped.count += 1
      if (skipped.named.length < NAMED_MAX) skipped.named.push(place)
    }
    if (builder.count > 0) yield unpack(builder.pack())
  }
}

/** Appends the row's record, or gives the reason why it makes none. */
function append(
  row: Row,
  { keyField, timeField }: RecordOptions,
  zone: ZoneOffsets,
  builder: RecordBatchBuilder,
): string | undefined {
  if (row.error !== undefined) return row.error
  const key = keyText(row, keyField)
  if (key === undefined)
    return `${keyField} is ${shown(row.value[keyField])}, a key is a text or number`
  const time = row.value[timeField]
  const timestampMs = typeof time === 'string' ? parseDateTime(time, zone) : NaN
  if (Number.isNaN(timestampMs)) return `${timeField} is ${shown(time)}, not a date and time`
  builder.append(Buffer.from(key), row.bytes, timestampMs)
  return undefined
}

function keyText({ value }: GoodRow, field: string): string | undefined {
  const key = value[field]
  if (typeof key === 'string') return key
  return typeof key === 'number' ? String(key) : undefined
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : (JSON.stringify(value) ?? 'missing').slice(0, 60)
}
