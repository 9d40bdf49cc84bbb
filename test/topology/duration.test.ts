// Durations: units, rounding, what is refused.
import { expect } from 'chai'
import { TopologyError } from '../../topology/errors.ts'
import { days, hours, milliseconds, minutes, seconds } from '../../topology/duration.ts'

describe('durations', () => {
  it('are milliseconds whatever the unit', () => {
    const all = [milliseconds(5), seconds(5), minutes(5), hours(5), days(5)]
    expect(all).to.deep.equal([5, 5_000, 300_000, 18_000_000, 432_000_000])
  })

  it('take fractions and round to whole milliseconds', () => {
    expect(seconds(1.5)).to.equal(1_500)
    expect(milliseconds(0.4)).to.equal(0)
    expect(minutes(1 / 3)).to.equal(20_000)
  })

  it('refuse what is negative or no number', () => {
    for (const amount of [-1, NaN, Infinity, -Infinity]) {
      expect(() => minutes(amount)).to.throw(
        TopologyError,
        `minutes: a duration is a finite number of at least 0, not ${amount}`,
      )
    }
  })
})
