// Writes messages.ts from transit.proto: `npm run messages`. A test checks that it has been done.
import { readFileSync, writeFileSync } from 'node:fs'
import protobufjs, { type Field, type Type } from 'protobufjs'

/** What a field of a scalar type is in TypeScript; 64-bit numbers are read as numbers. */
const SCALARS: Readonly<Record<string, string>> = {
  double: 'number',
  float: 'number',
  int32: 'number',
  uint32: 'number',
  sint32: 'number',
  int64: 'number',
  uint64: 'number',
  sint64: 'number',
  bool: 'boolean',
  string: 'string',
  bytes: 'Uint8Array',
}

/** The TypeScript of a .proto file: an interface for each message of its package, comments kept. */
export function messagesOf(proto: string): string {
  const { root, package: name } = protobufjs.parse(proto, {
    keepCase: true,
    alternateCommentMode: true,
  })
  const types = root.lookup(name!) as protobufjs.Namespace
  const interfaces = types.nestedArray.map((type) => interfaceOf(type as Type))
  return [
    '// Written from transit.proto by `npm run messages`: change it there.',
    ...interfaces,
  ].join('\n')
}

function interfaceOf({ name, comment, fieldsArray }: Type): string {
  const fields = fieldsArray.map((field) => fieldOf(field, name))
  return [`${docOf(comment, '')}export interface ${name} {`, ...fields, '}', ''].join('\n')
}

function fieldOf(field: Field, of: string): string {
  const scalar = SCALARS[field.type]
  if (scalar === undefined || field.map) {
    throw new Error(`${of}.${field.name}: only scalar fields are written, not ${field.type}`)
  }
  const type = field.repeated ? `readonly ${scalar}[]` : scalar
  const isOptional = field.partOf !== null
  const whole = isOptional ? `?: ${type} | undefined` : `: ${type}`
  return `${docOf(field.comment, '  ')}  readonly ${field.name}${whole}`
}

const docOf = (comment: string | null, indent: string): string =>
  comment === null ? '' : `${indent}/** ${comment} */\n`

if (process.argv[1] === import.meta.filename) {
  const root = new URL('.', import.meta.resolve('millrace/package.json'))
  const proto = readFileSync(new URL('jobs/transit/transit.proto', root), 'utf8')
  writeFileSync(new URL('jobs/transit/messages.ts', root), messagesOf(proto))
}
