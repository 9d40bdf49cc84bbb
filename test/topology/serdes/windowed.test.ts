// Windowed keys: the bytes of Kafka's TimeWindowedSerializer.
import { expect } from 'chai'
import fc from 'fast-check'
import { hours } from '../../../topology/duration.ts'
import { SerdeError } from '../../../topology/errors.ts'
import { utf8 } from '../../../topology/serdes/primitive.ts'
import { fromBytes, toBytes } from '../../../topology/serdes/serde.ts'
import {
  innerSerdeOf,
  sessionWindowed,
  windowBytesOf,
  windowed,
  windowStoreKey,
} from '../../../topology/serdes/windowed.ts'
import { fromHex, hexOf } from './bytes.ts'

const key = windowed(utf8, hours(1))
const at = (startMs: number) => ({ key: 'a', window: { startMs, endMs: startMs + 3_600_000 } })

describe('a windowed key', () => {
  it('is the key and the start of its window as a big-endian long', () => {
    expect(hexOf(key, at(0))).to.equal('610000000000000000')
    expect(hexOf(key, at(1_546_300_800_000))).to.equal('610000016806b5bc00')
    expect(hexOf(key, at(-1))).to.equal('61ffffffffffffffff')
  })

  it('reads back with the size of the windows', () => {
    expect(fromHex(key, '610000016806b5bc00')).to.deep.equal(at(1_546_300_800_000))
  })

  it('has no end where the size is not known', () => {
    const read = fromHex(windowed(utf8), '610000000000000005')
    expect(read).to.deep.equal({ key: 'a', window: { startMs: 5, endMs: Infinity } })
  })

  it('holds every start that a double holds', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.string(), (startMs, text) => {
        const value = { key: text, window: { startMs, endMs: startMs + 3_600_000 } }
        expect(fromBytes(key, toBytes(key, value))).to.deep.equal(value)
        const expected = Buffer.alloc(8)
        expected.writeBigInt64BE(BigInt(startMs))
        expect(hexOf(key, value).slice(-16)).to.equal(expected.toString('hex'))
      }),
    )
  })

  it('may have an empty key, but not fewer than eight bytes', () => {
    expect(fromHex(key, '0000000000000000').key).to.equal('')
    expect(() => fromHex(key, '00000000000000')).to.throw(SerdeError, 'at least 8 bytes')
  })

  it('knows the serde of the key inside', () => {
    expect(key.name).to.equal('windowed(utf8)')
    expect(innerSerdeOf(key)).to.equal(utf8)
    expect(innerSerdeOf(utf8)).to.equal(undefined)
  })
})

describe('a key with its session', () => {
  const session = sessionWindowed(utf8)
  const zone = { key: 'zone', window: { startMs: 300, endMs: 450 } }

  it('is the key, the end and the start of the session as big-endian longs', () => {
    expect(hexOf(session, zone)).to.equal('7a6f6e6500000000000001c2000000000000012c')
    expect(fromHex(session, '7a6f6e6500000000000001c2000000000000012c')).to.deep.equal(zone)
  })

  it('is partitioned by the key inside', () => {
    expect([windowBytesOf(session), windowBytesOf(key), windowBytesOf(utf8)]).to.deep.equal([
      16, 8, 0,
    ])
    expect(innerSerdeOf(session)).to.equal(utf8)
  })

  it('has at least 16 bytes', () => {
    expect(() => fromHex(session, '7a6f6e65')).to.throw(SerdeError, 'at least 16 bytes')
  })
})

describe('a key of a window store', () => {
  const stored = windowStoreKey(utf8, hours(1))
  const first = { key: 'zone', window: { startMs: 300, endMs: 3_600_300 }, sequence: 1 }

  it('is the key, the start of the window and a number, as in the changelogs of Kafka Streams', () => {
    expect(hexOf(stored, first)).to.equal('7a6f6e65000000000000012c00000001')
    expect(fromHex(stored, '7a6f6e65000000000000012c00000001')).to.deep.equal(first)
    const endless = fromHex(windowStoreKey(utf8), '000000000000000500000000')
    expect(endless).to.deep.equal({
      key: '',
      window: { startMs: 5, endMs: Infinity },
      sequence: 0,
    })
  })

  it('is partitioned by the key inside', () => {
    expect(windowBytesOf(stored)).to.equal(12)
    expect(innerSerdeOf(stored)).to.equal(utf8)
  })

  it('has at least 12 bytes', () => {
    expect(() => fromHex(stored, '7a6f6e65')).to.throw(SerdeError, 'at least 12 bytes')
  })
})
