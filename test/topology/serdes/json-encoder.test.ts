// The encoder writes what JSON.stringify would of the declared fields, byte for byte.
import { expect } from 'chai'
import fc from 'fast-check'
import { SerdeError } from '../../../topology/errors.ts'
import { json } from '../../../topology/serdes/json.ts'
import { ByteBuffer, toBytes } from '../../../topology/serdes/serde.ts'

const row = json.object({
  text: json.string(),
  word: json.string().interned(),
  'näme "x"': json.string().optional(),
  number: json.number(),
  whole: json.integer().nullable(),
  flag: json.boolean().optional(),
  raw: json.raw(),
})
const textOf = <T>(serde: Parameters<typeof toBytes<T>>[0], value: T): string =>
  Buffer.from(toBytes(serde, value)).toString()

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.string({ maxLength: 10 }),
  fc.constantFrom('', '\u0000\u001f\u007f', '"\\/\b\f\n\r\t', '\u2028\u2029', '\ud800', 'a\udc00b'),
)
const whole = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.constantFrom(0, -0, 1e9, 1e9 - 1, -1e9, 1e15, 9_007_199_254_740_991, -9_007_199_254_740_991),
)
const number = fc.oneof(
  whole,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(1e21, 1e-7, 5e-324, 1.7976931348623157e308, 9_007_199_254_740_992),
)
const value = fc.record(
  {
    text,
    word: text,
    'näme "x"': text,
    number,
    whole: fc.option(whole),
    flag: fc.boolean(),
    raw: fc.jsonValue(),
  },
  { requiredKeys: ['text', 'word', 'number', 'whole', 'raw'] },
)

/** The declared fields in their order. */
const declared = (from: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.keys(row.fields).map((name) => [name, from[name]]))

describe('the JSON encoder', () => {
  it('writes what JSON.stringify writes', () => {
    fc.assert(
      fc.property(value, (generated) => {
        expect(textOf(row, generated)).to.equal(JSON.stringify(declared(generated)))
      }),
      { numRuns: 1_000 },
    )
  })

  it('writes one object after the other into a sink that grows', () => {
    const sink = new ByteBuffer()
    const values = fc.sample(value, { numRuns: 300, seed: 7 })
    for (const generated of values) row.serialize(generated, sink)
    const expected = values.map((generated) => JSON.stringify(declared(generated))).join('')
    expect(Buffer.from(sink.take()).toString()).to.equal(expected)
  })

  it('leaves undeclared properties out', () => {
    const given = { a: 1, b: 2, toJSON: () => 'no' }
    expect(textOf(json.object({ b: json.integer() }), given)).to.equal('{"b":2}')
  })

  it('writes an object without any field', () => {
    expect(textOf(json.object({}), {})).to.equal('{}')
    expect(textOf(json.object({ a: json.string().optional() }), {})).to.equal('{}')
  })

  it('leaves out optional fields wherever they stand', () => {
    const serde = json.object({
      a: json.integer().optional(),
      b: json.string().optional(),
      c: json.boolean().optional(),
    })
    expect(textOf(serde, { b: 'x' })).to.equal('{"b":"x"}')
    expect(textOf(serde, { a: 0, c: false })).to.equal('{"a":0,"c":false}')
  })

  it('writes times as ISO text, and times before Christ and after 9999 too', () => {
    const serde = json.object({ at: json.dateTime({ zone: 'UTC' }).nullable() })
    for (const at of [0, 1_546_300_800_123, -1, 8.64e15, -8.64e15]) {
      expect(textOf(serde, { at })).to.equal(JSON.stringify({ at: new Date(at) }))
    }
    expect(textOf(serde, { at: null })).to.equal('{"at":null}')
  })

  it('writes more different texts than it remembers', () => {
    const serde = json.object({ text: json.string() })
    for (let i = 0; i < 40_000; i++) {
      const given = { text: `text ${i}` }
      if (textOf(serde, given) !== JSON.stringify(given)) throw new Error(`text ${i} is wrong`)
    }
    expect(textOf(serde, { text: 'text 0' })).to.equal('{"text":"text 0"}')
  })
})

describe('the JSON encoder refuses, naming the field,', () => {
  const serde = json.object({
    text: json.string().optional(),
    number: json.number().optional(),
    whole: json.integer().optional(),
    flag: json.boolean().optional(),
    at: json.dateTime({ zone: 'UTC' }).optional(),
    raw: json.raw().optional(),
  })
  const cases: readonly [field: string, value: unknown, message: string][] = [
    ['text', 5, 'no string: 5'],
    ['text', null, 'no string: null'],
    ['number', '5', 'no number: 5'],
    ['number', NaN, 'no number: NaN'],
    ['number', Infinity, 'no number: Infinity'],
    ['number', 5n, 'no number: 5'],
    ['whole', 1.5, 'no integer: 1.5'],
    ['whole', 9_007_199_254_740_992, 'no integer: 9007199254740992'],
    ['flag', 1, 'no boolean: 1'],
    ['flag', 'true', 'no boolean: true'],
    ['at', '2019-01-01T00:00:00Z', 'no date-time: 2019'],
    ['at', NaN, 'no date-time: NaN'],
    ['at', 8.64e15 + 1, 'no date-time: 8640000000000001'],
    ['at', Infinity, 'no date-time: Infinity'],
    ['raw', () => 1, 'function has no JSON form'],
    ['raw', 1n, 'no JSON form: '],
  ]
  for (const [field, wrong, message] of cases) {
    it(`${field} = ${String(wrong)}`, () => {
      const given = { [field]: wrong } as never
      expect(() => toBytes(serde, given)).to.throw(SerdeError, message)
      expect(() => toBytes(serde, given)).to.throw(SerdeError, `field "${field}"`)
    })
  }

  it('a field that is missing and not optional', () => {
    const one = json.object({ text: json.string() })
    expect(() => toBytes(one, {} as never)).to.throw(SerdeError, 'field "text"')
  })
})
