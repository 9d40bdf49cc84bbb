// Writes generated calls to a file, a few hundred rows at a time, as fast as the disk takes them.
// `millrace generate` calls it.
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { createRandom } from '../random.ts'
import { fileForms } from './file-format.ts'
import type { FileFormat } from './file-format.ts'
import { faultKinds, faultText } from './faults.ts'
import { generatePoliceCalls } from './generate.ts'
import type { GenerateOptions } from './generate.ts'

/** What to write, and where. */
export interface WriteOptions extends GenerateOptions {
  /** The file; a name that ends in `.gz` is compressed. It appears when it is complete. */
  readonly file: string
  readonly format: FileFormat
  /** Broken rows to add, as a share of `rows`, from 0 (none) to 1. */
  readonly faults?: number
  /** Called now and then with the good rows written so far. */
  readonly onProgress?: (rows: number) => void
  readonly signal?: AbortSignal
}

/** What was written. */
export interface WriteResult {
  readonly rows: number
  readonly faults: number
}

const CHUNK_BYTES = 262_144
/** No row, and no broken one, is longer. */
const ROW_BYTES_MAX = 4_096

/**
 * Writes `rows` calls, and the broken rows asked for between them. An aborted or failed write leaves
 * nothing behind.
 * @throws what the file system says, or AbortError.
 */
export async function writePoliceCalls(options: WriteOptions): Promise<WriteResult> {
  const { file, signal } = options
  const partial = `${file}.partial`
  const counts = { rows: 0, faults: 0 }
  const source = streamOf(options, counts)
  const target = createWriteStream(partial)
  const through = file.endsWith('.gz') ? [createGzip({ level: 6 })] : []
  try {
    await pipeline([source, ...through, target], signal === undefined ? {} : { signal })
    await rename(partial, file)
  } catch (error) {
    if (!target.closed) await new Promise<void>((resolve) => target.once('close', () => resolve()))
    await rm(partial, { force: true })
    throw error
  }
  return counts
}

/**
 * The chunks as a stream. It tells of progress while the generator rests: who then aborts ends the
 * stream at once, and a generator that runs cannot be ended.
 */
function streamOf(options: WriteOptions, counts: { rows: number; faults: number }): Readable {
  const source = chunks(options, counts)
  return new Readable({
    highWaterMark: 2 * CHUNK_BYTES,
    read() {
      const { value, done = false } = source.next()
      this.push(done ? null : value)
      if (!done) options.onProgress?.(counts.rows)
    },
  })
}

/** The file's bytes in chunks; `counts` goes along. */
function* chunks(
  { rows, seed, format, faults = 0 }: WriteOptions,
  counts: { rows: number; faults: number },
): Generator<Buffer, undefined> {
  const { before, between, after, textOf } = fileForms[format]
  const random = createRandom(seed, 0xfa17)
  let chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  let length = 0
  // Each character is one byte: the names are ASCII, and a fault may ask for a byte that is no UTF-8.
  const append = (text: string): void => void (length += chunk.write(text, length, 'latin1'))

  append(before)
  for (const call of generatePoliceCalls({ rows, seed })) {
    if (counts.rows > 0) append(between)
    append(textOf(call))
    counts.rows += 1
    if (faults > 0 && random.next() < faults) {
      const kind = faultKinds[counts.faults % faultKinds.length]!
      append(between + faultText(kind, call, counts.faults, format))
      counts.faults += 1
    }
    if (length > CHUNK_BYTES - 3 * ROW_BYTES_MAX) {
      yield chunk.subarray(0, length)
      chunk = Buffer.allocUnsafe(CHUNK_BYTES)
      length = 0
    }
  }
  append(after)
  yield chunk.subarray(0, length)
}
