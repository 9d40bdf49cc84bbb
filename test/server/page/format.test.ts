import { expect } from 'chai'
import { brief, bytes, count, duration, instant, rate } from '../../../server/page/format.ts'

describe('the figures of the page', () => {
  it('are grouped, or short', () => {
    expect([count(12_345.6), brief(12_345), brief(0), rate(48.12)]).to.deep.equal([
      '12,346',
      '12.3K',
      '0',
      '48.1/s',
    ])
  })

  it('have the unit that fits', () => {
    expect([0, 999, 1_234, 512_345_678].map(bytes)).to.deep.equal([
      '0 B',
      '999 B',
      '1.2 KB',
      '512 MB',
    ])
    expect([0, 0.25, 999, 1_500, 90_000, 5_400_000, 3e11].map(duration)).to.deep.equal([
      ...['0 ms', '0.3 ms', '999 ms', '1.5 s', '1.5 min', '1.5 h', '9.5 y'],
    ])
  })

  it('are instants in UTC', () => {
    expect(instant(Date.UTC(2018, 11, 31, 23, 59, 1))).to.equal('2018-12-31 23:59:01 UTC')
  })
})
