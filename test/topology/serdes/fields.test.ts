// Group keys made of fields: a JSON array on the wire, an object of the fields in the program.
import { expect } from 'chai'
import fc from 'fast-check'
import { SerdeError } from '../../../topology/errors.ts'
import { fields } from '../../../topology/serdes/fields.ts'
import { fromBytes, toBytes } from '../../../topology/serdes/serde.ts'
import { fromHex, fromText, hexOf } from './bytes.ts'

const key = fields('type', 'place')
const textOf = (value: Parameters<typeof key.serialize>[0]): string =>
  Buffer.from(toBytes(key, value)).toString()

describe('a key of fields', () => {
  it('says what it is made of', () => {
    expect(key.name).to.equal('fields(type, place)')
    expect(key.names).to.deep.equal(['type', 'place'])
    expect(Object.isFrozen(key)).to.equal(true)
    expect(Object.isFrozen(key.names)).to.equal(true)
  })

  it('is the JSON array of the values in the order named', () => {
    expect(textOf({ place: 'x', type: 'y' })).to.equal('["y","x"]')
    expect(textOf({ type: null, place: 1.5 })).to.equal('[null,1.5]')
    expect(hexOf(fields('on'), { on: true })).to.equal('5b747275655d')
  })

  it('reads back as a frozen object', () => {
    const read = fromText(key, '["é\\"",null]')
    expect(read).to.deep.equal({ type: 'é"', place: null })
    expect(Object.isFrozen(read)).to.equal(true)
  })

  it('reads back whatever the values', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    )
    fc.assert(
      fc.property(value, value, (type, place) => {
        expect(fromBytes(key, toBytes(key, { type, place }))).to.deep.equal({ type, place })
      }),
    )
  })

  it('refuses a value without one of the fields', () => {
    const value = { type: 'a' } as unknown as { type: string; place: string }
    expect(() => toBytes(key, value)).to.throw(SerdeError, 'key field "place" is missing')
  })

  it('refuses bytes that are no such array', () => {
    for (const text of ['', '{', '{}', '"ab"', '[]', '["a"]', '["a","b","c"]', 'null']) {
      expect(() => fromText(key, text), text).to.throw(SerdeError)
    }
    expect(() => fromHex(key, '5bff5d')).to.throw(SerdeError)
  })
})
