import { expect } from 'chai'
import { unpack } from '../../broker/packed-batch.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { humanLine, jsonLine } from '../../cli/record-text.ts'
import { fields } from '../../topology/serdes/fields.ts'
import { ByteBuffer } from '../../topology/serdes/serde.ts'
import { utf8 } from '../../topology/serdes/primitive.ts'
import { windowed } from '../../topology/serdes/windowed.ts'

const place = { topic: 't', partition: 3 }

function lines(key: Uint8Array | null): [human: string, json: unknown] {
  const builder = new RecordBatchBuilder()
  builder.append(key, Buffer.from('1'), 0)
  const batch = unpack(builder.pack())
  const { key: jsonKey } = JSON.parse(jsonLine(place, batch, 0)) as { key: unknown }
  return [humanLine(place, batch, 0).split(' ').slice(2, -1).join(' '), jsonKey]
}

function windowedKey(text: string, startMs: number): Uint8Array {
  const buffer = new ByteBuffer()
  windowed(utf8).serialize({ key: text, window: { startMs, endMs: Infinity } }, buffer)
  return buffer.bytes.slice(0, buffer.position)
}

describe('a record as a line of text', () => {
  it('shows a key of fields and a window as both, for people and as JSON', () => {
    const buffer = new ByteBuffer()
    const serde = windowed(fields('type', 'disposition'))
    const startMs = Date.UTC(2018, 11, 31, 23)
    const key = { type: 'Traffic Stop', disposition: 'HAN' }
    serde.serialize({ key, window: { startMs, endMs: Infinity } }, buffer)
    expect(lines(buffer.bytes.slice(0, buffer.position))).to.deep.equal([
      '["Traffic Stop","HAN"]@2018-12-31T23:00:00.000Z',
      { key: ['Traffic Stop', 'HAN'], window_start: startMs },
    ])
  })

  it('shows a window behind a plain text, whatever the bytes of its start are', () => {
    // The bytes of the second start are text, too.
    for (const startMs of [Date.UTC(2018, 11, 31), 0x0167_1122_3344, Date.UTC(2199, 0)]) {
      expect(lines(windowedKey('a', startMs))).to.deep.equal([
        `a@${new Date(startMs).toISOString()}`,
        { key: 'a', window_start: startMs },
      ])
    }
  })

  it('takes nothing else for a window: texts, numbers, bytes, times out of range', () => {
    const int64 = windowedKey('', Date.UTC(2018, 0))
    const cases: [Uint8Array, unknown][] = [
      [Buffer.from('a text of some length'), 'a text of some length'],
      [Buffer.from(''), ''],
      [int64, { base64: Buffer.from(int64).toString('base64') }],
      [windowedKey('a', 0), 'a' + '\0'.repeat(8)],
      [Buffer.from('ff0000016711223344', 'hex'), { base64: '/wAAAWcRIjNE' }],
    ]
    for (const [key, expected] of cases) expect(lines(key)[1]).to.deep.equal(expected)
    expect(lines(null)[1]).to.equal(null)
  })

  it('is of what the serde reads, unless the bytes are JSON or a text to which it adds nothing', () => {
    const shownAs = (
      bytes: Uint8Array,
      value: (bytes: Uint8Array) => unknown,
    ): [string, unknown] => {
      const builder = new RecordBatchBuilder()
      builder.append(null, bytes, 0)
      const batch = unpack(builder.pack())
      const human = humanLine(place, batch, 0, { value }).trimEnd().split(' null ')[1]!
      return [human, (JSON.parse(jsonLine(place, batch, 0, { value })) as { value: unknown }).value]
    }
    const fails = (): never => {
      throw new Error('none of mine')
    }
    // A message may look like text by chance.
    expect(shownAs(Buffer.from('(8'), () => ({ id: 56n, raw: Buffer.from([255]) }))).to.deep.equal([
      '{"id":"56","raw":"/w=="}',
      { id: '56', raw: '/w==' },
    ])
    expect(shownAs(Buffer.from('{"n": 1}'), () => ({ n: 2 }))).to.deep.equal(['{"n": 1}', { n: 1 }])
    const asText = (bytes: Uint8Array) => Buffer.from(bytes).toString()
    expect(shownAs(Buffer.from('text'), asText)).to.deep.equal(['text', 'text'])
    expect(shownAs(Buffer.from([255]), fails)).to.deep.equal(['base64:/w==', { base64: '/w==' }])
  })

  it('leaves nothing in a windowed key that a terminal would obey', () => {
    expect(lines(windowedKey('\u001b[31m', Date.UTC(2018, 0)))[0]).to.equal(
      '\\u001b[31m@2018-01-01T00:00:00.000Z',
    )
  })
})
