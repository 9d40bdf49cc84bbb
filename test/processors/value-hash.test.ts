// Hashes of values: those of others that compute the same.
import { expect } from 'chai'
import { hashOf, hasherOf, isSameHash } from '../../processors/value-hash.ts'
import { utf8 } from '../../topology/serdes/primitive.ts'
import type { Serde } from '../../topology/serdes/serde.ts'

const hexOf = (text: string): string => {
  const bytes = new TextEncoder().encode(`${text}beyond`)
  return Buffer.from(hashOf(bytes, bytes.length - 'beyond'.length)).toString('hex')
}

describe('the hash of a value', () => {
  it('is MurmurHash3 of its bytes, and of those only', () => {
    expect(hexOf('')).to.equal('0'.repeat(32))
    expect(hexOf('The quick brown fox jumps over the lazy dog')).to.equal(
      '2f1583c3ecee2c675d7bf66ce5e91d2c',
    )
  })

  it('is another one for each of many similar values, of any length', () => {
    const texts = Array.from({ length: 5_000 }, (_, i) => 'x'.repeat(i % 40) + String(i))
    expect(new Set(texts.map(hexOf)).size).to.equal(texts.length)
  })

  it('tells values apart by the bytes of a serde', () => {
    const hash = hasherOf(utf8 as unknown as Serde<never>)
    expect(isSameHash(hash('a'), hash('a'))).to.equal(true)
    expect(isSameHash(hash('a'), hash('b'))).to.equal(false)
    expect(isSameHash(hash('a'), null)).to.equal(false)
    expect(isSameHash(null, null)).to.equal(true)
  })
})
