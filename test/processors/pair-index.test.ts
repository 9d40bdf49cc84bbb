// Numbers for pairs of ids, through growth and clearing.
import { expect } from 'chai'
import fc from 'fast-check'
import { PairIndex } from '../../processors/pair-index.ts'

describe('the index of pairs', () => {
  it('knows pairs again by the numbers that they were given', () => {
    const pairs = fc.array(fc.tuple(fc.nat(200), fc.nat(200)), { maxLength: 5_000, size: 'max' })
    const index = new PairIndex()
    fc.assert(
      fc.property(pairs, (all) => {
        index.clear()
        const known = new Map<string, number>()
        for (const pair of all) {
          const number = known.get(String(pair)) ?? -1
          expect(index.find(...pair)).to.equal(number)
          if (number < 0) known.set(String(pair), index.add(...pair, index.size))
        }
      }),
      { numRuns: 20 },
    )
  })

  it('tells first from second, and holds more pairs than it began with', () => {
    const index = new PairIndex()
    for (let i = 0; i < 100_000; i++) {
      index.add(i % 317, Math.floor(i / 317), i)
    }
    for (let i = 0; i < 100_000; i++) {
      if (index.find(i % 317, Math.floor(i / 317)) !== i) throw new Error(`pair ${i}`)
    }
    expect(index.find(0, 316)).to.equal(-1)
    expect(index.size).to.equal(100_000)
  })
})
