// The scanner against JSON.parse and the schema: generated rows, and rows broken at random.
import { expect } from 'chai'
import fc from 'fast-check'
import { json } from '../../../topology/serdes/json.ts'
import { JsonScanner } from '../../../topology/serdes/json-scanner.ts'
import { encoded } from './bytes.ts'
import { expectedRow, scanRows } from './scanned.ts'

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
]
const TOKENS = [
  ...['{', '}', '[', ']', ',', ':', '"', '\\', '\\u', '\\ud800', '\\u0041', '\\x', '\\"', 'null'],
  ...['true', 'fals', '0', '-', '1e999', '.5', '01', 'E+', ' ', '\t', '\n', '\u0000', '\u001f'],
  ...[
    '[[[',
    '\u007f',
    'é',
    '\ufeff',
    '-13-',
    '02-30',
    'T24',
    '{"id":"1","type":"t","units":1,"at":"',
  ],
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
].map((member) => Buffer.from(member))

/** Numbers from 0 below 1, the same on every run. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A row with a few wounds: bytes changed, cut out, repeated, put in, or the end cut off. */
function mutated(random: () => number): Uint8Array {
  const below = (n: number): number => Math.floor(random() * n)
  let bytes = Buffer.from(SEEDS[below(SEEDS.length)]!)
  for (let wounds = 1 + Math.floor(random() ** 3 * 4); wounds > 0; wounds--) {
    const at = below(bytes.length + 1)
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
    const token = Buffer.from(TOKENS[below(TOKENS.length)]!)
    const comma = bytes.indexOf(',', at)
    const cases: (() => Buffer[])[] = [
      () => [before, Buffer.of(below(256)), after.subarray(1)],
      () => [before, after.subarray(1 + below(8))],
      () => [before, token, after],
      () => [before, token, after.subarray(1 + below(3))],
      () => [bytes.subarray(0, comma + 1), token, bytes.subarray(comma + 1)],
      () => [bytes.subarray(0, 1), MEMBERS[below(MEMBERS.length)]!, bytes.subarray(1)],
      () => [
        bytes.subarray(0, -1),
        Buffer.of(0x2c),
        MEMBERS[below(MEMBERS.length)]!.subarray(0, -1),
        bytes.subarray(-1),
      ],
      () => [before, Buffer.of(0x61 + below(26)), after.subarray(1)],
      () => [before, bytes.subarray(below(bytes.length + 1)).subarray(0, 12), after],
      () => [before],
      () => [before, Buffer.of(0x30 + below(10)), after.subarray(1)],
    ]
    bytes = Buffer.concat(cases[below(cases.length)]!())
  }
  return bytes
}

function check(scanner: JsonScanner, rows: readonly Uint8Array[]): number {
  let accepted = 0
  scanRows(scanner, rows).forEach((row, i) => {
    const expected = expectedRow(fields, rows[i]!)
    if (expected !== undefined) accepted += 1
    expect(row, Buffer.from(rows[i]!).toString('latin1')).to.deep.equal(expected)
  })
  return accepted
}

describe('the scanner agrees with JSON.parse and the schema', () => {
  it('on 60,000 broken rows', function () {
    this.timeout(30_000)
    const random = randomOf(20_190_101)
    const scanner = new JsonScanner(fields)
    let accepted = 0
    for (let batch = 0; batch < 600; batch++) {
      accepted += check(
        scanner,
        Array.from({ length: 100 }, () => mutated(random)),
      )
    }
    // Both sides must be met often, or the comparison says nothing.
    expect(accepted).to.be.within(6_000, 54_000)
  })

  it('on rows made of any JSON, the declared fields among them or not', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 8 }), fc.constantFrom('', 'a'))
    const any = fc.oneof(fc.jsonValue({ maxDepth: 3 }), text, fc.integer(), fc.constant(null))
    const row = fc.record(
      {
        id: fc.oneof({ weight: 8, arbitrary: text }, any),
        type: fc.oneof({ weight: 8, arbitrary: text }, any),
        place: any,
        priority: fc.oneof({ weight: 8, arbitrary: fc.double() }, any),
        units: fc.oneof({ weight: 8, arbitrary: fc.option(fc.maxSafeInteger()) }, any),
        urgent: fc.oneof({ weight: 8, arbitrary: fc.boolean() }, any),
        at: fc.oneof(
          { weight: 8, arbitrary: fc.date({ noInvalidDate: true }).map((at) => at.toJSON()) },
          any,
        ),
        extra: any,
        other: any,
      },
      { requiredKeys: ['id', 'type', 'units', 'at'] },
    )
    const scanner = new JsonScanner(fields)
    const indent = fc.constantFrom(undefined, ' ', '\t')
    fc.assert(
      fc.property(row, indent, (value, space) => {
        check(scanner, [encoded(JSON.stringify(value, null, space))])
      }),
      { numRuns: 3_000, seed: 42 },
    )
  })
})
