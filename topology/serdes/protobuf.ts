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
  /** `bytes`, `string`, … or the name of a type; of a map that of its values. */
  readonly type: string
  resolve(): { readonly resolvedType: object | null }
}

/** Writers leave out what has its default value, so readers put it back. */
const FORM = { longs: Number, defaults: true }

/**
 * A serde of protobuf messages by a type of protobufjs. 64-bit fields read as numbers.
 * A message without any field set has no bytes at all: it is written as an empty value, not as null.
 * Messages may be kept: nothing in them is a view of what they were read from.
 */
export function protobuf<T extends object>(type: ProtobufType<T>): Serde<T> {
  let isView: boolean | undefined
  return Object.freeze({
    name: `protobuf(${type.name ?? 'message'})`,
    serialize(value: T, sink: ByteSink): void {
      const problem = type.verify(value as Record<string, unknown>)
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

/** protobufjs gives fields of bytes as views of what it reads, which is gone with the batch. */
function mayHoldBytes({ fieldsArray }: Partial<ProtobufType<never>>, seen: Set<object>): boolean {
  if (fieldsArray === undefined) return true
  if (seen.has(fieldsArray)) return false
  seen.add(fieldsArray)
  return fieldsArray.some((field) => {
    if (field.type === 'bytes') return true
    const { resolvedType } = field.resolve()
    const isMessage = resolvedType !== null && !('values' in resolvedType)
    return isMessage && mayHoldBytes(resolvedType, seen)
  })
}
