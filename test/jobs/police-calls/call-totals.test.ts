import { expect } from 'chai'
import { CallTotals, HOURS_MAX } from '../../../jobs/police-calls/call-totals.ts'
import { periodogram } from '../../../jobs/police-calls/periodogram.ts'

const HOUR_MS = 3_600_000
const counted = (hour: number, calls: number, type = 'Noise', disposition = 'HAN') => ({
  window_start: hour * HOUR_MS,
  type,
  disposition,
  description: disposition === 'HAN' ? 'Handled' : null,
  calls,
})

describe('what the results of the police job add up to', () => {
  it('is the last count of each key, not the sum of all', () => {
    const totals = new CallTotals()
    totals.add(counted(0, 1), 0)
    totals.add(counted(0, 5), 0)
    totals.add(counted(1, 2, 'Noise', 'OTS'), 0)
    totals.add(counted(1, 3, 'Trespasser'), 1)
    expect(totals.calls).to.equal(10)
    expect([...totals.types.values()]).to.deep.equal([
      { name: 'Noise', calls: 7 },
      { name: 'Trespasser', calls: 3 },
    ])
    expect([...totals.outcomes.values()]).to.deep.equal([
      { name: 'HAN Handled', calls: 8 },
      { name: 'OTS (no description)', calls: 2 },
    ])
    expect([...totals.hours]).to.deep.equal([
      [0, 5],
      [HOUR_MS, 5],
    ])
  })

  it('does not depend on the order in which windows are put out', () => {
    const totals = new CallTotals()
    for (const hour of [100, 3, 50, 0, 99]) totals.add(counted(hour, 2), 0)
    totals.add(counted(3, 5), 0)
    expect(totals.calls).to.equal(13)
  })

  it('takes no hour twice when another run counts it again', () => {
    const totals = new CallTotals()
    const days = 40
    for (let run = 0; run < 2; run++) {
      for (let hour = 0; hour < days * 24; hour++) totals.add(counted(hour, 1), 0)
    }
    expect(totals.calls).to.equal(days * 24)
    // Another partition is behind.
    totals.add(counted(0, 2, 'Trespasser'), 1)
    expect(totals.calls).to.equal(days * 24 + 2)
  })

  it('is kept for so many hours only', () => {
    const totals = new CallTotals()
    for (let hour = 0; hour < HOURS_MAX + 10; hour++) totals.add(counted(hour, 1), 0)
    expect(totals.hours.size).to.equal(HOURS_MAX)
    expect(Math.min(...totals.hours.keys())).to.equal(10 * HOUR_MS)
    expect(totals.calls).to.equal(HOURS_MAX + 10)
  })
})

describe('the periodogram', () => {
  it('finds the rhythms that are in the counts, with their amplitudes', () => {
    const hours = Array.from({ length: 4 * 168 + 50 }, (_, hour) => {
      const at = (period: number) => Math.cos((2 * Math.PI * hour) / period)
      return 90 + 48.5 * at(24) + 12.8 * at(8) + 3 * at(168)
    })
    const peaks = periodogram(hours)
      .filter(({ amplitude }) => amplitude > 0.5)
      .map(({ cyclesPerDay, amplitude }) => [24 / cyclesPerDay, amplitude] as const)
    expect(peaks.map(([period]) => Math.round(period * 10) / 10)).to.deep.equal([168, 24, 8])
    for (const [i, expected] of [3, 48.5, 12.8].entries()) {
      expect(peaks[i]?.[1]).to.be.closeTo(expected, 1e-6)
    }
  })

  it('needs a week', () => {
    expect(periodogram(Array<number>(167).fill(1))).to.deep.equal([])
    expect(periodogram(Array<number>(168).fill(1))).to.have.length(84)
  })
})
