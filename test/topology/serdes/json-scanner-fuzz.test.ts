// The scanner with each reader against JSON.parse and the schema: rows broken at random, rows made of any
// JSON, numbers, date-times and bytes. MILLRACE_FUZZ_ROWS sets how many rows are broken.
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'chai'
import fc from 'fast-check'
import { json } from '../../../topology/serdes/json.ts'
import { JsonScanner } from '../../../topology/serdes/json-scanner.ts'
import type { JsonFields } from '../../../topology/serdes/json-schema.ts'
import { ROW_READ } from '../../../topology/serdes/row-reader.ts'
import { breakerOf, randomOf } from './broken-rows.ts'
import { encoded } from './bytes.ts'
import { rowReaders } from './readers.ts'
import { expectedRow, scanRows } from './scanned.ts'

const BROKEN_ROWS = Number(process.env['MILLRACE_FUZZ_ROWS'] ?? 200_000)

const { fields } = json.object({
  id: json.string(),
  type: json.string().interned(),
  place: json.string().interned().optional().nullable(),
  priority: json.number().optional(),
  units: json.integer().nullable(),
  urgent: json.boolean().optional(),
  at: json.dateTime({ zone: 'America/Los_Angeles' }),
  extra: json.raw().optional(),
})
const SEEDS = [
  '{"id":"1","type":"t","place":"p","priority":1.5e3,"units":-2,"urgent":true,"at":"2019-02-28T23:59:59.999","extra":{"a":[1,"x",null]}}',
  '{ "id" : "é😀" , "type":"Ünïcode" , "units" : null , "at" : "2019-03-10T02:30:00" , "other" : [ { } , [ ] , -0.0 ] }\n',
  '{"at":"2019-12-31T23:59:00-08:00","units":0,"type":"a\\u0041\\n","id":"\\ud83d\\ude00\\\\","place":null,"urgent":false}',
  '{"id":"1","id":"2","type":"x","type":"y","units":1,"units":9007199254740991,"at":"2020-02-29 12:00","x":"\\"}"}',
  '{"extra":"text","extra":[true,false],"id":"","type":"","units":10E0,"at":"1970-01-01T00:00:00.000Z"}',
  '{"crime_id":"183653450","type":"Fight No Weapon","report_date":"2018-12-31T00:00:00.000","call_time":"23:57","at":"2018-12-31T23:57:00.000","place":"UTL","id":"700 Block Of Hollister Av","city":"San Francisco","state":"CA","units":1,"priority":0.25,"address_type":"Premise Address","common_location":""}',
]
const MEMBERS = [
  ...[
    '"type":null,',
    '"typ\\u0065":"x",',
    '"units":1.5,',
    '"units":-0,',
    '"place":"a","place":null,',
  ],
  ...[
    '"id":"\\ud800",',
    '"type":"\\ud800",',
    '"at":"2019-06-31",',
    '"extra":[{"a":"é"}],',
    '"":{},',
  ],
  ...['"at":"2019-11-03T01:30:00.5",', '"priority":1e-400,', '"urgent":null,', '"\u00e9":5E5,'],
]

/** The rows that each reader's scanner has read; the oracle and all of them must agree. */
class Comparison {
  /** Rows that a reader has read without JSON.parse. */
  readPlainly = 0
  readonly #fields: JsonFields
  readonly #scanners: Readonly<Record<string, JsonScanner>>

  constructor(fields: JsonFields) {
    this.#fields = fields
    this.#scanners = Object.fromEntries(
      Object.entries(rowReaders()).map(([name, readerOf]) => [
        name,
        new JsonScanner(fields, readerOf),
      ]),
    )
  }

  /** @returns how many of the rows were accepted. */
  check(rows: readonly Uint8Array[]): number {
    const expected = rows.map((row) => expectedRow(this.#fields, row))
    const messages: (string | undefined)[][] = []
    for (const [name, scanner] of Object.entries(this.#scanners)) {
      scanRows(scanner, rows).forEach((found, i) => {
        if (isDeepStrictEqual(found, expected[i])) return
        const row = Buffer.from(rows[i]!).toString('latin1')
        expect(found, `${name}: ${row}`).to.deep.equal(expected[i])
      })
      this.readPlainly += rows.filter((_, i) => scanner.status[i] === ROW_READ).length
      messages.push(rows.map((_, i) => scanner.errors.get(i)?.message))
    }
    for (const others of messages.slice(1)) expect(others).to.deep.equal(messages[0])
    return expected.filter((row) => row !== undefined).length
  }
}

describe(`the scanner agrees with JSON.parse and the schema, ${Object.keys(rowReaders()).join(' and ')}`, () => {
  it(`on ${BROKEN_ROWS} broken rows`, function () {
    this.timeout(30_000 + BROKEN_ROWS / 5)
    const broken = breakerOf(SEEDS, MEMBERS, randomOf(20_190_101))
    const comparison = new Comparison(fields)
    let accepted = 0
    for (let rows = 0; rows < BROKEN_ROWS; rows += 100) {
      accepted += comparison.check(Array.from({ length: 100 }, broken))
    }
    // Both sides must be met often, or the comparison says nothing.
    expect(accepted / BROKEN_ROWS).to.be.within(0.1, 0.9)
    const readers = Object.keys(rowReaders()).length
    expect(comparison.readPlainly / BROKEN_ROWS / readers).to.be.greaterThan(0.05)
  })

  it('on rows made of any JSON, the declared fields among them or not', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 8 }), fc.constantFrom('', 'a'))
    const any = fc.oneof(fc.jsonValue({ maxDepth: 3 }), text, fc.integer(), fc.constant(null))
    const likely = (arbitrary: fc.Arbitrary<unknown>) => fc.oneof({ weight: 8, arbitrary }, any)
    const row = fc.record(
      {
        id: likely(text),
        type: likely(text),
        place: any,
        priority: likely(fc.double()),
        units: likely(fc.option(fc.maxSafeInteger())),
        urgent: likely(fc.boolean()),
        at: likely(fc.date({ noInvalidDate: true }).map((at) => at.toJSON())),
        extra: any,
        other: any,
      },
      { requiredKeys: ['id', 'type', 'units', 'at'] },
    )
    const comparison = new Comparison(fields)
    const indent = fc.constantFrom(undefined, ' ', '\t')
    fc.assert(
      fc.property(row, indent, (value, space) => {
        comparison.check([encoded(JSON.stringify(value, null, space))])
      }),
      { numRuns: 2_000, seed: 42 },
    )
  })

  it('on numbers of every form and size', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 24 })
    const literal = fc
      .tuple(
        fc.constantFrom('', '-', '+'),
        fc.oneof(digits, fc.constantFrom('0', '9007199254740993', '179769313486231580')),
        fc.oneof(
          fc.constant(''),
          digits.map((after) => `.${after}`),
        ),
        fc.oneof(
          fc.constant(''),
          fc.integer({ min: -350, max: 330 }).map((power) => `e${power}`),
        ),
      )
      .map((parts) => parts.join(''))
    const shortest = fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .map((value) => String(value))
    const rows = fc.array(fc.oneof(literal, shortest), { minLength: 50, maxLength: 50 })
    const comparison = new Comparison({ x: json.number(), y: json.integer().optional() })
    fc.assert(
      fc.property(rows, (literals) => {
        comparison.check(literals.map((each) => encoded(`{"x":${each},"z":${each}}`)))
        comparison.check(literals.map((each) => encoded(`{"x":0,"y":${each}}`)))
      }),
      { numRuns: 300, seed: 43 },
    )
  })

  it('on date-times, nearly right and wrong, and the hours of a clock change', () => {
    const random = randomOf(43)
    const seeds = [
      ...[
        '2019-02-28T23:59:59.999',
        '2020-02-29T00:00:00',
        '2019-03-10T02:30:00.5',
        '1969-12-31 16:00',
      ],
      ...['2019-11-03T01:59:59.123456789', '2019-01-01T00:00:00Z', '2019-01-01T12:00-0800'],
      ...['0000-03-01T00:00:00+18:00', '9999-12-31T23:59:59-18', '2100-02-28T24:00:60+00:60'],
    ]
    const chars = '0123456789-:TZ+. 12é'
    const below = (n: number): number => Math.floor(random() * n)
    const at = json.dateTime({ zone: 'America/Los_Angeles' })
    const comparison = new Comparison({ x: at, y: json.dateTime({ zone: 'UTC' }) })
    for (let batch = 0; batch < 200; batch++) {
      const rows = Array.from({ length: 100 }, () => {
        let text = seeds[below(seeds.length)]!
        for (let changes = below(3); changes > 0; changes--) {
          const place = below(text.length + 1)
          const char = below(8) === 0 ? '' : chars[below(chars.length)]!
          text = text.slice(0, place) + char + text.slice(place + below(2))
        }
        return encoded(`{"x":"${text}","y":"${text}"}`)
      })
      comparison.check(rows)
    }
  })

  it('on strings of any bytes, wherever they stand', () => {
    const lead = fc.constantFrom(0x20, 0x41, 0x7f, 0x80, 0xbf, 0xc1, 0xc2, 0xe0, 0xed, 0xef)
    const more = fc.constantFrom(0xf0, 0xf4, 0xf5, 0x9f, 0xa0, 0x8f, 0x90, 0x1f, 0x22, 0x5c)
    const byte = fc.oneof(lead, more)
    const bytes = fc.array(fc.oneof({ weight: 2, arbitrary: byte }, fc.constant(0x61)), {
      maxLength: 40,
    })
    const comparison = new Comparison({ x: json.string().interned(), y: json.string().optional() })
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 20, maxLength: 20 }), (texts) => {
        const rows = ['{"x":"#"}', '{"x":"é","y":"#"}', '{"x":"","z":["#"]}', '{"x":"","#":1}']
        for (const row of rows) {
          const [before, after] = row.split('#').map((part) => Buffer.from(part))
          comparison.check(texts.map((text) => Buffer.concat([before!, Buffer.from(text), after!])))
        }
      }),
      { numRuns: 300, seed: 44 },
    )
  })

  it('on texts written in any way, once, twice or in the key', () => {
    const unit = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...'ab"\\/\b\f\n\r\t\u0000é\u2028') },
      { weight: 3, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }) },
      // Halves of pairs meet by chance, too.
      { weight: 1, arbitrary: fc.constantFrom('\ud83d', '\ude00', '\ud800', '\udfff') },
    )
    const text = fc.array(fc.tuple(unit, fc.nat(2)), { maxLength: 8 }).map(written)
    const key = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom('x', 'y', 'z') },
      fc.constant('\\u0078'),
    )
    const members = fc.array(fc.tuple(key, text), { minLength: 1, maxLength: 5 })
    const comparison = new Comparison({
      x: json.string().interned(),
      y: json.string().optional(),
      z: json.raw().optional(),
    })
    fc.assert(
      fc.property(fc.array(members, { minLength: 20, maxLength: 20 }), (rows) => {
        const texts = rows.map((row) => row.map(([name, value]) => `"${name}":"${value}"`).join())
        comparison.check(texts.map((row) => encoded(`{${row}}`)))
      }),
      { numRuns: 1_000, seed: 45 },
    )
    expect(comparison.readPlainly, 'most need no JSON.parse').to.be.greaterThan(5_000)
  })
})

/** Characters as they may stand in JSON: plain where that is allowed, escaped by letter or by number. */
function written(units: readonly (readonly [string, number])[]): string {
  return units
    .map(([unit, how]) => {
      const short = JSON.stringify(unit).slice(1, -1)
      if (how === 0) return short
      if (how === 1 && unit === '/') return '\\/'
      return [...Array(unit.length).keys()]
        .map((i) => `\\u${unit.charCodeAt(i).toString(16).padStart(4, '0')}`)
        .join('')
    })
    .join('')
}
