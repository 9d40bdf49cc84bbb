// `json`: serdes of JSON values. `json.object({…})` declares the fields, `json.any()` takes all.
import { SerdeError } from '../errors.ts'
import { jsonEncoder } from './json-encoder.ts'
import { parseObject } from './json-object.ts'
import {
  checkField,
  fieldMakers,
  memberOf,
  type JsonFields,
  type JsonObject,
} from './json-schema.ts'
import type { ByteSink, Serde } from './serde.ts'
import { jsonTextOf, readUtf8, writeUtf8 } from './text.ts'

/** A serde of JSON objects with declared fields; `parse` reads such rows column by column. */
export interface JsonSerde<T> extends Serde<T> {
  readonly fields: JsonFields
}

/** The declared fields when a serde was made by `json.object`, else undefined. */
export function jsonFieldsOf(serde: object): JsonFields | undefined {
  return 'fields' in serde ? (serde.fields as JsonFields) : undefined
}

/** How objects with declared fields are taken. */
export interface JsonObjectOptions {
  /**
   * What to do with a member that is not declared: leave it out (`ignore`), or refuse the value, written or read
   * (`fail`). What is refused is known only when all members are, so that rows are then read one by one by JSON.parse.
   */
  readonly unknown?: 'ignore' | 'fail'
}

function object<F extends JsonFields>(
  fields: F,
  options: { readonly unknown: 'fail' },
): Serde<JsonObject<F>>
function object<F extends JsonFields>(
  fields: F,
  options?: { readonly unknown?: 'ignore' },
): JsonSerde<JsonObject<F>>
function object<F extends JsonFields>(
  fields: F,
  { unknown = 'ignore' }: JsonObjectOptions = {},
): Serde<JsonObject<F>> | JsonSerde<JsonObject<F>> {
  const encode = jsonEncoder(fields)
  const deserialize = (bytes: Uint8Array, start: number, end: number): JsonObject<F> =>
    objectOf(fields, parseObject(bytes, start, end))
  if (unknown === 'ignore') {
    const serialize = (value: JsonObject<F>, sink: ByteSink): void => encode(value, sink)
    const declared = Object.freeze({ ...fields })
    return Object.freeze({ name: 'json.object', fields: declared, serialize, deserialize })
  }
  return Object.freeze({
    name: 'json.object',
    serialize(value: JsonObject<F>, sink: ByteSink): void {
      refuseUnknown(fields, value)
      encode(value, sink)
    },
    deserialize(bytes: Uint8Array, start: number, end: number): JsonObject<F> {
      const parsed = parseObject(bytes, start, end)
      refuseUnknown(fields, parsed)
      return objectOf(fields, parsed)
    },
  })
}

function objectOf<F extends JsonFields>(fields: F, parsed: Record<string, unknown>): JsonObject<F> {
  const value: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    const checked = checkField(name, field, memberOf(parsed, name))
    if (checked !== undefined) value[name] = checked
  }
  return value as JsonObject<F>
}

function refuseUnknown(fields: JsonFields, value: object): void {
  const odd = Object.keys(value).find((name) => !Object.hasOwn(fields, name))
  if (odd !== undefined) throw new SerdeError(`there is no field "${odd}"`)
}

function any<T>(): Serde<T> {
  return Object.freeze({
    name: 'json.any',
    serialize(value: T, sink: ByteSink): void {
      writeUtf8(jsonTextOf(value), sink)
    },
    deserialize(bytes: Uint8Array, start: number, end: number): T {
      try {
        return JSON.parse(readUtf8(bytes, start, end)) as T
      } catch (cause) {
        const why = cause instanceof SyntaxError ? cause.message : 'the bytes are not valid UTF-8'
        throw new SerdeError(`not JSON: ${why}`, { cause })
      }
    },
  })
}

/**
 * JSON serdes: `json.object` with declared fields (the fast one: validated wholly, only what is
 * declared is built) and `json.any`, which trusts the type it is given. The other members declare
 * fields.
 */
export const json = Object.freeze({ ...fieldMakers, object, any })
