// How a parse node reads a batch: by columns where the serde declares fields, else row by row.
import type { RecordBatch } from '../broker/record-batch.ts'
import { jsonFieldsOf } from '../topology/serdes/json.ts'
import { JsonScanner } from '../topology/serdes/json-scanner.ts'
import { ROW_REFUSED, type RowReaderFactory } from '../topology/serdes/row-reader.ts'
import type { Mapper, RecordContext } from '../topology/node.ts'
import type { Serde } from '../topology/serdes/serde.ts'
import { RowView, rowViewsOf, type RowViewClass } from './row-view.ts'

/** Reads the values of a batch. */
export interface RowDecoder {
  begin(batch: RecordBatch): void
  /** Reads a row that has a value; the error when it cannot be read. */
  read(row: number, record: RecordContext<unknown>): Error | undefined
  /** The value of a row that was read, valid until the next call. */
  valueAt(row: number): unknown
}

/** How values are made. */
export interface DecoderOptions {
  /** Whether they may be kept, so that each is an object of its own. */
  readonly keepsValues?: boolean | undefined
  /** Whether a view is over with its row: who reads it later fails, and does not see another row. */
  readonly endsViews?: boolean | undefined
}

/** The decoder for what `parse` was given; `readerOf` makes what reads rows with declared fields. */
export function rowDecoderOf(
  decode: Serde<never> | Mapper,
  readerOf?: RowReaderFactory,
  { keepsValues = false, endsViews = false }: DecoderOptions = {},
): RowDecoder {
  if (typeof decode === 'function') {
    const decodeBytes = decode as unknown as (
      bytes: Uint8Array,
      record: RecordContext<unknown>,
    ) => unknown
    return eachRow((bytes, start, end, record) => decodeBytes(bytes.subarray(start, end), record))
  }
  const fields = keepsValues ? undefined : jsonFieldsOf(decode)
  if (fields !== undefined) {
    return byColumns(new JsonScanner(fields, readerOf), rowViewsOf(fields), endsViews)
  }
  const serde = decode as unknown as Serde<unknown>
  return eachRow((bytes, start, end) => serde.deserialize(bytes, start, end))
}

function byColumns(scanner: JsonScanner, RowViews: RowViewClass, endsViews: boolean): RowDecoder {
  let view = new RowViews(scanner)
  return {
    begin(batch) {
      scanner.scan(batch)
      if (endsViews) RowView.end(view)
    },
    read: (row) => (scanner.status[row] === ROW_REFUSED ? scanner.errors.get(row) : undefined),
    valueAt(row) {
      if (endsViews) {
        RowView.end(view)
        view = new RowViews(scanner)
      }
      RowView.moveTo(view, row)
      return view
    },
  }
}

function eachRow(
  decode: (
    bytes: Uint8Array,
    start: number,
    end: number,
    record: RecordContext<unknown>,
  ) => unknown,
): RowDecoder {
  const values: unknown[] = []
  let batch: RecordBatch | undefined
  return {
    begin(next) {
      batch = next
      values.length = 0
    },
    read(row, record) {
      try {
        values[row] = decode(batch!.bytes, batch!.ends[row * 3]!, batch!.ends[row * 3 + 1]!, record)
        return undefined
      } catch (error) {
        return error instanceof Error ? error : new Error(String(error))
      }
    },
    valueAt: (row) => values[row],
  }
}
