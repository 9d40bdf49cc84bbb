import { expect } from 'chai'
import fc from 'fast-check'
import { EventTimes, joined, type EventTimeSpan } from '../../processors/event-times.ts'

const good = { isGood: () => true }
const spanOf = (times: readonly number[]): EventTimeSpan | undefined => {
  const seen = new EventTimes()
  seen.add(Float64Array.from(times), 0, times.length, good)
  return seen.take()
}

describe('the event times of the rows that were run', () => {
  it('are told once, without the rows outside of the range and those that came to nothing', () => {
    const seen = new EventTimes()
    const times = Float64Array.of(1, 50, 30, 40, 9_999)
    seen.add(times, 1, 4, { isGood: (row) => row !== 1 })
    expect(seen.take()).to.deep.equal({ rows: 2, minMs: 30, maxMs: 40, avgMs: 35 })
    expect(seen.take()).to.equal(undefined)
    seen.add(times, 4, 5, good)
    expect(seen.take()).to.deep.equal({ rows: 1, minMs: 9_999, maxMs: 9_999, avgMs: 9_999 })
  })

  it('are the same for all rows, however they are spread over threads', () => {
    const time = fc.integer({ min: 0, max: 4_000_000_000_000 })
    const shares = fc.array(fc.array(time, { maxLength: 20 }), { maxLength: 5 })
    fc.assert(
      fc.property(shares, (given) => {
        const apart = joined(given.map(spanOf))
        const all = spanOf(given.flat())
        expect(apart?.rows).to.equal(all?.rows)
        expect(apart?.minMs).to.equal(all?.minMs)
        expect(apart?.maxMs).to.equal(all?.maxMs)
        if (all !== undefined) expect(apart!.avgMs).to.be.closeTo(all.avgMs, 1)
      }),
    )
  })
})
