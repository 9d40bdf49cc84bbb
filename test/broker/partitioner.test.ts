import { expect } from 'chai'
import fc from 'fast-check'
import { murmur2, partitionFor } from '../../broker/partitioner.ts'

const utf8 = new TextEncoder()

describe('partitioner', () => {
  const vectors: readonly [key: string, hash: number][] = [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ]
  for (const [key, hash] of vectors) {
    it(`hashes "${key}" as Kafka does`, () => {
      expect(murmur2(utf8.encode(key))).to.equal(hash)
    })
  }

  it('clears the sign of a negative hash instead of negating it', () => {
    expect(partitionFor(utf8.encode('21'), 4)).to.equal((-973932308 & 0x7fffffff) % 4)
  })

  it('hashes a span of a larger array as it hashes the span alone', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.uint8Array(),
        fc.uint8Array(),
        (key, head, tail) => {
          const bytes = Uint8Array.from([...head, ...key, ...tail])
          const end = head.length + key.length
          expect(murmur2(bytes, head.length, end)).to.equal(murmur2(key))
          expect(partitionFor(bytes, 7, head.length, end)).to.equal(partitionFor(key, 7))
        },
      ),
    )
  })

  it('always names a partition that exists, and spreads keys over all of them', () => {
    const counts = new Array<number>(12).fill(0)
    for (let i = 0; i < 12_000; i++) {
      const partition = partitionFor(utf8.encode(String(182_750_000 + i)), 12)
      counts[partition] = (counts[partition] ?? 0) + 1
    }
    expect(counts).to.have.length(12)
    for (const count of counts) expect(count).to.be.within(850, 1_150)
  })
})
