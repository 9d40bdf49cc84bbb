// A POST to a topic as Confluent's REST proxy v2 has it: what its body must be, and its records as bytes.
import type { Serializer } from '../topology/serdes/serde.ts'
import { toBytes } from '../topology/serdes/serde.ts'
import { IngestError } from './ingest-error.ts'

/** How keys and values lie in the body. */
export type EmbeddedFormat = 'json' | 'binary'

/** How a topic of the job is written: as the job reads it. */
export interface TopicSerdes {
  readonly key: Serializer<unknown>
  readonly value: Serializer<unknown>
}

/** A record of a request. */
export interface PostedRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  /** Undefined where the key decides. */
  readonly partition: number | undefined
}

const FORMATS: ReadonlyMap<string, EmbeddedFormat> = new Map([
  ['application/vnd.kafka.json.v2+json', 'json'],
  ['application/vnd.kafka.binary.v2+json', 'binary'],
])
const FIELDS = ['key', 'value', 'partition']

/** The format that a Content-Type names. @throws IngestError 415 */
export function formatOf(contentType: string | undefined): EmbeddedFormat {
  const format = FORMATS.get((contentType ?? '').split(';', 1)[0]!.trim().toLowerCase())
  if (format !== undefined) return format
  throw new IngestError(415, 415, `set Content-Type to ${[...FORMATS.keys()].join(' or ')}`)
}

/**
 * The records of a body.
 * @param serdes how a topic of the job is written; JSON of others goes as it is.
 * @throws IngestError 400 and 422 with the place in the body
 */
export function recordsOf(
  body: string,
  format: EmbeddedFormat,
  serdes: TopicSerdes | undefined,
): PostedRecord[] {
  const parsed = parse(body)
  if (!isObject(parsed)) throw unprocessable('the body is no object')
  const { records, ...others } = parsed
  const [other] = Object.keys(others)
  if (other !== undefined) throw unprocessable(`there is no field ${other}: there is records`)
  if (!Array.isArray(records) || records.length === 0) {
    throw unprocessable('records must be an array of at least one record')
  }
  return records.map((record: unknown, i) => recordOf(record, `records[${i}]`, format, serdes))
}

function recordOf(
  record: unknown,
  place: string,
  format: EmbeddedFormat,
  serdes: TopicSerdes | undefined,
): PostedRecord {
  if (!isObject(record)) throw unprocessable(`${place} is no object`)
  const other = Object.keys(record).find((name) => !FIELDS.includes(name))
  if (other !== undefined) {
    throw unprocessable(`${place} has a field ${other}: there is ${FIELDS.join(', ')}`)
  }
  const { key = null, value = null, partition } = record
  const isPartition = Number.isInteger(partition) && Number(partition) >= 0
  if (partition !== undefined && partition !== null && !isPartition) {
    throw unprocessable(`${place}.partition is no whole number from 0 up`)
  }
  const write = format === 'json' ? written : decoded
  return {
    key: write(key, `${place}.key`, serdes?.key),
    value: write(value, `${place}.value`, serdes?.value),
    partition: isPartition ? Number(partition) : undefined,
  }
}

function written(
  value: unknown,
  place: string,
  serde: Serializer<unknown> | undefined,
): Uint8Array | null {
  if (value === null) return null
  if (serde === undefined) return Buffer.from(JSON.stringify(value))
  try {
    return toBytes(serde, value)
  } catch (error) {
    throw unprocessable(`${place}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

function decoded(value: unknown, place: string): Uint8Array | null {
  if (value === null) return null
  if (typeof value === 'string' && BASE64.test(value)) return Buffer.from(value, 'base64')
  throw unprocessable(`${place} is no base64`)
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new IngestError(400, 400, `the body is no JSON: ${reason}`)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const unprocessable = (message: string): IngestError => new IngestError(422, 422, message)
