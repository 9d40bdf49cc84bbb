// Rows of a file of JSON objects: one array as published, or JSON lines, either of them gzipped. A broken
// row is told of and the reading goes on at the next; memory does not grow with the file. Replay reads here.
import { isAscii, isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { compact } from './compact.ts'
import { BRACE_OPEN, BRACKET_OPEN, isSpace } from './split.ts'
import type { SplitSink, Splitter } from './split.ts'
import { arraySplitter } from './split-array.ts'
import { lineSplitter } from './split-lines.ts'

/** A row as an object, and its bytes as compact JSON: fields, order and numbers as in the file. */
export interface GoodRow {
  /** The line of the file on which the row starts, from 1. */
  readonly line: number
  readonly bytes: Uint8Array
  readonly value: Readonly<Record<string, unknown>>
  readonly error?: undefined
}

/** A row that is no JSON object; `error` says why. */
export interface BrokenRow {
  readonly line: number
  readonly error: string
}

/** What a file has at one place. */
export type Row = GoodRow | BrokenRow

/** A file that cannot be read as rows. The message names it and says what to do. */
export class RowsError extends Error {
  override readonly name = 'RowsError'
  readonly code: 'MILLRACE_ROWS_FORMAT' | 'MILLRACE_ROWS_GZIP' | 'MILLRACE_ROWS_UNREADABLE'

  constructor(code: RowsError['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.code = code
  }
}

const CHUNK_BYTES = 1_048_576

/**
 * The rows of a file, some thousand at a time: as many as a chunk of the file has. `onFileBytes` is told
 * how many bytes of the file have been read, packed as they lie there.
 * @throws RowsError when the file cannot be read, is damaged gzip, or has neither form.
 */
export async function* rowBatches(
  file: string,
  onFileBytes?: (bytes: number) => void,
): AsyncGenerator<Row[]> {
  let batch: Row[] = []
  const sink = rowSink((row) => batch.push(row))
  let splitter: Splitter | undefined
  for await (const chunk of plainChunks(file, onFileBytes)) {
    splitter ??= splitterFor(chunk, file, sink)
    splitter?.push(chunk)
    if (batch.length > 0) yield batch
    batch = []
  }
  splitter?.end()
  if (batch.length > 0) yield batch
}

/**
 * The rows of a file one by one; `rowBatches` is quicker.
 * @throws RowsError as `rowBatches` does.
 */
export async function* rows(file: string): AsyncGenerator<Row> {
  for await (const batch of rowBatches(file)) yield* batch
}

/** Makes rows of what a splitter finds. */
function rowSink(take: (row: Row) => void): SplitSink {
  return {
    row(source, start, end, line) {
      // A null, number or array would be taken for an object by what comes after.
      if (source[start] !== BRACE_OPEN) return take({ line, error: 'not a JSON object' })
      const bytes = compact(source, start, end)
      if (!isUtf8(bytes)) return take({ line, error: 'not valid UTF-8' })
      try {
        const text = isAscii(bytes) ? bytes.toString('latin1') : bytes.toString('utf8')
        take({ line, bytes, value: JSON.parse(text) as GoodRow['value'] })
      } catch (error) {
        take({ line, error: `not valid JSON: ${(error as Error).message}` })
      }
    },
    broken: (line, error) => take({ line, error }),
  }
}

/** By the first character that is no white space; undefined where there is none yet. */
function splitterFor(chunk: Buffer, file: string, sink: SplitSink): Splitter | undefined {
  const first = chunk.find((byte) => !isSpace(byte))
  if (first === undefined) return undefined
  if (first === BRACKET_OPEN) return arraySplitter(sink)
  if (first === BRACE_OPEN) return lineSplitter(sink)
  const start = JSON.stringify(chunk.subarray(0, 20).toString('latin1'))
  throw new RowsError(
    'MILLRACE_ROWS_FORMAT',
    `${file}: neither an array of JSON objects nor one JSON object a line, it starts with ${start}`,
  )
}

/** The file's bytes, unpacked when they are gzip, without a byte order mark. */
async function* plainChunks(
  file: string,
  onFileBytes: ((bytes: number) => void) | undefined,
): AsyncGenerator<Buffer> {
  const source = createReadStream(file, { highWaterMark: CHUNK_BYTES })
  const read = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let isGzip = false
  try {
    // By content, not by name; the first chunk is put back, so that pipes can be read too.
    const first = (await read.next()).value as Buffer | undefined
    if (first === undefined) return
    isGzip = first[0] === 0x1f && first[1] === 0x8b
    const chunks = prepend(first, read, () => onFileBytes?.(source.bytesRead))
    if (!isGzip) {
      yield* withoutMark(chunks)
      return
    }
    const gunzip = createGunzip({ chunkSize: CHUNK_BYTES })
    const packed = Readable.from(chunks)
    // Not pipeline: what reads here stops early when its caller does, which is no failure.
    packed.on('error', (error) => gunzip.destroy(error))
    yield* withoutMark(packed.pipe(gunzip) as AsyncIterable<Buffer>)
  } catch (cause) {
    throw asRowsError(cause, file, isGzip)
  } finally {
    source.destroy()
  }
}

async function* prepend<T>(
  first: T,
  rest: AsyncIterator<T>,
  onChunk: () => void,
): AsyncGenerator<T> {
  onChunk()
  yield first
  for (;;) {
    const next = await rest.next()
    if (next.done === true) return
    onChunk()
    yield next.value
  }
}

async function* withoutMark(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let isFirst = true
  for await (const chunk of chunks) {
    const hasMark = isFirst && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf
    yield hasMark ? chunk.subarray(3) : chunk
    isFirst = false
  }
}

function asRowsError(cause: unknown, file: string, isGzip: boolean): unknown {
  const { code, message } = cause as NodeJS.ErrnoException
  if (isGzip && code?.startsWith('Z_')) {
    return new RowsError(
      'MILLRACE_ROWS_GZIP',
      `${file}: the gzip data is damaged or cut short (${message}); fetch or compress it again`,
      cause,
    )
  }
  if (code === undefined || !/^E[A-Z]+$/.test(code)) return cause
  const what = code === 'ENOENT' ? 'there is no such file' : message
  return new RowsError('MILLRACE_ROWS_UNREADABLE', `${file}: ${what}`, cause)
}
