// The ids of interned fields: the same for the same text, until there are too many of them.
import { expect } from 'chai'
import { json } from '../../../topology/serdes/json.ts'
import { JsonScanner } from '../../../topology/serdes/json-scanner.ts'
import { encoded } from './bytes.ts'
import { describeReaders } from './readers.ts'
import { scanRows } from './scanned.ts'

describeReaders('the dictionaries of the scanner', (readerOf) => {
  const fields = { x: json.string().interned() }
  const rowsOf = (from: number, count: number): Uint8Array[] =>
    Array.from({ length: count }, (_, i) => encoded(`{"x":"${from + i}"}`))

  it('give equal texts equal ids from batch to batch, by either road', () => {
    const scanner = new JsonScanner(fields, readerOf)
    const [column] = scanner.columns
    scanRows(scanner, [encoded('{"x":"a"}'), encoded('{"x":"b"}'), encoded('{"x":"\\u0061"}')])
    expect([...column!.ids.subarray(0, 3)]).to.deep.equal([0, 1, 0])
    scanRows(scanner, [encoded('{"x":"b"}')])
    expect(column!.ids[0]).to.equal(1)
    expect(scanner.dictionaryEpoch).to.equal(0)
  })

  it('begin anew with a batch once they hold more than 65,536 texts that come again', () => {
    const scanner = new JsonScanner(fields, readerOf)
    for (let i = 0; i < 4; i++) scanRows(scanner, rowsOf(0, 65_536))
    scanRows(scanner, rowsOf(65_533, 4))
    expect([scanner.dictionaryEpoch, scanner.columns[0]?.dictionary?.size]).to.eql([0, 65_537])
    const found = scanRows(scanner, rowsOf(7, 3))
    expect(found).to.deep.equal([{ x: '7' }, { x: '8' }, { x: '9' }])
    expect([scanner.dictionaryEpoch, scanner.columns[0]?.dictionary?.size]).to.eql([1, 3])
  })

  it('are given up where texts hardly come again, and other columns keep theirs', () => {
    const two = { x: json.string().interned().optional(), y: json.string().interned() }
    const scanner = new JsonScanner(two, readerOf)
    const rows = (from: number, count: number): Uint8Array[] =>
      Array.from({ length: count }, (_, i) => encoded(`{"x":"${from + i}","y":"${i % 2}"}`))
    scanRows(scanner, rows(0, 65_537))
    const odd = [
      '{"x":"\\u0061\\\\","y":"0"}',
      '{"y":"1"}',
      '{"x":"\\ud800","y":"1"}',
      '{"x":1,"y":"0"}',
    ]
    const found = scanRows(scanner, [...rows(3, 2), ...odd.map(encoded)])
    expect(found).to.deep.equal([
      { x: '3', y: '0' },
      { x: '4', y: '1' },
      { x: 'a\\', y: '0' },
      { y: '1' },
      { x: '\ud800', y: '1' },
      undefined,
    ])
    const [x, y] = scanner.columns
    expect([x!.dictionary, y!.dictionary?.size, scanner.dictionaryEpoch]).to.eql([undefined, 2, 1])
    expect([...y!.ids.subarray(0, 3)]).to.deep.equal([0, 1, 0])
    expect(scanRows(scanner, rows(900_000, 1))).to.deep.equal([{ x: '900000', y: '0' }])
  })

  it('are given up also where few texts are very long', () => {
    const scanner = new JsonScanner(fields, readerOf)
    const long = (i: number): string => `${i}${'x'.repeat(100_000)}`
    const rows = Array.from({ length: 90 }, (_, i) => encoded(JSON.stringify({ x: long(i) })))
    scanRows(scanner, rows)
    expect(scanRows(scanner, rows.slice(5, 6))).to.deep.equal([{ x: long(5) }])
    expect(scanner.columns[0]!.dictionary).to.equal(undefined)
  })

  it('tell texts apart whose hashes are the same', () => {
    // Of so many texts about ten pairs have the same hash of 32 bits.
    const count = 300_000
    const scanner = new JsonScanner(fields, readerOf)
    scanRows(scanner, rowsOf(1_000_000, count))
    const [column] = scanner.columns
    expect(column!.texts).to.have.length(count)
    expect(column!.texts.every((text, i) => text === String(1_000_000 + i))).to.equal(true)
  })

  it('hold texts of any characters, the empty one and parts of others among them', () => {
    const scanner = new JsonScanner(fields, readerOf)
    const texts = [
      '',
      'a',
      'ab',
      'abc',
      'b',
      'é',
      '\u0000',
      '😀',
      'a'.repeat(300),
      '\ufeff',
      '8 bytes.',
    ]
    const rows = [...texts, ...texts].map((x) => encoded(JSON.stringify({ x })))
    const found = scanRows(scanner, rows)
    expect(found.map((row) => row?.['x'])).to.deep.equal([...texts, ...texts])
    const ids = [...scanner.columns[0]!.ids.subarray(0, rows.length)]
    expect(ids.slice(texts.length)).to.deep.equal(ids.slice(0, texts.length))
    expect(new Set(ids).size).to.equal(texts.length)
  })

  it('forget nothing that a smaller batch after a larger one needs', () => {
    const scanner = new JsonScanner(
      { x: json.string().interned(), y: json.string().optional() },
      readerOf,
    )
    scanRows(scanner, [encoded('{"x":"a","y":"1"}'), encoded('{"x":"b","y":"2"}')])
    expect(scanRows(scanner, [encoded('{"x":"b"}')])).to.deep.equal([{ x: 'b' }])
  })
})
