// Frames: what is packed is what is read, wherever the bytes lie.
import { expect } from 'chai'
import fc from 'fast-check'
import { FrameBuilder, FrameReader, NO_KEY, type Frame } from '../../processors/frame.ts'
import { FramePlace } from '../../processors/row-place.ts'
import { ByteBuffer } from '../../topology/serdes/serde.ts'
import { writeUtf8 } from '../../topology/serdes/text.ts'

interface Row {
  readonly key: string
  readonly timestampMs: number
}

/** Rows as a frame that begins at `at`. */
function written(builder: FrameBuilder, rows: readonly Row[], at = 0): Uint8Array {
  const keys = new Map<string, number>()
  for (const { key, timestampMs } of rows) {
    let known = keys.get(key)
    if (known === undefined) {
      writeUtf8(key, builder.keys)
      known = builder.endKey()
    }
    keys.set(key, known)
    builder.addRow(known, timestampMs)
  }
  const bytes = new Uint8Array(at + builder.byteLength)
  builder.write(bytes, at, 7, { streamTimeMs: 1_234.5, vouchedMs: 1_000, sentAtMs: 99 })
  return bytes
}

/** The rows of a frame. */
function rowsOf(frame: Frame): Row[] {
  const ends = [0, ...frame.keyEnds]
  return Array.from({ length: frame.rowCount }, (_, row) => {
    const key = frame.keyOf[row]!
    const [from, to] = [frame.keysStart + ends[key]!, frame.keysStart + ends[key + 1]!]
    return {
      key: Buffer.from(frame.bytes.subarray(from, to)).toString(),
      timestampMs: frame.timestamps[row]!,
    }
  })
}

describe('a frame', () => {
  it('holds the headers of the rows that have any, and takes no room for them where none has', () => {
    const packed = fc.uint8Array({ maxLength: 9 })
    const builder = new FrameBuilder()
    const reader = new FrameReader()
    const property = fc.property(fc.array(packed, { maxLength: 300 }), (rows) => {
      for (const headers of rows) {
        builder.headers.reserve(headers.length)
        builder.headers.bytes.set(headers, builder.headers.position)
        builder.headers.position += headers.length
        builder.addRow(NO_KEY, 1)
      }
      const bytes = written(builder, [])
      const frame = reader.read(bytes, 0, bytes.length)
      const read = rows.map((_, row) => {
        const place = new FramePlace('t', 0, () => ({ frame, row, offset: 0, isRecord: false }))
        const to = new ByteBuffer()
        place.copyHeaders(to)
        return to.bytes.slice(0, to.position)
      })
      expect(read).to.deep.equal(rows)
      const hasAny = rows.some(({ length }) => length > 0)
      expect(frame.headerEnds !== undefined).to.equal(hasAny)
    })
    fc.assert(property, { numRuns: 60 })
  })

  it('holds rows in their order, each key once, and what its writer says of time', () => {
    const rows = ['a', 'b', 'a', '', 'a'].map((key, i) => ({ key, timestampMs: i * 2 ** 40 }))
    const bytes = written(new FrameBuilder(), rows)
    const frame = new FrameReader().read(bytes, 0, bytes.length)
    expect(frame).to.include({ writer: 7, streamTimeMs: 1_234.5, sentAtMs: 99, rowCount: 5 })
    expect(frame.keyEnds).to.have.length(3)
    expect(rowsOf(frame)).to.deep.equal(rows)
  })

  it('may hold no rows at all: then it tells the time only', () => {
    const bytes = written(new FrameBuilder(), [])
    const frame = new FrameReader().read(bytes, 0, bytes.length)
    expect(frame).to.include({ writer: 7, streamTimeMs: 1_234.5, rowCount: 0 })
  })

  it('is read back whatever it holds, at any place, one after the other', () => {
    const row = fc.record({ key: fc.string({ unit: 'binary' }), timestampMs: fc.maxSafeNat() })
    const wellFormed = row.filter(({ key }) => Buffer.from(key).toString() === key)
    const [builder, reader] = [new FrameBuilder(), new FrameReader()]
    fc.assert(
      fc.property(fc.array(wellFormed, { maxLength: 300 }), fc.nat(9), (rows, at) => {
        const bytes = written(builder, rows, at)
        expect(rowsOf(reader.read(bytes, at, bytes.length))).to.deep.equal(rows)
      }),
    )
  })

  it('may be larger than all before', () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => ({ key: `k${i}`, timestampMs: i }))
    const bytes = written(new FrameBuilder(), rows)
    expect(rowsOf(new FrameReader().read(bytes, 0, bytes.length))).to.deep.equal(rows)
  })

  it('is refused when it is of another version or cut short anywhere', () => {
    const bytes = written(new FrameBuilder(), [
      { key: 'a', timestampMs: 1 },
      { key: 'bc', timestampMs: 2 },
    ])
    const reader = new FrameReader()
    for (let end = 0; end < bytes.length; end++) {
      expect(() => reader.read(bytes, 0, end), `cut at ${end}`).to.throw(Error)
    }
    bytes[0] = 9
    expect(() => reader.read(bytes, 0, bytes.length)).to.throw(
      'not a repartition frame of a known version',
    )
  })
})
