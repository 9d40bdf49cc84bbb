// Writes declared objects as compact JSON straight into the batch to be produced.
import { SerdeError } from '../errors.ts'
import { toBytes, type ByteSink } from './serde.ts'
import { utf8 } from './primitive.ts'
import { writeInteger, writeUtf8 } from './text.ts'
import type { JsonField, JsonFields } from './json-schema.ts'

/** Encoded strings kept at most; few distinct ones make up most of what jobs write. */
const ENCODED_MAX = 16_384

interface FieldWriter {
  readonly name: string
  /** `"name":` in bytes, with the comma or brace before it. */
  readonly label: Uint8Array
  readonly field: JsonField<unknown>
}

/** An encoder of the declared fields, in their order. Undeclared properties are not written. */
export function jsonEncoder(fields: JsonFields): (value: object, sink: ByteSink) => void {
  const writers = Object.entries(fields).map(([name, field]): FieldWriter => ({
    name,
    field,
    label: toBytes(utf8, `,${JSON.stringify(name)}:`),
  }))
  const encoded = new Map<string, Uint8Array>()

  function writeText(text: string, sink: ByteSink): void {
    let bytes = encoded.get(text)
    if (bytes === undefined) {
      if (encoded.size === ENCODED_MAX) encoded.clear()
      bytes = toBytes(utf8, JSON.stringify(text))
      if (text.length <= 64) encoded.set(text, bytes)
    }
    writeBytes(bytes, sink)
  }

  function writeValue({ name, field }: FieldWriter, value: unknown, sink: ByteSink): void {
    if (value === null && (field.isNullable || field.type === 'raw')) writeUtf8('null', sink)
    else if (typeof value === 'string' && field.type === 'string') writeText(value, sink)
    else if (typeof value === 'number' && isNumeric(field)) writeNumber(name, field, value, sink)
    else if (typeof value === 'boolean' && field.type === 'boolean') writeUtf8(String(value), sink)
    else if (field.type === 'raw') writeUtf8(JSON.stringify(value), sink)
    else throw new SerdeError(`field "${name}" is no ${field.type}: ${String(value)}`)
  }

  return (value, sink) => {
    const record = value as Record<string, unknown>
    const open = sink.position
    for (let i = 0; i < writers.length; i++) {
      const writer = writers[i]!
      const fieldValue = record[writer.name]
      if (fieldValue === undefined && writer.field.isOptional) continue
      writeBytes(writer.label, sink)
      writeValue(writer, fieldValue, sink)
    }
    sink.reserve(2)
    // The first field's comma is the brace that opens the object.
    if (sink.position === open) sink.position += 1
    sink.bytes[open] = 0x7b
    sink.bytes[sink.position++] = 0x7d
  }
}

function isNumeric(field: JsonField<unknown>): boolean {
  return field.type === 'number' || field.type === 'integer' || field.type === 'date-time'
}

function writeNumber(name: string, field: JsonField<unknown>, value: number, sink: ByteSink): void {
  if (field.type === 'date-time') writeUtf8(`"${new Date(value).toISOString()}"`, sink)
  else if (Number.isSafeInteger(value)) writeInteger(value, sink)
  else if (field.type === 'number' && Number.isFinite(value)) writeUtf8(String(value), sink)
  else throw new SerdeError(`field "${name}" is no ${field.type}: ${value}`)
}

function writeBytes(from: Uint8Array, sink: ByteSink): void {
  sink.reserve(from.length)
  const { bytes } = sink
  let at = sink.position
  // A loop beats `set` below some forty bytes, and labels and short strings are below.
  for (let i = 0; i < from.length; i++) bytes[at++] = from[i]!
  sink.position = at
}
