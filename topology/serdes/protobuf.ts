// Protobuf messages on the wire. The type comes from protobufjs; only its shape is known here.
import { SerdeError } from '../errors.ts'
import type { ByteSink, Serde } from './serde.ts'

/** What protobufjs' reflected and generated types have in common. */
export interface ProtobufType<T> {
  readonly name?: string
  create(properties: T): object
  verify(message: Record<string, unknown>): string | null
  encode(message: object): { finish(): Uint8Array }
  decode(bytes: Uint8Array): object
  toObject(message: object, options?: Record<string, unknown>): Record<string, unknown>
}

/** Writers leave out what has its default value, so readers put it back. */
const FORM = { longs: Number, defaults: true }

/**
 * A serde of protobuf messages by a type of protobufjs. 64-bit fields read as numbers.
 * A message without any field set has no bytes at all: it is written as an empty value, not as null.
 */
export function protobuf<T extends object>(type: ProtobufType<T>): Serde<T> {
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
        return type.toObject(type.decode(bytes.subarray(start, end)), FORM) as T
      } catch (cause) {
        throw new SerdeError(`not a ${type.name ?? 'protobuf'} message`, { cause })
      }
    },
  })
}
