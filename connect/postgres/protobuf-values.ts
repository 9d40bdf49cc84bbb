// Rows as messages of a .proto file: columns become the fields of their names.
import { readFileSync } from 'node:fs'
import protobufjs from 'protobufjs'
import { SerdeError } from '../../topology/errors.ts'
import { protobuf, type ProtobufType } from '../../topology/serdes/protobuf.ts'
import { SourceError } from './database.ts'
import type { Fail, ValueWriter, WrittenColumn } from './row-writer.ts'

/** A message type of a file. */
export type MessageType = ReturnType<protobufjs.Root['lookupType']>

/** The message of a .proto file. @throws SourceError MILLRACE_SOURCE_SCHEMA */
export function messageType(file: string, message: string): MessageType {
  try {
    const { root } = protobufjs.parse(readFileSync(file, 'utf8'), { keepCase: true })
    return root.lookupType(message)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const hint = 'check value.converter.proto.file and value.converter.proto.message'
    throw new SourceError('MILLRACE_SOURCE_SCHEMA', `${message} in ${file}: ${reason}; ${hint}`, {
      cause,
    })
  }
}

/**
 * Writes rows as messages. A null is a field that is not set, so it must be `optional`.
 * @throws SourceError MILLRACE_SOURCE_SCHEMA when a column has no field
 */
export function protobufValues(
  type: MessageType,
): (columns: readonly WrittenColumn[], fail: Fail) => ValueWriter {
  const serde = protobuf(type as unknown as ProtobufType<object>, { missing: 'fail' })
  return (columns, fail) => {
    const lost = columns.find(({ name }) => !Object.hasOwn(type.fields, name))
    if (lost !== undefined) {
      throw new SourceError(
        'MILLRACE_SOURCE_SCHEMA',
        `message ${type.name} has no field for column ${lost.name}: add it to the .proto file, or read a view without it`,
      )
    }
    return (rows, sink) => {
      const message: Record<string, unknown> = {}
      columns.forEach(({ name, type, toJson }, i) => {
        const cell = rows.cell(i)
        if (cell === null) return
        const json = toJson(cell)
        if (json === undefined) throw fail(rows, i, 'has no value in protobuf')
        message[name] = type.name.startsWith('float') ? Number(cell) : fieldOf(json)
      })
      try {
        serde.serialize(message, sink)
      } catch (error) {
        if (error instanceof SerdeError) throw fail(rows, -1, error.message)
        throw error
      }
    }
  }
}

/** A JSON value as a field takes it: 64 bits as two halves where a number would not hold them. */
function fieldOf(json: string): unknown {
  if (!/^-?\d{16,}$/.test(json)) return JSON.parse(json)
  const number = BigInt(json)
  return {
    low: Number(BigInt.asIntN(32, number)),
    high: Number(BigInt.asIntN(32, number >> 32n)),
    unsigned: false,
  }
}
