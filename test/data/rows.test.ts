import { mkdirSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import fc from 'fast-check'
import { generatePoliceCalls } from '../../data/police-calls/generate.ts'
import { writePoliceCalls } from '../../data/police-calls/write.ts'
import { RowsError, rowBatches, rows } from '../../data/rows.ts'
import { heldMegabytes } from './heap.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** What is read of a file: `line: compact bytes` of good rows, `line! reason` of broken ones. */
async function read(file: string): Promise<string[]> {
  const found: string[] = []
  for await (const row of rows(file)) {
    found.push(
      row.error === undefined
        ? `${row.line}: ${Buffer.from(row.bytes).toString()}`
        : `${row.line}! ${row.error}`,
    )
  }
  return found
}

async function errorOf(file: string): Promise<unknown> {
  return read(file).then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('rows of a file', () => {
  const path = temporaryDirectory()
  const readText = async (text: string | Buffer): Promise<string[]> => {
    writeFileSync(path('rows'), text)
    return read(path('rows'))
  }
  const calls = [...generatePoliceCalls({ rows: 3_000, seed: 4 })]

  for (const format of ['array', 'lines'] as const) {
    for (const ending of ['', '.gz']) {
      it(`are those that were written, as ${format}${ending}`, async () => {
        const file = path(`calls-${format}${ending}`)
        await writePoliceCalls({ rows: 3_000, seed: 4, file, format })
        let index = 0
        for await (const row of rows(file)) {
          if (row.error !== undefined) throw new Error(row.error)
          expect(row.value).to.deep.equal(calls[index])
          expect(Buffer.from(row.bytes).toString()).to.equal(JSON.stringify(calls[index]))
          expect(row.line).to.equal(format === 'lines' ? index + 1 : 2 + 16 * index)
          index += 1
        }
        expect(index).to.equal(3_000)
      })
    }
  }

  it('are compact, with numbers, escapes and the order of fields as in the file', async () => {
    const row = '{ "b" : 1.0, "10": [ 1e2,\ttrue ], "1": "a  \\"b\\\\", "u": "\\u00e9 é" }'
    const expected = '1: {"b":1.0,"10":[1e2,true],"1":"a  \\"b\\\\","u":"\\u00e9 é"}'
    expect(await readText(`${row}\n`)).to.deep.equal([expected])
    expect(await readText(`[${row}]`)).to.deep.equal([expected])
  })

  it('may have no line break at the end, empty lines, carriage returns and a byte order mark', async () => {
    expect(await readText('\ufeff{"a":1}\r\n\r\n  {"a":2}\n\n{"a":3}')).to.deep.equal([
      '1: {"a":1}',
      '3: {"a":2}',
      '5: {"a":3}',
    ])
    expect(await readText('\ufeff\n[\r\n  {"a":1},\r\n  {"a":2}\r\n]\r\n')).to.deep.equal([
      '3: {"a":1}',
      '4: {"a":2}',
    ])
  })

  it('may be none', async () => {
    expect(await readText('')).to.deep.equal([])
    expect(await readText(' \n')).to.deep.equal([])
    expect(await readText('[]')).to.deep.equal([])
    expect(await readText('[\n]\n')).to.deep.equal([])
  })

  it('may stand on one line of an array, and hold objects and brackets', async () => {
    expect(await readText('[{"a":{"b":[{}]}},{"c":"]}{["}]')).to.deep.equal([
      '1: {"a":{"b":[{}]}}',
      '1: {"c":"]}{["}',
    ])
  })

  it('are found again after a broken line', async () => {
    const found = await readText(
      '{"a":1}\n{"a":"cut\n{"a":2}\nnonsense\n[1]\nnull\n{"a":3}}\n{"a":4}\n',
    )
    expect(found.filter((row) => row.includes(': {'))).to.deep.equal([
      '1: {"a":1}',
      '3: {"a":2}',
      '8: {"a":4}',
    ])
    expect(found[1]).to.match(/^2! not valid JSON: /)
    expect(found.slice(3, 6)).to.deep.equal([
      '4! not a JSON object',
      '5! not a JSON object',
      '6! not a JSON object',
    ])
    expect(found[6]).to.match(/^7! not valid JSON: /)
  })

  it('are found again after a row of an array that is cut, inside a text or outside', async () => {
    const cutInText = '[\n    {\n        "a": "cut,\n    {\n        "a": 2\n    },\n    {"a": 3}\n]'
    expect(await readText(cutInText)).to.deep.equal([
      '2! a text is not closed on its line',
      '4: {"a":2}',
      '7: {"a":3}',
    ])
    const cutOutside = '[\n    {\n        "a": 1,\n    {\n        "a": 2\n    }\n]\n'
    expect(await readText(cutOutside)).to.deep.equal(['2! the row is not closed', '4: {"a":2}'])
  })

  it('are found again after what is no object, or one brace too many', async () => {
    expect(await readText('[\n  {"a":1}},\n  null,\n  {"a":2},\n  5,\n  {"a":3}\n]')).to.deep.equal(
      [
        '2: {"a":1}',
        '2! no object stands here',
        '4: {"a":2}',
        '5! no object stands here',
        '6: {"a":3}',
      ],
    )
  })

  it('tell of an array that ends too early or too late', async () => {
    expect(await readText('[\n  {"a":1},\n  {"a"')).to.deep.equal([
      '2: {"a":1}',
      '3! the file ends within this row',
    ])
    expect(await readText('[\n  {"a":1},\n')).to.deep.equal([
      '2: {"a":1}',
      '3! the array is not closed',
    ])
    expect(await readText('[\n  {"a":1},\n  {"a":\n]\n')).to.deep.equal([
      '2: {"a":1}',
      '3! the row is not closed',
    ])
    expect(await readText('[\n  {"a":1}\n]\n[ x\n')).to.deep.equal([
      '2: {"a":1}',
      '4! text after the end of the array',
    ])
  })

  it('tell of bytes that are not UTF-8', async () => {
    const bad = Buffer.concat([
      Buffer.from('{"a":"'),
      Buffer.from([0xff, 0xc0]),
      Buffer.from('"}\n'),
    ])
    const found = await readText(Buffer.concat([bad, Buffer.from('{"a":"é"}\n')]))
    expect(found).to.deep.equal(['1! not valid UTF-8', '2: {"a":"é"}'])
  })

  for (const format of ['array', 'lines'] as const) {
    it(`come through whole when broken ones lie between them, as ${format}`, async () => {
      const file = path(`faulty-${format}.gz`)
      const written = await writePoliceCalls({ rows: 3_000, seed: 4, file, format, faults: 0.1 })
      const good: unknown[] = []
      let synthetic = 0
      let broken = 0
      for await (const row of rows(file)) {
        if (row.error !== undefined) broken += 1
        else if (String(row.value['address']).startsWith('Synthetic')) synthetic += 1
        else good.push(row.value)
      }
      expect(good).to.deep.equal(calls)
      expect(broken + synthetic).to.equal(written.faults)
      // Of six kinds two are no JSON at all.
      expect(broken).to.be.within(
        Math.floor(written.faults / 3) - 1,
        Math.ceil(written.faults / 3) + 1,
      )
    })
  }

  it('are the same wherever the chunks of the file end', async function () {
    this.timeout(20_000)
    // Rows longer than a chunk, with texts full of what could be mistaken for structure.
    const text = fc.string({
      unit: fc.constantFrom('\\', '"', '{', '}', '[', ']', ',', 'é', '\n', ' '),
      maxLength: 40,
    })
    const value = fc.record({ a: text, b: fc.array(fc.record({ c: text }), { maxLength: 3 }) })
    await fc.assert(
      fc.asyncProperty(
        fc.array(value, { maxLength: 12 }),
        fc.integer({ min: 0, max: 5 }),
        async (list, indent) => {
          const padded = list.map((item, i) => ({
            ...item,
            pad: 'x'.repeat(i % 4 === 3 ? 400_000 : 0),
          }))
          const lines = padded.map((item) => `${JSON.stringify(item)}\n`).join('')
          const values = async (content: string): Promise<unknown[]> => {
            writeFileSync(path('chunked'), content)
            const all: unknown[] = []
            for await (const row of rows(path('chunked')))
              all.push(row.error ?? (row as { value: unknown }).value)
            return all
          }
          expect(await values(lines)).to.deep.equal(padded)
          // Indented, texts with line breaks stay escaped, so objects start lines only where rows do.
          expect(await values(JSON.stringify(padded, undefined, indent))).to.deep.equal(padded)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('need constant memory, however long the file', async function () {
    this.timeout(30_000)
    const file = path('many.json')
    await writePoliceCalls({ rows: 200_000, seed: 4, file, format: 'array' })
    // The least that is held while the first half is read, and the second. The most says little: buffers
    // that were given up are counted until V8 sweeps them, some time after the collection.
    const lowest = [Infinity, Infinity]
    let count = 0
    let batches = 0
    for await (const batch of rowBatches(file)) {
      count += batch.length
      batches += 1
      const half = count < 100_000 ? 0 : 1
      if (batches % 10 === 0) lowest[half] = Math.min(lowest[half]!, heldMegabytes())
    }
    expect(count).to.equal(200_000)
    // Kept, the rows of the first half would be 56 MB as bytes, and some 100 more as objects.
    expect(lowest[1]! - lowest[0]!).to.be.lessThan(20)
  })

  it('refuse a file that is neither form, is cut gzip, is a directory or is not there', async () => {
    const cases: [name: string, content: string | Buffer, code: string, message: string][] = [
      [
        'csv',
        'crime_id,address\n1,x\n',
        'MILLRACE_ROWS_FORMAT',
        'it starts with "crime_id,address\\n1,x',
      ],
      ['number', '5', 'MILLRACE_ROWS_FORMAT', 'neither an array of JSON objects nor'],
      [
        'cut.gz',
        gzipSync('{"a":1}\n'.repeat(9)).subarray(0, 20),
        'MILLRACE_ROWS_GZIP',
        'cut short',
      ],
      [
        'bad.gz',
        Buffer.from([0x1f, 0x8b, 8, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        'MILLRACE_ROWS_GZIP',
        'damaged',
      ],
    ]
    for (const [name, content, code, message] of cases) {
      writeFileSync(path(name), content)
      const error = await errorOf(path(name))
      expect(error, name).to.be.instanceOf(RowsError).with.property('code', code)
      expect((error as RowsError).message)
        .to.include(message)
        .and.include(path(name))
    }
    const missing = await errorOf(path('missing'))
    expect(missing).to.be.instanceOf(RowsError).with.property('code', 'MILLRACE_ROWS_UNREADABLE')
    mkdirSync(path('directory'))
    const directory = await errorOf(path('directory'))
    expect(directory).to.be.instanceOf(RowsError).with.property('code', 'MILLRACE_ROWS_UNREADABLE')
  })

  it('need not be read to the end', async () => {
    const file = path('calls-array.gz')
    for await (const row of rows(file)) {
      expect(row.line).to.equal(2)
      break
    }
  })
})
