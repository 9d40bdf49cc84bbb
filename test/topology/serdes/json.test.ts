// JSON serdes as a user meets them: declared objects, trusted values, errors that name the field.
import { expect } from 'chai'
import { SerdeError } from '../../../topology/errors.ts'
import { json, jsonFieldsOf } from '../../../topology/serdes/json.ts'
import { utf8 } from '../../../topology/serdes/primitive.ts'
import { fromBytes, toBytes } from '../../../topology/serdes/serde.ts'
import { ZoneError } from '../../../topology/time/zoned-time.ts'
import { fromHex, fromText } from './bytes.ts'

const call = json.object({
  id: json.string(),
  type: json.string().interned(),
  priority: json.number().optional(),
  units: json.integer().nullable(),
  urgent: json.boolean().optional().nullable(),
  at: json.dateTime({ zone: 'UTC' }),
  extra: json.raw().optional(),
})
const full =
  '{"id":"a","type":"t","priority":1.5,"units":2,"urgent":true,"at":"2019-01-01T00:00:00Z"'

describe('json.object', () => {
  it('reads the declared fields and nothing else', () => {
    expect(fromText(call, `${full},"extra":{"x":[1]},"unknown":5}`)).to.deep.equal({
      id: 'a',
      type: 't',
      priority: 1.5,
      units: 2,
      urgent: true,
      at: Date.UTC(2019, 0, 1),
      extra: { x: [1] },
    })
  })

  it('leaves out optional fields that are missing and keeps nulls that are allowed', () => {
    const read = fromText(call, '{"id":"","type":"","units":null,"at":"2019-01-01T00:00"}')
    expect(read).to.deep.equal({ id: '', type: '', units: null, at: Date.UTC(2019, 0, 1) })
    expect(fromText(call, `${full.replace('true', 'null')}}`).urgent).to.equal(null)
  })

  it('refuses what is not declared, written or read, where it is told to, and no view skips over it', () => {
    const strict = json.object({ id: json.string() }, { unknown: 'fail' })
    expect(fromText(strict, '{"id":"a"}')).to.deep.equal({ id: 'a' })
    expect(() => fromText(strict, '{"id":"a","di":1}')).to.throw(SerdeError, 'no field "di"')
    const misspelt = { id: 'a', di: 1 }
    expect(() => toBytes(strict, misspelt)).to.throw(SerdeError, 'no field "di"')
    expect(jsonFieldsOf(strict)).to.equal(undefined)
  })

  it('reads back what it wrote', () => {
    const value = { id: '"é\n', type: '', units: -5, at: 1_546_300_800_123, extra: [null, 'x'] }
    expect(fromBytes(call, toBytes(call, value))).to.deep.equal(value)
  })

  it('takes fields named like what every object inherits', () => {
    const row = json.object({
      constructor: json.string().optional(),
      toString: json.string().optional(),
    })
    expect(fromText(row, '{}')).to.deep.equal({})
    expect(fromText(row, '{"constructor":"x"}')).to.deep.equal({ constructor: 'x' })
  })

  const refused: readonly [text: string, message: string][] = [
    ['', 'not JSON: '],
    ['{"id":"a"', 'not JSON: '],
    ['[1]', 'not a JSON object'],
    ['null', 'not a JSON object'],
    ['"text"', 'not a JSON object'],
    ['{}', 'field "id" is missing'],
    ['{"id":null}', 'field "id" is null'],
    ['{"id":5}', 'field "id" is no string: 5'],
    ['{"id":"a","type":["t"]}', 'field "type" is no string: ["t"]'],
    [full.replace('1.5', '"1.5"') + '}', 'field "priority" is no number: "1.5"'],
    [full.replace('"units":2', '"units":2.5') + '}', 'field "units" is no integer: 2.5'],
    [full.replace('"units":2', '"units":9007199254740993') + '}', 'field "units" is no integer'],
    [full.replace('true', '1') + '}', 'field "urgent" is no boolean: 1'],
    [full.replace('01-01', '13-01') + '}', 'field "at" is no date-time: "2019-13-01T00:00:00Z"'],
    [`{"id":"a","type":{"x":"${'y'.repeat(99)}"}}`, `{"x":"${'y'.repeat(54)}…`],
  ]
  for (const [text, message] of refused) {
    it(`refuses ${text.slice(0, 40) || 'nothing at all'}…: ${message.slice(0, 50)}`, () => {
      expect(() => fromText(call, text)).to.throw(SerdeError, message)
    })
  }

  it('refuses bytes that are no UTF-8', () => {
    expect(() => fromHex(call, '7b2261223a2280227d')).to.throw(SerdeError, 'not valid UTF-8')
  })

  it('refuses a zone that nobody knows when it is declared', () => {
    expect(() => json.dateTime({ zone: 'America/San_Francisco' })).to.throw(ZoneError)
  })

  it('tells its fields to those who read by columns', () => {
    expect(Object.keys(jsonFieldsOf(call) ?? {})).to.include.members(['id', 'extra'])
    expect(jsonFieldsOf(utf8)).to.equal(undefined)
  })
})

describe('json.any', () => {
  const any = json.any<unknown>()

  it('writes and reads every JSON value', () => {
    for (const value of [null, 0, -1.5, '', '😀', [], [1, [2]], { a: { b: null } }, true]) {
      expect(fromBytes(any, toBytes(any, value))).to.deep.equal(value)
      expect(Buffer.from(toBytes(any, value)).toString()).to.equal(JSON.stringify(value))
    }
  })

  it('refuses what has no JSON form', () => {
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    expect(() => toBytes(any, undefined)).to.throw(SerdeError, 'undefined has no JSON form')
    expect(() => toBytes(any, () => 1)).to.throw(SerdeError, 'function has no JSON form')
    expect(() => toBytes(any, 1n)).to.throw(SerdeError, 'no JSON form: ')
    expect(() => toBytes(any, circle)).to.throw(SerdeError, 'no JSON form: ')
  })

  it('refuses bytes that are no JSON or no UTF-8', () => {
    expect(() => fromText(any, '{]')).to.throw(SerdeError, 'not JSON: ')
    expect(() => fromText(any, '\ufeff1')).to.throw(SerdeError, 'not JSON: ')
    expect(() => fromHex(any, 'ff')).to.throw(SerdeError, 'not JSON: the bytes are not valid UTF-8')
  })
})
