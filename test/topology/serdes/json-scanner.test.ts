// The scanner case by case: escapes, numbers, times, nesting, spans, duplicates, its dictionaries.
import { expect } from 'chai'
import { unpack } from '../../../broker/packed-batch.ts'
import { RecordBatchBuilder } from '../../../broker/record-batch-builder.ts'
import { json } from '../../../topology/serdes/json.ts'
import { JsonScanner } from '../../../topology/serdes/json-scanner.ts'
import type { JsonFields } from '../../../topology/serdes/json-schema.ts'
import { ROW_NULL, ROW_READ, ROW_REFUSED, ROW_SLOW } from '../../../topology/serdes/row-reader.ts'
import { encoded } from './bytes.ts'
import { describeReaders } from './readers.ts'
import { expectedRow, scanRows, type Row } from './scanned.ts'

const text = { x: json.string() }
const number = { x: json.number() }
const whole = { x: json.integer() }
const raw = { x: json.raw() }

describeReaders('the scanner', (readerOf) => {
  /** Scans one row between two others and compares it with the oracle. */
  function scan(fields: JsonFields, row: string | Uint8Array): Row {
    const bytes = typeof row === 'string' ? encoded(row) : row
    const scanner = new JsonScanner(fields, readerOf)
    const found = scanRows(scanner, [encoded('{"x":1,'), bytes, encoded('"x":null}]}"')])[1]
    expect(found).to.deep.equal(expectedRow(fields, bytes))
    return found
  }

  /** How the middle row came out. */
  function statusOf(fields: JsonFields, row: string): number | undefined {
    const scanner = new JsonScanner(fields, readerOf)
    scanRows(scanner, [encoded(row)])
    return scanner.status[0]
  }

  it('reads plain rows and escaped texts by itself, and leaves escaped keys to JSON.parse', () => {
    expect(statusOf(text, ' {"x" : "é", "y": {"z": "\\n"} }\r\n')).to.equal(ROW_READ)
    expect(statusOf(text, '{"x":"\\n"}')).to.equal(ROW_READ)
    expect(statusOf(text, '{"\\u0078":"a"}')).to.equal(ROW_SLOW)
    expect(statusOf(text, '{"x":"a"')).to.equal(ROW_REFUSED)
  })

  it('finds a field by its key, escaped or not, and not by a key like it', () => {
    expect(scan(text, '{"\\u0078":"a"}')).to.deep.equal({ x: 'a' })
    expect(scan(text, '{"X":"a"}')).to.equal(undefined)
    expect(scan(text, '{"x ":"a"}')).to.equal(undefined)
    expect(scan({ 'é"': json.string() }, '{"é\\"":"a"}')).to.deep.equal({ 'é"': 'a' })
    expect(scan({ ü: json.string(), aa: json.string() }, '{"aa":"1","ü":"2"}')).to.deep.equal({
      ü: '2',
      aa: '1',
    })
  })

  it('takes the last of duplicate keys, whatever the others hold', () => {
    expect(scan(text, '{"x":"a","x":"b"}')).to.deep.equal({ x: 'b' })
    expect(scan(text, '{"x":5,"x":"b"}')).to.deep.equal({ x: 'b' })
    expect(scan(text, '{"x":"a","x":5}')).to.equal(undefined)
    const interned = { x: json.string().interned().nullable() }
    expect(scan(interned, '{"x":"a","x":null}')).to.deep.equal({ x: null })
    expect(scan(interned, '{"x":null,"x":"a"}')).to.deep.equal({ x: 'a' })
  })

  it('reads surrogates, paired, alone and escaped', () => {
    expect(scan(text, '{"x":"\\ud83d\\ude00"}')).to.deep.equal({ x: '😀' })
    expect(scan(text, '{"x":"\\ud800"}')).to.deep.equal({ x: '\ud800' })
    const interned = { x: json.string().interned() }
    expect(scan(interned, '{"x":"\\udc00\\ud800"}')).to.deep.equal({ x: '\udc00\ud800' })
    expect(scan(text, Buffer.from('7b2278223a22eda080227d', 'hex'))).to.equal(undefined)
  })

  it('refuses control characters, but not DEL, and bytes that are no UTF-8', () => {
    for (let code = 0; code < 0x20; code++) {
      expect(scan(text, `{"x":"${String.fromCharCode(code)}"}`)).to.equal(undefined)
    }
    expect(scan(text, '{"x":"\u007f"}')).to.deep.equal({ x: '\u007f' })
    for (const field of ['x', 'y']) {
      const bytes = Buffer.concat([
        encoded(`{"x":"a","${field}":"`),
        Buffer.of(0xff),
        encoded('"}'),
      ])
      expect(scan(text, bytes)).to.equal(undefined)
    }
  })

  it('refuses escapes that are none, in any field', () => {
    const chars = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code))
    const accepted = chars.filter((char) => {
      const found = scan(text, `{"x":"a","y":"\\${char}"}`)
      expect(scan(text, `{"x":"\\${char}"}`) === undefined).to.equal(found === undefined)
      return found !== undefined
    })
    expect(accepted.join('')).to.equal('"/\\bfnrt')
    for (const escape of ['u00e9', 'uD83D', 'udE00', 'uABcd']) {
      expect(scan(text, `{"x":"a","y":"\\${escape}"}`)).to.deep.equal({ x: 'a' })
    }
    for (const escape of [
      'u',
      'u00',
      'u00e',
      'ug000',
      'u0g00',
      'u00/0',
      'u000:',
      'u00@0',
      'U0000',
    ]) {
      expect(scan(text, `{"x":"a","y":"\\${escape}"}`), escape).to.equal(undefined)
    }
  })

  it('refuses a byte order mark, what follows a row, and what is no object', () => {
    for (const row of ['\ufeff{"x":"a"}', '{"x":"a"}x', '{"x":"a"}{}', '{"x":"a"},', '']) {
      expect(scan(text, row)).to.equal(undefined)
    }
    for (const row of ['["x"]', '"x"', '5', 'null', 'true', '  ']) {
      expect(scan(text, row)).to.equal(undefined)
    }
  })

  it('refuses a row cut anywhere, whatever row lies behind it', () => {
    const row = '{"x":{"a":[1,true,"é"],"b":null},"n":-1.5e+3,"b":false,"z":null}'
    const fields = {
      x: json.raw(),
      n: json.number(),
      b: json.boolean(),
      z: json.string().nullable(),
    }
    expect(scan(fields, row)).to.have.property('n', -1_500)
    const bytes = encoded(row)
    for (let end = 0; end < bytes.length; end++) {
      expect(scan(fields, bytes.subarray(0, end)), `cut at ${end}`).to.equal(undefined)
    }
  })

  it('reads numbers to the edge of doubles', () => {
    const accepted = [
      '0',
      '-0',
      '1e308',
      '1e999',
      '-1E-999',
      '5e-324',
      '9007199254740993',
      '0.1e+1',
    ]
    for (const literal of accepted) {
      expect(scan(number, `{"x":${literal}}`), literal).to.deep.equal({ x: Number(literal) })
    }
    const refused = ['01', '+1', '.5', '1.', '1e', '1e+', '-', '0x1', 'NaN', '1_0', 'Infinity']
    for (const literal of [...refused, '"1"', 'null', 'true', '[1]']) {
      expect(scan(number, `{"x":${literal}}`), literal).to.equal(undefined)
    }
  })

  it('takes whole numbers in any form and no others', () => {
    for (const literal of ['5', '5.0', '50e-1', '-9007199254740991', '0e99']) {
      expect(scan(whole, `{"x":${literal}}`), literal).to.deep.equal({ x: Number(literal) })
    }
    for (const literal of ['5.5', '9007199254740992', '1e999', '"5"']) {
      expect(scan(whole, `{"x":${literal}}`), literal).to.equal(undefined)
    }
  })

  it('keeps raw values, and follows them as deep as JSON.parse does', () => {
    expect(scan(raw, '{"x":  [ 1 , {"y":"\\u00e9"}]  }')).to.deep.equal({ x: [1, { y: 'é' }] })
    expect(scan(raw, '{"x":null}')).to.deep.equal({ x: null })
    expect(scan({ x: json.raw().optional() }, '{}')).to.deep.equal({})
    for (const depth of [999, 1_000, 1_001, 3_000]) {
      const nested = '['.repeat(depth) + ']'.repeat(depth)
      expect(scan({}, `{"y":${nested}}`), `depth ${depth}`).to.deep.equal({})
      expect(scan({}, `{"y":${nested}]}`), `depth ${depth} and one`).to.equal(undefined)
      const [row] = scanRows(new JsonScanner(raw, readerOf), [encoded(`{"x":${nested}}`)])
      let value = row?.['x'] as unknown[] | undefined
      let found = 0
      for (; value !== undefined; value = value[0] as unknown[] | undefined) found += 1
      expect(found).to.equal(depth)
    }
  })

  it('follows nesting of 100,000 levels, and refuses what it breaks off in', () => {
    const deep = '['.repeat(100_000)
    expect(scan({}, `{"y":${deep}${']'.repeat(100_000)}}`)).to.deep.equal({})
    expect(scan({}, `{"y":${deep}`)).to.equal(undefined)
    expect(scan({}, `{"y":${'{"a":['.repeat(50_000)}`)).to.equal(undefined)
  })

  it('reads rows of ten megabytes', () => {
    const long = 'a'.repeat(5_000_000)
    const fields = { x: json.string(), y: json.string().interned(), z: json.raw() }
    const row = `{"x":"${long}é","y":"${long}","z":["${long.slice(100)}"],"last":1}`
    const scanner = new JsonScanner(fields, readerOf)
    const [found] = scanRows(scanner, [encoded(row)])
    expect(scanner.status[0]).to.equal(ROW_READ)
    expect(found?.['x']).to.equal(`${long}é`)
    expect(found?.['y']).to.equal(long)
    expect(found?.['z']).to.deep.equal([long.slice(100)])
    expect(scanRows(scanner, [encoded(row.slice(0, -1))])[0]).to.equal(undefined)
  })

  it('reads date-times in every form, and none that is no date', () => {
    const at = { x: json.dateTime({ zone: 'America/Los_Angeles' }) }
    const timeOf = (form: string): unknown => scan(at, `{"x":"${form}"}`)?.['x']
    const noonMs = Date.UTC(2019, 0, 2, 20)
    const forms = ['T12:00:00.000', 'T12:00:00', 'T12:00', ' 12:00:00', 'T12:00:00-08:00']
    for (const form of [...forms, 'T20:00:00Z', 'T21:00:00.0+0100', 'T12:00:00.000000000']) {
      expect(timeOf(`2019-01-02${form}`), form).to.equal(noonMs)
    }
    expect(timeOf('2019-01-02T12:00:00.007')).to.equal(noonMs + 7)
    expect(timeOf('2019-07-02T12:00:00')).to.equal(Date.UTC(2019, 6, 2, 19))
    expect(timeOf('2020-02-29T00:00:00')).to.equal(Date.UTC(2020, 1, 29, 8))
    expect(timeOf('2000-02-29T00:00:00')).to.equal(Date.UTC(2000, 1, 29, 8))
    expect(timeOf('2100-02-29T00:00:00')).to.equal(undefined)
    expect(timeOf('2019-01-31T00:00:00')).to.equal(Date.UTC(2019, 0, 31, 8))
    const refused = ['2019-13-01T00:00:00', '2019-00-01T00:00:00', '2019-02-29T00:00:00']
    refused.push('2019-01-00T00:00:00', '2019-04-31T00:00:00', '2019-01-01T24:00:00', '2019-01-01')
    refused.push('2019-01-01T00:60:00', '2019-01-01T00:00:60', '2019-01-01T00:00:00.', 'x', '')
    refused.push('2019-01-01T00:00:00.00x', '2019-01-01x00:00:00.000', '2O19-01-01T00:00:00.000')
    refused.push('2019-01-01T00:00:00+19:00', '２019-01-01T00:00:00')
    for (const form of refused) expect(timeOf(form), form).to.equal(undefined)
  })

  it('reads no row that has no value', () => {
    const scanner = new JsonScanner(text, readerOf)
    const builder = new RecordBatchBuilder()
    builder.append(null, encoded('{"x":"a"}'), 0)
    builder.append(encoded('{"x":"key"}'), null, 0)
    builder.append(null, encoded(''), 0)
    scanner.scan(unpack(builder.pack()))
    expect([...scanner.status.subarray(0, 3)]).to.deep.equal([ROW_READ, ROW_NULL, ROW_REFUSED])
    expect([...scanner.errors.keys()]).to.deep.equal([2])
  })

  it('remembers no day that it did not accept', () => {
    const at = { x: json.dateTime({ zone: 'UTC' }) }
    const scanner = new JsonScanner(at, readerOf)
    const rows = ['2019-01-05', '2019-02-29', '2019-02-29', '2019-01-05', '2019-02-28']
    const found = scanRows(
      scanner,
      rows.map((day) => encoded(`{"x":"${day}T00:00:00.000"}`)),
    )
    expect(found.map((row) => row?.['x'])).to.deep.equal([
      Date.UTC(2019, 0, 5),
      undefined,
      undefined,
      Date.UTC(2019, 0, 5),
      Date.UTC(2019, 1, 28),
    ])
  })
})
