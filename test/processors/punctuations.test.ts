import { expect } from 'chai'
import { Punctuations } from '../../processors/punctuations.ts'

describe('punctuations by the wall clock', () => {
  it('are due an interval later at most, also when the clock was set back', () => {
    const punctuations = new Punctuations()
    const calls: number[] = []
    punctuations.schedule(1_100, 100, (timeMs) => calls.push(timeMs))
    punctuations.schedule(1_050, 1_000, (timeMs) => calls.push(-timeMs))
    for (const nowMs of [1_000, 1_100, 200, 250, 300, 400, 1_199]) punctuations.advance(nowMs)
    expect(calls).to.deep.equal([-1_100, 1_100, 300, 400, 1_199])
    expect(punctuations.advance(1_200)).to.equal(2)
  })
})
