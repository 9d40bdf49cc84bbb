// The serdes of single values: Kafka's bytes, round trips, and errors for what does not fit.
import { expect } from 'chai'
import fc from 'fast-check'
import { SerdeError } from '../../../topology/errors.ts'
import { bytes, float64, int32, int64, utf8 } from '../../../topology/serdes/primitive.ts'
import { fromBytes, toBytes, type Serde } from '../../../topology/serdes/serde.ts'
import { fromHex, hexOf } from './bytes.ts'

/** Bytes as Kafka's own serializers write them. */
function bytesCases<T>(serde: Serde<T>, cases: readonly [value: T, hex: string][]): void {
  for (const [value, hex] of cases) {
    it(`writes and reads ${String(value)} as ${hex || 'nothing'}`, () => {
      expect(hexOf(serde, value)).to.equal(hex)
      expect(fromHex(serde, hex)).to.deep.equal(value)
    })
  }
}

describe('int32, as IntegerSerializer', () => {
  bytesCases(int32, [
    [0, '00000000'],
    [1, '00000001'],
    [-1, 'ffffffff'],
    [2_147_483_647, '7fffffff'],
    [-2_147_483_648, '80000000'],
  ])

  it('refuses what is no 32-bit whole number', () => {
    for (const value of [2_147_483_648, -2_147_483_649, 0.5, NaN, Infinity]) {
      expect(() => toBytes(int32, value)).to.throw(SerdeError, `${value} is no int32`)
    }
  })

  it('refuses another number of bytes', () => {
    expect(() => fromHex(int32, '0000')).to.throw(SerdeError, 'int32 has 4 bytes, not 2')
    expect(() => fromHex(int32, '0000000000')).to.throw(SerdeError, 'not 5')
  })
})

describe('int64, as LongSerializer', () => {
  bytesCases(int64, [
    [0n, '0000000000000000'],
    [1_546_300_800_000n, '0000016806b5bc00'],
    [-1n, 'ffffffffffffffff'],
    [9_223_372_036_854_775_807n, '7fffffffffffffff'],
    [-9_223_372_036_854_775_808n, '8000000000000000'],
  ])

  it('refuses what is no 64-bit whole number', () => {
    expect(() => toBytes(int64, 2n ** 63n)).to.throw(SerdeError, 'is no int64')
    expect(() => toBytes(int64, 5 as unknown as bigint)).to.throw(SerdeError, '5 is no int64')
    expect(() => fromHex(int64, '00')).to.throw(SerdeError, 'int64 has 8 bytes, not 1')
  })
})

describe('float64, as DoubleSerializer', () => {
  bytesCases(float64, [
    [0, '0000000000000000'],
    [-0, '8000000000000000'],
    [1.5, '3ff8000000000000'],
    [-1e308, 'ffe1ccf385ebc8a0'],
    [Infinity, '7ff0000000000000'],
    [NaN, '7ff8000000000000'],
  ])

  it('refuses what is no number', () => {
    expect(() => toBytes(float64, '1' as unknown as number)).to.throw(SerdeError, '1 is no float64')
  })
})

describe('utf8, as StringSerializer', () => {
  bytesCases(utf8, [
    ['', ''],
    ['abc', '616263'],
    ['é€😀', 'c3a9e282acf09f9880'],
    ['\u0000', '00'],
    ['\ufeffx', 'efbbbf78'],
  ])

  it('reads back every string, short and long, whatever its letters', () => {
    const texts = fc.string({ unit: 'binary', maxLength: 120 })
    fc.assert(
      fc.property(texts, (text) => {
        expect(fromBytes(utf8, toBytes(utf8, text))).to.equal(text)
        expect(hexOf(utf8, text)).to.equal(Buffer.from(text).toString('hex'))
      }),
      { numRuns: 500 },
    )
  })

  it('writes a lone surrogate as the replacement character', () => {
    expect(hexOf(utf8, 'a\ud800')).to.equal('61efbfbd')
  })

  it('refuses bytes that are no UTF-8, and values that are no text', () => {
    for (const hex of ['80', 'c3', 'c0af', 'eda080', 'f5808080']) {
      expect(() => fromHex(utf8, hex)).to.throw(SerdeError, 'the bytes are not valid UTF-8')
    }
    expect(() => toBytes(utf8, 5 as unknown as string)).to.throw(SerdeError, 'number is no utf8')
  })
})

describe('bytes, as ByteArraySerializer', () => {
  it('are written as they are and read as a copy', () => {
    const given = new Uint8Array([1, 2, 255])
    expect(hexOf(bytes, given)).to.equal('0102ff')
    const written = toBytes(bytes, given)
    const read = fromBytes(bytes, written)
    written[0] = 9
    expect(read).to.deep.equal(given)
  })

  it('refuses what is no array of bytes', () => {
    expect(() => toBytes(bytes, 'a' as unknown as Uint8Array)).to.throw(
      SerdeError,
      'string is no bytes',
    )
  })
})
