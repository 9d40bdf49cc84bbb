// Protobuf messages: the wire format, defaults, and that an empty message is not null.
import { expect } from 'chai'
import protobufjs from 'protobufjs'
import { SerdeError } from '../../../topology/errors.ts'
import { protobuf, type ProtobufType } from '../../../topology/serdes/protobuf.ts'
import { fromHex, hexOf } from './bytes.ts'
import { toBytes } from '../../../topology/serdes/serde.ts'

interface Count {
  type?: string
  calls?: number
  description?: string
  tags?: string[]
}

const { root } = protobufjs.parse(`syntax = "proto3";
  message Count {
    string type = 1; int64 calls = 2; optional string description = 3; repeated string tags = 4;
  }`)
const count = protobuf(root.lookupType('Count') as unknown as ProtobufType<Count>)

describe('a protobuf serde', () => {
  it('writes the wire format and reads it back, long numbers as numbers', () => {
    const value = { type: 'a', calls: 300, description: 'é', tags: ['x'] }
    expect(hexOf(count, value)).to.equal('0a016110ac021a02c3a9220178')
    expect(fromHex(count, '0a016110ac021a02c3a9220178')).to.deep.equal(value)
    expect(count.name).to.equal('protobuf(Count)')
  })

  it('writes a message without fields as an empty value', () => {
    expect(toBytes(count, {})).to.have.length(0)
  })

  it('reads what a writer left out as its default, what is optional not at all', () => {
    expect(fromHex(count, '')).to.deep.equal({ type: '', calls: 0, tags: [] })
    expect(fromHex(count, '0a0161')).to.include({ type: 'a', calls: 0 })
  })

  it('reads 64-bit numbers as exactly as a double can', () => {
    const value = { calls: Number.MAX_SAFE_INTEGER }
    expect(fromHex(count, hexOf(count, value)).calls).to.equal(Number.MAX_SAFE_INTEGER)
    expect(fromHex(count, hexOf(count, { calls: -5 })).calls).to.equal(-5)
  })

  it('refuses values of another type and names what is wrong', () => {
    const wrong = { type: 5 } as unknown as Count
    expect(() => toBytes(count, wrong)).to.throw(SerdeError, 'Count: type: string expected')
  })

  it('refuses a value without a field that all have, where it is told to', () => {
    const type = root.lookupType('Count') as unknown as ProtobufType<Count>
    const complete = protobuf(type, { missing: 'fail' })
    expect(() => toBytes(complete, { type: 'a' })).to.throw(
      SerdeError,
      'Count: calls: it is missing',
    )
    expect(fromHex(complete, hexOf(complete, { type: 'a', calls: 0 }))).to.include({ calls: 0 })
  })

  it('refuses a property that is no field, where it is told to', () => {
    const type = root.lookupType('Count') as unknown as ProtobufType<Count>
    const strict = protobuf(type, { unknown: 'fail' })
    const misspelt = { type: 'a', calls: 1, cals: 2 }
    expect(() => toBytes(strict, misspelt)).to.throw(SerdeError, 'Count: cals: there is no such')
    expect(fromHex(strict, hexOf(count, misspelt))).to.not.have.property('cals')
  })

  it('cannot tell of generated types which fields may be missing', () => {
    const { fieldsArray: _, ...generated } = root.lookupType(
      'Count',
    ) as unknown as ProtobufType<Count>
    const complete = protobuf(generated as ProtobufType<Count>, { missing: 'fail' })
    expect(() => toBytes(complete, { calls: 1 })).to.throw(SerdeError, 'reflected types only')
  })

  it('refuses bytes that are no such message', () => {
    for (const hex of ['0a', '0aff', '0a056162', 'ff']) {
      expect(() => fromHex(count, hex), hex).to.throw(SerdeError, 'not a Count message')
    }
  })

  it('reads messages that can be kept: their bytes are not those of the batch', () => {
    const nested = protobufjs
      .parse(
        `syntax = "proto3";
      enum Kind { NONE = 0; SOME = 1; }
      message Outer { Kind kind = 1; repeated Inner all = 2; Outer again = 3; }
      message Inner { map<string, bytes> parts = 1; }`,
      )
      .root.lookupType('Outer')
    const outer = protobuf(nested as unknown as ProtobufType<Outer>)
    const written = toBytes(outer, { kind: 1, all: [{ parts: { a: Uint8Array.of(1, 2) } }] })
    const read = outer.deserialize(written, 0, written.length)
    written.fill(0)
    expect(read.kind).to.equal(1)
    expect([...read.all![0]!.parts.a!]).to.deep.equal([1, 2])
    // Generated types do not say what they hold.
    const generated = pick(nested, ['create', 'verify', 'encode', 'decode', 'toObject'])
    const serde = protobuf(generated as unknown as ProtobufType<Outer>)
    const again = toBytes(outer, { all: [{ parts: { a: Uint8Array.of(3) } }] })
    const kept = serde.deserialize(again, 0, again.length)
    again.fill(0)
    expect([...kept.all![0]!.parts.a!]).to.deep.equal([3])
  })
})

interface Outer {
  kind?: number
  all?: { parts: Record<string, Uint8Array> }[]
}

/** The functions of a type, bound, as generated code has them. */
function pick(type: object, names: readonly string[]): Record<string, unknown> {
  const functions = type as Record<string, (...args: unknown[]) => unknown>
  return Object.fromEntries(
    names.map((name) => [name, (...args: unknown[]) => functions[name]!(...args)]),
  )
}
