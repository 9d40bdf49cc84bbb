// A record as a line of text, for people or as JSON. Used by tail.
import {
  headersOf,
  keyOf,
  valueOf,
  type RecordBatch,
  type RecordHeader,
} from '../broker/record-batch.ts'
import type { TopicPartition } from '../broker/ports.ts'

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** `partition:offset timestamp key value`, without anything that a terminal would obey. */
export function humanLine({ partition }: TopicPartition, batch: RecordBatch, row: number): string {
  const timestamp = isoTime(batch.timestamps[row] ?? 0)
  const key = readable(keyOf(batch, row))
  const value = readable(valueOf(batch, row))
  return `${partition}:${batch.offsets[row]} ${timestamp} ${key} ${value}\n`
}

/** One JSON object: topic, partition, offset, timestamp, key, value, headers. */
export function jsonLine(
  { topic, partition }: TopicPartition,
  batch: RecordBatch,
  row: number,
): string {
  const head = { topic, partition, offset: batch.offsets[row], timestamp: batch.timestamps[row] }
  const key = asJson(keyOf(batch, row))
  const headers = headersOf(batch, row).map(headerAsJson).join(',')
  const rest = `"key":${key},"value":${valueAsJson(valueOf(batch, row))},"headers":[${headers}]`
  return `${JSON.stringify(head).slice(0, -1)},${rest}}\n`
}

function isoTime(timestampMs: number): string {
  const time = new Date(timestampMs)
  return Number.isNaN(time.getTime()) ? String(timestampMs) : time.toISOString()
}

function readable(bytes: Uint8Array | null): string {
  if (bytes === null) return 'null'
  const text = asText(bytes)
  if (text === undefined) return `base64:${base64(bytes)}`
  return (asJsonDocument(text) ?? text).replace(/\p{Cc}/gu, escaped)
}

// JSON.stringify leaves the upper control characters as they are.
function escaped(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** A value that is JSON itself goes in as it is: numbers keep all their digits. */
function valueAsJson(bytes: Uint8Array | null): string {
  const text = bytes === null ? undefined : asText(bytes)
  return (text === undefined ? undefined : asJsonDocument(text)) ?? asJson(bytes)
}

function headerAsJson({ key, value }: RecordHeader): string {
  return `{"key":${JSON.stringify(key)},"value":${asJson(value)}}`
}

function asJson(bytes: Uint8Array | null): string {
  if (bytes === null) return 'null'
  const text = asText(bytes)
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
