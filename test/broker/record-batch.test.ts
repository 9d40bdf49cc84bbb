// The packed batch of records: whatever is put in comes out, from any buffer.
import { expect } from 'chai'
import fc from 'fast-check'
import { countOf, withOffsets, setBaseOffset, unpack } from '../../broker/packed-batch.ts'
import { headersOf, keyOf, valueOf, type RecordBatch } from '../../broker/record-batch.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { packHeaders, type RecordHeader } from '../../broker/record-headers.ts'

interface Row {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timestampMs: number
  readonly headers: readonly RecordHeader[]
}

const bytes = fc.uint8Array({ maxLength: 40 })
const row: fc.Arbitrary<Row> = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  timestampMs: fc.integer({ min: -1, max: 4_102_444_800_000 }),
  headers: fc.array(fc.record({ key: fc.string(), value: fc.option(bytes) }), { maxLength: 3 }),
})

function builderOf(rows: readonly Row[]): RecordBatchBuilder {
  const builder = new RecordBatchBuilder()
  for (const { key, value, timestampMs, headers } of rows) {
    builder.append(key, value, timestampMs, headers)
  }
  return builder
}

const rowsOf = (batch: RecordBatch): Row[] =>
  Array.from({ length: batch.count }, (_, i) => ({
    key: copy(keyOf(batch, i)),
    value: copy(valueOf(batch, i)),
    timestampMs: batch.timestamps[i] ?? NaN,
    headers: headersOf(batch, i),
  }))

const copy = (view: Uint8Array | null): Uint8Array | null => (view === null ? null : view.slice())

describe('builders of batches', () => {
  it('count their rows and bytes together, until they are cleared', () => {
    const tally = { rows: 0, bytes: 0 }
    const [one, other] = [new RecordBatchBuilder(tally), new RecordBatchBuilder(tally)]
    for (const builder of [one, other, other]) builder.append(null, Uint8Array.of(1, 2), 0)
    expect(tally).to.deep.equal({ rows: 3, bytes: 6 })
    one.reserve(3)
    one.position += 3
    one.lengthenValue()
    expect(tally.bytes).to.equal(9)
    // What is no row yet is not counted.
    other.reserve(1)
    other.position += 1
    other.pack()
    expect(tally).to.deep.equal({ rows: 1, bytes: 5 })
    one.clear()
    expect(tally).to.deep.equal({ rows: 0, bytes: 0 })
  })

  it('lengthen the value of their last row', () => {
    const builder = builderOf([
      { key: Uint8Array.of(1), value: Uint8Array.of(2), timestampMs: 5, headers: [] },
      { key: null, value: Uint8Array.of(3), timestampMs: 6, headers: [] },
    ])
    builder.reserve(2)
    builder.bytes.set([4, 5], builder.position)
    builder.position += 2
    builder.lengthenValue()
    expect(builder.lastValueBytes).to.equal(3)
    const rows = rowsOf(unpack(builder.pack()))
    expect(rows.map(({ value }) => [...value!])).to.deep.equal([[2], [3, 4, 5]])
    expect(rows.map(({ timestampMs }) => timestampMs)).to.deep.equal([5, 6])
  })
})

describe('a packed record batch', () => {
  it('gives back every row as it was put in', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 200 }), (rows) => {
        const packed = builderOf(rows).pack()
        expect(countOf(packed)).to.equal(rows.length)
        expect(rowsOf(unpack(packed))).to.deep.equal(rows)
      }),
      { numRuns: 60 },
    )
  })

  it('is read from any place in a larger buffer', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 20 }), fc.nat({ max: 17 }), (rows, shift) => {
        const packed = new Uint8Array(builderOf(rows).pack())
        const larger = new Uint8Array(packed.length + shift + 5)
        larger.set(packed, shift)
        const view = larger.subarray(shift, shift + packed.length)
        expect(countOf(view)).to.equal(rows.length)
        expect(rowsOf(unpack(view))).to.deep.equal(rows)
      }),
      { numRuns: 60 },
    )
  })

  it('keeps a null apart from an empty key or value', () => {
    const builder = new RecordBatchBuilder()
    const none = new Uint8Array(0)
    builder.append(null, none, 1)
    builder.append(none, null, 2)
    const batch = unpack(builder.pack())
    expect([keyOf(batch, 0), valueOf(batch, 1)]).to.deep.equal([null, null])
    expect([valueOf(batch, 0), keyOf(batch, 1)]).to.deep.equal([none, none])
  })

  it('gets its offsets when it is stored, and keeps the gaps of a broker', () => {
    const one = { key: null, value: null, timestampMs: 1, headers: [] }
    const packed = builderOf([one, one, one]).pack()
    setBaseOffset(packed, 2 ** 40)
    expect([...unpack(packed).offsets]).to.deep.equal([2 ** 40, 2 ** 40 + 1, 2 ** 40 + 2])
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(), { minLength: 1 }), fc.array(row), (numbers, rows) => {
        const offsets = numbers.slice(0, Math.max(1, rows.length)).sort((a, b) => a - b)
        const kept = [...rows, one].slice(0, offsets.length)
        const batch = unpack(withOffsets(builderOf(kept).pack(), offsets.slice(0, kept.length)))
        expect([...batch.offsets]).to.deep.equal(offsets.slice(0, kept.length))
        expect(rowsOf(batch)).to.deep.equal(kept)
      }),
      { numRuns: 60 },
    )
  })

  it('clears its builder, which can be filled again', () => {
    const first = { key: null, value: Uint8Array.of(1), timestampMs: 1, headers: [] }
    const second = { key: Uint8Array.of(2), value: null, timestampMs: 2, headers: [] }
    const builder = builderOf([first])
    const packed = builder.pack()
    expect(builder).to.include({ count: 0, position: 0 })
    builder.append(second.key, second.value, second.timestampMs)
    expect(rowsOf(unpack(builder.pack()))).to.deep.equal([second])
    expect(rowsOf(unpack(packed))).to.deep.equal([first])
  })

  it('keeps the order and the repetitions of headers', () => {
    const headers = [
      { key: 'a', value: Uint8Array.of(1) },
      { key: 'a', value: null },
      { key: '', value: new Uint8Array(0) },
    ]
    expect(packHeaders(headers).length).to.equal(27)
    const builder = new RecordBatchBuilder()
    builder.append(null, null, 1, headers)
    expect(headersOf(unpack(builder.pack()), 0)).to.deep.equal(headers)
  })

  it('refuses bytes that are no batch, another version, and a batch cut short', () => {
    const packed = new Uint8Array(
      builderOf([{ key: null, value: Uint8Array.of(1, 2, 3), timestampMs: 1, headers: [] }]).pack(),
    )
    const other = packed.slice()
    other[0] = 9
    expect(() => unpack(new Uint8Array(7))).to.throw('not a packed record batch')
    expect(() => unpack(other)).to.throw('not a packed record batch of a known version')
    expect(() => unpack(packed.slice(0, -1))).to.throw('cut short')
  })
})
