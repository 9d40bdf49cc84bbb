// Protobuf messages on the wire. The type comes from protobufjs; only its shape is known here.
import { SerdeError } from '../errors.ts'
import type { ByteSink, Serde } from './serde.ts'

/** What protobufjs' reflected and generated types have in common. */
export interface ProtobufType<T> {
  readonly name?: string
  /** A message with these properties. */
  create(properties: T): object
  /** What is wrong with a message, null for nothing. */
  verify(message: Record<string, unknown>): string | null
  /** A writer that holds the message. */
  encode(message: object): {
    /** The bytes of the message. */
    finish(): Uint8Array
  }
  /** Reads a message. @throws Error when the bytes are none of this type. */
  decode(bytes: Uint8Array): object
  /** A message as a plain object. */
  toObject(message: object, options?: Record<string, unknown>): Record<string, unknown>
  /** Reflected types list their fields; generated ones do not. */
  readonly fieldsArray?: readonly ProtobufField[]
}

/** A field of a reflected type. */
export interface ProtobufField {
  readonly name: string
  /** `bytes`, `string`, … or the name of a type; of a map that of its values. */
  readonly type: string
  readonly repeated: boolean
  readonly map: boolean
  /** The group of alternatives that it is one of; `optional` makes a group of one. */
  readonly partOf: object | null
  resolve(): { readonly resolvedType: object | null }
}

/** Writers leave out what has its default value, so readers put it back. */
const FORM = { longs: Number, defaults: true }

/** How messages are written. */
export interface ProtobufOptions {
  /**
   * What to do with a value that lacks a field which is neither `optional`, repeated nor a message: write
   * its default, as proto3 does (`default`), or refuse the value (`fail`; for reflected types).
   */
  readonly missing?: 'default' | 'fail'
  /** What to do with a property that is no field: leave it out (`ignore`), or refuse the value (`fail`; for reflected types). */
  readonly unknown?: 'ignore' | 'fail'
}

/**
 * A serde of protobuf messages by a type of protobufjs. 64-bit fields read as numbers.
 * A message without any field set has no bytes at all: it is written as an empty value, not as null.
 * Messages may be kept: nothing in them is a view of what they were read from.
 * Writing throws a SerdeError that names the field of a wrong type, and with `missing: 'fail'` the missing one, with
 * `unknown: 'fail'` what is none.
 */
export function protobuf<T extends object>(
  type: ProtobufType<T>,
  { missing = 'default', unknown = 'ignore' }: ProtobufOptions = {},
): Serde<T> {
  let isView: boolean | undefined
  let required: readonly string[] | undefined
  let known: ReadonlySet<string> | undefined
  return Object.freeze({
    name: `protobuf(${type.name ?? 'message'})`,
    serialize(value: T, sink: ByteSink): void {
      const fields = value as Record<string, unknown>
      required ??= missing === 'fail' ? requiredOf(type) : []
      const lacks = required.find((name) => fields[name] === undefined || fields[name] === null)
      let problem = lacks === undefined ? type.verify(fields) : `${lacks}: it is missing`
      if (unknown === 'fail') {
        known ??= new Set(fieldsOf(type).map((field) => field.name))
        const odd = Object.keys(fields).find((name) => !known!.has(name))
        if (odd !== undefined) problem = `${odd}: there is no such field`
      }
      if (problem !== null) throw new SerdeError(`${type.name ?? 'message'}: ${problem}`)
      const bytes = type.encode(type.create(value)).finish()
      sink.reserve(bytes.length)
      sink.bytes.set(bytes, sink.position)
      sink.position += bytes.length
    },
    deserialize(bytes: Uint8Array, start: number, end: number): T {
      try {
        isView ??= mayHoldBytes(type, new Set())
        const message = isView ? bytes.slice(start, end) : bytes.subarray(start, end)
        return type.toObject(type.decode(message), FORM) as T
      } catch (cause) {
        throw new SerdeError(`not a ${type.name ?? 'protobuf'} message`, { cause })
      }
    },
  })
}

/** Fields that every message has. */
function requiredOf(type: Partial<ProtobufType<never>>): string[] {
  return fieldsOf(type)
    .filter(({ repeated, map, partOf }) => !repeated && !map && partOf === null)
    .filter((field) => !isMessage(field))
    .map((field) => field.name)
}

function fieldsOf({
  name = 'message',
  fieldsArray,
}: Partial<ProtobufType<never>>): readonly ProtobufField[] {
  if (fieldsArray !== undefined) return fieldsArray
  throw new SerdeError(`${name}: which fields it has is known of reflected types only`)
}

function isMessage(field: ProtobufField): boolean {
  const { resolvedType } = field.resolve()
  return resolvedType !== null && !('values' in resolvedType)
}

/** protobufjs gives fields of bytes as views of what it reads, which is gone with the batch. */
function mayHoldBytes({ fieldsArray }: Partial<ProtobufType<never>>, seen: Set<object>): boolean {
  if (fieldsArray === undefined) return true
  if (seen.has(fieldsArray)) return false
  seen.add(fieldsArray)
  return fieldsArray.some((field) => {
    if (field.type === 'bytes') return true
    const { resolvedType } = field.resolve()
    return isMessage(field) && mayHoldBytes(resolvedType!, seen)
  })
}
