import { expect } from 'chai'
import {
  bootstrapMedian,
  holm,
  median,
  quantileOf,
  signFlipP,
  spread,
} from '../../../cli/tune/statistics.ts'
import { createRandom } from '../../../data/random.ts'

describe('the statistics of tune', () => {
  it('take medians and quartiles between the numbers where none is in the middle', () => {
    expect(median([3, 1, 2])).to.equal(2)
    expect(median([4, 1, 3, 2])).to.equal(2.5)
    expect(spread([1, 2, 3, 4, 5])).to.deep.equal({ low: 2, high: 4 })
    expect(quantileOf([10, 20], 0.1)).to.equal(11)
    expect(median([])).to.satisfy(Number.isNaN)
  })

  it('find a probability of two in 2^n where all pairs say the same', () => {
    expect(signFlipP([1, 2, 3])).to.equal(2 / 8)
    expect(signFlipP([-0.1, -0.2, -0.3, -0.1, -0.5, -0.2])).to.equal(2 / 64)
    expect(signFlipP([0.1])).to.equal(1)
  })

  it('count the ways by hand: of 5, 4 and -1 four of eight sums are as far from zero', () => {
    // 5+4-1 = 8, 5+4+1 = 10, and both with all signs turned.
    expect(signFlipP([5, 4, -1])).to.equal(4 / 8)
  })

  it('know nothing of no pairs and of pairs without a difference', () => {
    expect(signFlipP([])).to.equal(1)
    expect(signFlipP([0, 0, 0])).to.equal(1)
  })

  it('say about the same of many pairs, where ways are drawn, as of the exact count', () => {
    const differences = [3, -1, 2, 4, -2, 1, 3, -1, 2, 2, -3, 1, 4, -1]
    const exact = signFlipP(differences)
    const drawn = signFlipP([...differences, 0])
    expect(drawn).to.be.closeTo(exact, 0.015)
    expect(signFlipP([...differences, 0])).to.equal(drawn)
  })

  it('take noise for an effect in one of twenty cases or so', () => {
    const random = createRandom(7)
    let wrong = 0
    for (let experiment = 0; experiment < 400; experiment++) {
      const noise = Array.from({ length: 8 }, () => random.next() - 0.5)
      if (signFlipP(noise) <= 0.05) wrong += 1
    }
    expect(wrong / 400).to.be.within(0.02, 0.08)
  })

  it('put an interval around the median that is narrow where the numbers agree', () => {
    expect(bootstrapMedian([5, 5, 5, 5])).to.deep.equal({ low: 5, high: 5 })
    const { low, high } = bootstrapMedian([1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(low).to.be.within(1, 4)
    expect(high).to.be.within(6, 9)
  })

  it('correct for several questions by Holm: each by what is left, and in order', () => {
    const corrected = holm([0.01, 0.04, 0.03]).map((p) => Number(p.toFixed(3)))
    expect(corrected).to.deep.equal([0.03, 0.06, 0.06])
    expect(holm([0.5, 0.9])).to.deep.equal([1, 1])
  })
})
