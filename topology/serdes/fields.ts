// Group keys made of fields of the value: an object of them in the program, a JSON array on the wire.
import { SerdeError } from '../errors.ts'
import type { ByteSink, Serde } from './serde.ts'
import { readUtf8, writeUtf8 } from './text.ts'

/** What a field of a group key may hold. */
export type FieldValue = string | number | boolean | null

/** Group keys of the named fields: the selector of `groupBy` and the serde of the key in one. */
export interface FieldsKey<N extends string> extends Serde<Readonly<Record<N, FieldValue>>> {
  readonly kind: 'fields'
  readonly names: readonly N[]
}

/**
 * Groups by fields of the value. The key reads as an object of them; its bytes are the JSON array of
 * their values in the order named. Interned fields are grouped by id, without building a string.
 */
export function fields<N extends string>(...names: readonly N[]): FieldsKey<N> {
  return Object.freeze({
    kind: 'fields',
    name: `fields(${names.join(', ')})`,
    names: Object.freeze([...names]),
    serialize(value: Readonly<Record<N, FieldValue>>, sink: ByteSink): void {
      for (const name of names) {
        if (value[name] === undefined) throw new SerdeError(`key field "${name}" is missing`)
      }
      writeUtf8(JSON.stringify(names.map((name) => value[name])), sink)
    },
    deserialize(bytes: Uint8Array, start: number, end: number) {
      const values = parse(bytes, start, end)
      if (!Array.isArray(values) || values.length !== names.length) {
        throw new SerdeError(`not a key of ${names.length} fields`)
      }
      const entries = names.map((name, i) => [name, (values[i] ?? null) as FieldValue])
      return Object.freeze(Object.fromEntries(entries)) as Readonly<Record<N, FieldValue>>
    },
  })
}

function parse(bytes: Uint8Array, start: number, end: number): unknown {
  try {
    return JSON.parse(readUtf8(bytes, start, end))
  } catch (cause) {
    throw new SerdeError('a key of fields is a JSON array', { cause })
  }
}
