// The first header of each row of a repartition topic whose rows are records: which task has written it, and,
// in records without a row, what that task tells of the event time. Text, since all clients carry that.
import { NULL_KEY, NULL_VALUE, type RecordBatch } from '../broker/record-batch.ts'
import { packHeaders } from '../broker/record-headers.ts'
import type { FrameTimes } from './frame.ts'
import { bitsOf, numbersIn } from './told-frame.ts'

/** The header's name. Those who read the topic beside the job leave out records without key and value that have it. */
export const ORIGIN_HEADER = '__millrace.origin'

const VERSION = '1'
const NO_RECORD = NULL_KEY | NULL_VALUE
/** Where the value's length stands, behind the length of the name and the name. */
const LENGTH_AT = 4 + ORIGIN_HEADER.length
const VALUE_AT = LENGTH_AT + 4

/** Who has written a record, and what it tells where it is no row. */
export interface Origin {
  readonly writer: number
  /** Undefined for a row. */
  readonly times: FrameTimes | undefined
  /** Other writers that have come to the same times. */
  readonly others?: readonly number[]
}

/** The packed header of the rows that a task writes. */
export function originOfRows(writer: number): Uint8Array {
  return packed(`${VERSION} ${writer}`)
}

/** The packed header of a record that is no row, and tells of one writer or several. */
export function originOfTimes(writers: readonly number[], times: FrameTimes): Uint8Array {
  const { streamTimeMs, vouchedMs, sentAtMs } = times
  const [writer, ...others] = writers
  const text = `${VERSION} ${writer} ${streamTimeMs} ${vouchedMs} ${sentAtMs}`
  if (others.length === 0) return packed(text)
  return packed(`${text} ${Buffer.from(bitsOf(others)).toString('base64')}`)
}

function packed(text: string): Uint8Array {
  return packHeaders([{ key: ORIGIN_HEADER, value: new TextEncoder().encode(text) }])
}

/** Reads the header; rows of one writer that follow each other cost a comparison each. */
export class OriginReader {
  /** Where the headers of the record read last begin that are its own. */
  headersStart = 0
  #last: Uint8Array = new Uint8Array(0)
  #lastOrigin: Origin | undefined

  /** @throws Error when the record has no such header, or one of another version. */
  read({ bytes, ends }: Pick<RecordBatch, 'bytes' | 'ends'>, row: number): Origin {
    const start = ends[row * 3 + 1]!
    const end = ends[row * 3 + 2]!
    const last = this.#last
    if (this.#lastOrigin !== undefined && isAt(bytes, start, end, last)) {
      this.headersStart = start + last.length
      return this.#lastOrigin
    }
    const origin = parse(bytes, start, end)
    this.headersStart = start + origin.length
    if (origin.times === undefined) {
      this.#last = bytes.slice(start, this.headersStart)
      this.#lastOrigin = origin
    }
    return origin
  }
}

/** When the first rows of a batch were sent that it tells of, epoch ms; Infinity where it does not. */
export function rowsSentMs({ nulls, ends, count, timestamps }: RecordBatch): number {
  for (let row = 0; row < count; row++) {
    const hasHeaders = ends[row * 3 + 1] !== ends[row * 3 + 2]
    if (!hasHeaders || nulls[row] === NO_RECORD) return timestamps[row]!
  }
  return Infinity
}

function isAt(bytes: Uint8Array, start: number, end: number, wanted: Uint8Array): boolean {
  if (end - start < wanted.length) return false
  for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false
  return true
}

function parse(
  bytes: Uint8Array,
  start: number,
  end: number,
): Origin & { readonly length: number } {
  if (end - start < VALUE_AT) throw notOurs()
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start)
  const length = view.getInt32(LENGTH_AT, true)
  const isNamed =
    view.getUint32(0, true) === ORIGIN_HEADER.length &&
    textOf(bytes, start + 4, start + LENGTH_AT) === ORIGIN_HEADER
  if (!isNamed || length < 0 || VALUE_AT + length > end - start) throw notOurs()
  const words = textOf(bytes, start + VALUE_AT, start + VALUE_AT + length).split(' ')
  const [writer = NaN, ...times] = words.slice(1, 5).map(Number)
  if (words[0] !== VERSION || !Number.isInteger(writer)) {
    throw new Error(`its header ${ORIGIN_HEADER} is of a version that this one does not read`)
  }
  const [streamTimeMs, vouchedMs, sentAtMs] = times
  const isRow = streamTimeMs === undefined || vouchedMs === undefined || sentAtMs === undefined
  return {
    writer,
    times: isRow ? undefined : { streamTimeMs, vouchedMs, sentAtMs },
    ...(words[5] === undefined ? {} : { others: numbersIn(Buffer.from(words[5], 'base64')) }),
    length: VALUE_AT + length,
  }
}

function notOurs(): Error {
  return new Error(
    `neither a frame nor a record with the header ${ORIGIN_HEADER} in front: nothing but the job may write to its repartition topics`,
  )
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
}
