// A record as a line of text, for people or as JSON. Used by tail.
import { headersOf, keyOf, valueOf, type RecordBatch } from '../broker/record-batch.ts'
import type { RecordHeader } from '../broker/record-headers.ts'
import type { TopicPartition } from '../broker/ports.ts'
import { jsonReplacer } from '../runtime/store-query.ts'
import type { Read, TopicReaders } from './topic-serdes.ts'

/** A key of an aggregate per window: the key, then the window's start as a big-endian int64. */
interface WindowedKey {
  readonly key: string
  readonly windowStartMs: number
}

const START_BYTES = 8
/** Windows are looked for in these years: no other eight bytes at the end of a key look like one. */
const START_MS_MIN = Date.UTC(1990)
const START_MS_MAX = Date.UTC(2200)

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * `partition:offset timestamp key value`, without anything that a terminal would obey. A windowed key
 * is `key@start`.
 */
export function humanLine(
  { partition }: TopicPartition,
  batch: RecordBatch,
  row: number,
  read: TopicReaders = {},
): string {
  const timestamp = isoTime(batch.timestamps[row] ?? 0)
  const key = readableKey(keyOf(batch, row), read.key)
  const value = readable(valueOf(batch, row), read.value)
  return `${partition}:${batch.offsets[row]} ${timestamp} ${key} ${value}\n`
}

/**
 * One JSON object: topic, partition, offset, timestamp, key, value, headers. A windowed key is an
 * object with `key` and `window_start` in epoch ms, any other a text.
 */
export function jsonLine(
  { topic, partition }: TopicPartition,
  batch: RecordBatch,
  row: number,
  read: TopicReaders = {},
): string {
  const head = { topic, partition, offset: batch.offsets[row], timestamp: batch.timestamps[row] }
  const key = keyAsJson(keyOf(batch, row), read.key)
  const headers = headersOf(batch, row).map(headerAsJson).join(',')
  const rest = `"key":${key},"value":${valueAsJson(valueOf(batch, row), read.value)},"headers":[${headers}]`
  return `${JSON.stringify(head).slice(0, -1)},${rest}}\n`
}

function isoTime(timestampMs: number): string {
  const time = new Date(timestampMs)
  return Number.isNaN(time.getTime()) ? String(timestampMs) : time.toISOString()
}

function readableKey(bytes: Uint8Array | null, read: Read | undefined): string {
  const windowed = bytes === null ? undefined : asWindowed(bytes)
  if (windowed === undefined) return readable(bytes, read)
  return `${shown(windowed.key)}@${isoTime(windowed.windowStartMs)}`
}

function keyAsJson(bytes: Uint8Array | null, read: Read | undefined): string {
  const windowed = bytes === null ? undefined : asWindowed(bytes)
  if (windowed === undefined) return asJson(bytes, read)
  const { key, windowStartMs } = windowed
  return `{"key":${asJsonDocument(key) ?? JSON.stringify(key)},"window_start":${windowStartMs}}`
}

/** By its bytes alone: those of a start in our time begin with two zeros, which no text has. */
function asWindowed(bytes: Uint8Array): WindowedKey | undefined {
  const keyBytes = bytes.length - START_BYTES
  if (keyBytes <= 0) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const windowStartMs = Number(view.getBigInt64(keyBytes))
  if (windowStartMs < START_MS_MIN || windowStartMs > START_MS_MAX) return undefined
  const key = asText(bytes.subarray(0, keyBytes))
  return key === undefined ? undefined : { key, windowStartMs }
}

function readable(bytes: Uint8Array | null, read?: Read): string {
  if (bytes === null) return 'null'
  const text = asText(bytes)
  const known = asRead(bytes, text, read)
  if (known !== undefined) return shown(known)
  return text === undefined ? `base64:${base64(bytes)}` : shown(text)
}

/**
 * What the job's serde makes of bytes, as JSON. A document of JSON stays as it is, and a text where the serde says
 * the same: bytes of other types may look like text by chance.
 */
function asRead(bytes: Uint8Array, text: string | undefined, read?: Read): string | undefined {
  if (read === undefined || (text !== undefined && asJsonDocument(text) !== undefined))
    return undefined
  try {
    const value = read(bytes)
    return value === text ? undefined : JSON.stringify(value, jsonReplacer)
  } catch {
    return undefined
  }
}

function shown(text: string): string {
  return (asJsonDocument(text) ?? text).replace(/\p{Cc}/gu, escaped)
}

// JSON.stringify leaves the upper control characters as they are.
function escaped(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** A value that is JSON itself goes in as it is: numbers keep all their digits. */
function valueAsJson(bytes: Uint8Array | null, read: Read | undefined): string {
  const text = bytes === null ? undefined : asText(bytes)
  return (text === undefined ? undefined : asJsonDocument(text)) ?? asJson(bytes, read)
}

function headerAsJson({ key, value }: RecordHeader): string {
  return `{"key":${JSON.stringify(key)},"value":${asJson(value)}}`
}

function asJson(bytes: Uint8Array | null, read?: Read): string {
  if (bytes === null) return 'null'
  const text = asText(bytes)
  const known = asRead(bytes, text, read)
  if (known !== undefined) return known
  return JSON.stringify(text ?? { base64: base64(bytes) })
}

function asText(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return undefined
  }
}

/** The text on one line when it is JSON. */
function asJsonDocument(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return /[\n\r]/.test(text) ? JSON.stringify(value) : text.trim()
  } catch {
    return undefined
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
