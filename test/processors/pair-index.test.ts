// Numbers for pairs of ids: dense, in the order in which pairs come, through growth and clearing.
import { expect } from 'chai'
import fc from 'fast-check'
import { PairIndex } from '../../processors/pair-index.ts'

describe('the index of pairs', () => {
  it('numbers pairs as they come, and knows them again', () => {
    const pairs = fc.array(fc.tuple(fc.nat(200), fc.nat(200)), { maxLength: 5_000, size: 'max' })
    const index = new PairIndex()
    fc.assert(
      fc.property(pairs, (all) => {
        index.clear()
        const known = new Map<string, number>()
        for (const pair of all) {
          const path = known.get(String(pair)) ?? known.size
          known.set(String(pair), path)
          expect(index.pathOf(...pair)).to.equal(path)
        }
      }),
      { numRuns: 20 },
    )
  })

  it('tells first from second, and holds more pairs than it began with', () => {
    const index = new PairIndex()
    for (let i = 0; i < 100_000; i++) {
      if (index.pathOf(i % 317, Math.floor(i / 317)) !== i) throw new Error(`pair ${i}`)
    }
    expect(index.pathOf(5, 7)).to.not.equal(index.pathOf(7, 5))
    expect(index.pathOf(0, 0)).to.equal(0)
  })
})
