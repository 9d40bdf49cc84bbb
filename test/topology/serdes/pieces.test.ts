// Byte strings that are written again and again: whatever the bytes, they come out as they went in.
import { expect } from 'chai'
import fc from 'fast-check'
import { OVERRUN, Pieces, writeDigits } from '../../../topology/serdes/pieces.ts'

/** Bytes with many that make up NaNs and other odd doubles. */
const bytes = fc.uint8Array({ maxLength: 40 }).chain((some) =>
  fc.constantFrom(
    some,
    some.map((byte) => (byte < 128 ? 0xff : byte)),
    some.map((byte) => (byte < 64 ? 0x7f : byte < 192 ? 0xf0 : byte)),
  ),
)

describe('pieces', () => {
  it('are written as they were, one behind the other', () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 100 }), fc.nat(3), (all, from) => {
        const pieces = new Pieces()
        all.forEach((piece, number) => pieces.set(number, piece))
        const length = all.reduce((sum, piece) => sum + piece.length, from)
        const view = new DataView(new ArrayBuffer(length + OVERRUN))
        let at = from
        all.forEach((piece, number) => {
          expect(pieces.has(number)).to.equal(true)
          expect(pieces.lengthOf(number)).to.equal(piece.length)
          at = pieces.write(number, view, at)
        })
        expect(at).to.equal(length)
        expect(Buffer.from(view.buffer, from, length - from)).to.deep.equal(Buffer.concat(all))
      }),
      { numRuns: 500 },
    )
  })

  it('are forgotten together, and their numbers serve again', () => {
    const pieces = new Pieces()
    pieces.set(0, new Uint8Array(8).fill(0xff))
    pieces.set(200, new Uint8Array(100).fill(1))
    expect([pieces.has(0), pieces.has(1), pieces.has(200), pieces.has(9_999)]).to.deep.equal([
      true,
      false,
      true,
      false,
    ])
    pieces.clear()
    expect(pieces.has(0)).to.equal(false)
    pieces.set(0, Uint8Array.of(1, 2, 3))
    const view = new DataView(new ArrayBuffer(3 + OVERRUN))
    expect(pieces.write(0, view, 0)).to.equal(3)
    expect([...new Uint8Array(view.buffer, 0, 3)]).to.deep.equal([1, 2, 3])
  })
})

describe('digits', () => {
  it('are those of String', () => {
    const whole = fc.oneof(
      fc.maxSafeNat(),
      fc.nat(2_000),
      fc.constantFrom(
        0,
        -0,
        9,
        10,
        99,
        100,
        999,
        1_000,
        999_999,
        1e6,
        1e9 - 1,
        1e9,
        1e15,
        2 ** 53 - 1,
      ),
    )
    fc.assert(
      fc.property(whole, fc.nat(5), (value, at) => {
        const view = new DataView(new ArrayBuffer(at + 16 + OVERRUN))
        const end = writeDigits(view, at, value)
        expect(Buffer.from(view.buffer, at, end - at).toString()).to.equal(String(value))
      }),
      { numRuns: 2_000 },
    )
  })
})
