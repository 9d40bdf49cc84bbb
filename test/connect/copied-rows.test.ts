// Rows as COPY writes them, and their cells as JSON: the same as by the texts, whatever is in them and however they come.
import { expect } from 'chai'
import fc from 'fast-check'
import { cellWriter } from '../../connect/postgres/cell-writers.ts'
import { jsonOf } from '../../connect/postgres/cells.ts'
import { asCopied, CopiedRows } from '../../connect/postgres/copied-rows.ts'
import type { Row } from '../../connect/postgres/database.ts'
import { ByteBuffer } from '../../topology/serdes/serde.ts'

/** The rows that are in chunks. */
function rowsIn(columns: number, chunks: readonly Buffer[]): Row[] {
  const rows = new CopiedRows(columns)
  const found: Row[] = []
  for (const chunk of chunks) {
    rows.take(chunk)
    while (rows.next()) found.push(rows.cells())
  }
  return found
}

const text = fc.string({ unit: 'binary' })
const special = fc.constantFrom('\\N', '\\', '', '\t', '\n\\', '\\t', 'a\rb', '\u0001"', 'ü\u2028')
const cell = fc.option(fc.oneof(text, special))

describe('rows that COPY writes', () => {
  it('are those of the table, wherever the chunks end', () => {
    const tables = fc
      .integer({ min: 1, max: 4 })
      .chain((columns) =>
        fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1 }),
      )
    fc.assert(
      fc.property(tables, fc.integer({ min: 1, max: 20 }), (table, length) => {
        const bytes = asCopied(table)
        const chunks = Array.from({ length: Math.ceil(bytes.length / length) }, (_, i) =>
          bytes.subarray(i * length, (i + 1) * length),
        )
        expect(rowsIn(table[0]!.length, chunks)).to.deep.equal(table)
      }),
    )
  })

  it('are read as PostgreSQL writes them', () => {
    const bytes = Buffer.from('1\t\\N\t\\\\N\ta\\tb\\n\\\\\\r\\b\\f\\v\n2\t\t\\\\x01\tü\n')
    expect(rowsIn(4, [bytes])).to.deep.equal([
      ['1', null, '\\N', 'a\tb\n\\\r\b\f\v'],
      ['2', '', '\\x01', 'ü'],
    ])
  })

  it('are of no cells where a table has no columns', () => {
    expect(rowsIn(0, [Buffer.from('\n\n')])).to.deep.equal([[], []])
  })
})

describe('cells as JSON', () => {
  const mapping = {
    numericMapping: 'none',
    timestampGranularity: 'connect_logical',
    dbTimezone: 'UTC',
  } as const
  const digits = (length: number, max: number) =>
    fc.integer({ min: 0, max }).map((number) => String(number).padStart(length, '0'))
  const time = fc
    .tuple(
      fc.oneof(digits(4, 9999), digits(5, 99_999)),
      ...[digits(2, 12), digits(2, 31), digits(2, 23), digits(2, 59), digits(2, 59)],
      fc.option(digits(1, 999_999), { nil: '' }),
      fc.constantFrom('', '+00', '+00 BC', ' BC', '+01', 'x'),
    )
    .map(([year, month, day, hours, minutes, seconds, fraction, end]) => {
      const decimals = fraction === '' ? '' : `.${fraction}`
      return `${year}-${month}-${day} ${hours}:${minutes}:${seconds}${decimals}${end}`
    })
  const values = {
    text: fc.oneof(text, special),
    int8: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    numeric: fc.oneof(fc.double({ noNaN: true }).map(String), fc.constant('NaN')),
    bool: fc.constantFrom('t', 'f'),
    float8: fc.oneof(fc.double().map(String), fc.constant('-Infinity')),
    timestamptz: fc.oneof(time, fc.constantFrom('infinity', '', '1969-12-31 23:59:59.999999+00')),
    bytea: fc.constantFrom('\\x', '\\x00ff'),
  }

  for (const [name, value] of Object.entries(values)) {
    it(`are written from the bytes of ${name} as from its text`, () => {
      const toJson = jsonOf({ name, kind: 'b' }, mapping)!
      const write = cellWriter(toJson)
      const sink = new ByteBuffer()
      fc.assert(
        fc.property(value, (text) => {
          const rows = new CopiedRows(2)
          rows.take(asCopied([['before', text]]))
          rows.next()
          sink.clear()
          const isWritten = write(rows, 1, sink)
          const json = toJson(text)
          expect(isWritten).to.equal(json !== undefined)
          expect(Buffer.from(sink.take()).toString()).to.equal(json ?? '')
        }),
      )
    })
  }
})
