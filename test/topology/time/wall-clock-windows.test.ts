// Windows of local days and hours: over changes of summer time, days left out, odd offsets.
import { expect } from 'chai'
import fc from 'fast-check'
import { hours } from '../../../topology/duration.ts'
import { TopologyError } from '../../../topology/errors.ts'
import type { LocalWindows } from '../../../topology/local-windows.ts'
import { tumbling } from '../../../topology/windows.ts'

const grace = hours(0)
const daysIn = (timeZone: string, days = 1): LocalWindows => tumbling({ days, timeZone, grace })
const hoursIn = (timeZone: string, count: number): LocalWindows =>
  tumbling({ hours: count, timeZone, grace })

const shown = (ms: number): string => new Date(ms).toISOString().slice(0, 16)
/** The window of an instant as two instants. */
const windowOf = (windows: LocalWindows, instant: string): string => {
  const { startMs, endMs } = windows.windowAt(Date.parse(`${instant}Z`))
  return `${shown(startMs)} ${shown(endMs)}`
}

describe('the window of local time of an instant', () => {
  const cases: readonly [what: string, windows: LocalWindows, at: string, window: string][] = [
    [
      'a day',
      daysIn('America/Los_Angeles'),
      '2018-07-01T12:00',
      '2018-07-01T07:00 2018-07-02T07:00',
    ],
    [
      'its last minute',
      daysIn('America/Los_Angeles'),
      '2018-07-02T06:59',
      '2018-07-01T07:00 2018-07-02T07:00',
    ],
    [
      'a day of 25 hours',
      daysIn('America/Los_Angeles'),
      '2018-11-04T12:00',
      '2018-11-04T07:00 2018-11-05T08:00',
    ],
    [
      'its last hour',
      daysIn('America/Los_Angeles'),
      '2018-11-05T07:59',
      '2018-11-04T07:00 2018-11-05T08:00',
    ],
    [
      'the day after it',
      daysIn('America/Los_Angeles'),
      '2018-11-05T08:00',
      '2018-11-05T08:00 2018-11-06T08:00',
    ],
    [
      'a day of 23 hours',
      daysIn('America/Los_Angeles'),
      '2018-03-11T23:00',
      '2018-03-11T08:00 2018-03-12T07:00',
    ],
    [
      'the day before it',
      daysIn('America/Los_Angeles'),
      '2018-03-11T07:59',
      '2018-03-10T08:00 2018-03-11T08:00',
    ],
    [
      'a day south of the equator',
      daysIn('Australia/Sydney'),
      '2018-03-31T14:00',
      '2018-03-31T13:00 2018-04-01T14:00',
    ],
    [
      'a day whose midnight occurs twice',
      daysIn('America/Havana'),
      '2018-11-04T05:30',
      '2018-11-04T04:00 2018-11-05T05:00',
    ],
    [
      'a day whose midnight is skipped',
      daysIn('America/Sao_Paulo'),
      '2018-11-04T03:00',
      '2018-11-04T03:00 2018-11-05T02:00',
    ],
    [
      'the day before a skipped midnight',
      daysIn('America/Sao_Paulo'),
      '2018-11-04T02:59',
      '2018-11-03T03:00 2018-11-04T03:00',
    ],
    [
      'the day before one that was left out',
      daysIn('Pacific/Apia'),
      '2011-12-30T09:59',
      '2011-12-29T10:00 2011-12-30T10:00',
    ],
    [
      'the day after one that was left out',
      daysIn('Pacific/Apia'),
      '2011-12-30T10:00',
      '2011-12-30T10:00 2011-12-31T10:00',
    ],
    [
      'a day that began twice by a minute',
      daysIn('America/St_Johns'),
      '2006-10-29T02:30',
      '2006-10-29T02:30 2006-10-30T03:30',
    ],
    [
      'a week, with the change in it',
      daysIn('America/Los_Angeles', 7),
      '2018-11-04T12:00',
      '2018-11-01T07:00 2018-11-08T08:00',
    ],
    [
      'the first day there is',
      daysIn('America/Los_Angeles'),
      '1970-01-01T00:00',
      '1970-01-01T00:00 1970-01-01T08:00',
    ],
    ['a day in UTC', daysIn('UTC'), '2018-11-04T23:59', '2018-11-04T00:00 2018-11-05T00:00'],
    [
      'an hour',
      hoursIn('America/Los_Angeles', 1),
      '2018-11-04T07:59',
      '2018-11-04T07:00 2018-11-04T08:00',
    ],
    [
      'the first of a repeated hour',
      hoursIn('America/Los_Angeles', 1),
      '2018-11-04T08:30',
      '2018-11-04T08:00 2018-11-04T09:00',
    ],
    [
      'the second of a repeated hour',
      hoursIn('America/Los_Angeles', 1),
      '2018-11-04T09:30',
      '2018-11-04T09:00 2018-11-04T10:00',
    ],
    [
      'the hour after them',
      hoursIn('America/Los_Angeles', 1),
      '2018-11-04T10:00',
      '2018-11-04T10:00 2018-11-04T11:00',
    ],
    [
      'the hour before a skipped one',
      hoursIn('America/Los_Angeles', 1),
      '2018-03-11T09:59',
      '2018-03-11T09:00 2018-03-11T10:00',
    ],
    [
      'the hour after a skipped one',
      hoursIn('America/Los_Angeles', 1),
      '2018-03-11T10:00',
      '2018-03-11T10:00 2018-03-11T11:00',
    ],
    [
      'an hour where offsets are no whole hours',
      hoursIn('Asia/Kathmandu', 1),
      '2018-06-01T12:14',
      '2018-06-01T11:15 2018-06-01T12:15',
    ],
    [
      'an hour with half of it repeated',
      hoursIn('Australia/Lord_Howe', 1),
      '2018-03-31T15:10',
      '2018-03-31T14:00 2018-03-31T15:30',
    ],
    [
      'an hour with half of it skipped',
      hoursIn('Australia/Lord_Howe', 1),
      '2018-10-06T15:45',
      '2018-10-06T15:30 2018-10-06T16:00',
    ],
    [
      'six hours, seven of them',
      hoursIn('America/Los_Angeles', 6),
      '2018-11-04T13:59',
      '2018-11-04T07:00 2018-11-04T14:00',
    ],
    [
      'six hours, five of them',
      hoursIn('America/Los_Angeles', 6),
      '2018-03-11T12:59',
      '2018-03-11T08:00 2018-03-11T13:00',
    ],
    [
      'two hours that begin in a repeated one',
      hoursIn('Europe/Berlin', 2),
      '2018-10-28T01:30',
      '2018-10-28T00:00 2018-10-28T03:00',
    ],
    [
      'two hours that begin in a skipped one',
      hoursIn('Europe/Berlin', 2),
      '2018-03-25T01:00',
      '2018-03-25T01:00 2018-03-25T02:00',
    ],
  ]
  for (const [what, windows, at, window] of cases) {
    it(`is ${what}, at ${at}`, () => expect(windowOf(windows, at)).to.equal(window))
  }

  const zones = [
    'America/Los_Angeles',
    'Australia/Lord_Howe',
    'America/Havana',
    'Asia/Tehran',
    'Pacific/Apia',
  ]
  const specs = zones.flatMap((zone) => [
    ...[1, 3].map((count) => () => daysIn(zone, count)),
    ...[1, 2, 12].map((count) => () => hoursIn(zone, count)),
  ])
  const around = fc.integer({ min: Date.UTC(2008, 0) / 60_000, max: Date.UTC(2022, 0) / 60_000 })

  it('contains it, and the next one begins where it ends, whatever was asked before', () => {
    const kept = specs.map((make) => make())
    fc.assert(
      fc.property(fc.nat(specs.length - 1), around, (index, minute) => {
        const atMs = minute * 60_000
        const window = kept[index]!.windowAt(atMs)
        expect(window.startMs).to.be.at.most(atMs)
        expect(window.endMs).to.be.above(atMs)
        const fresh = specs[index]!()
        expect(fresh.windowAt(window.endMs - 1)).to.deep.equal(window)
        expect(fresh.windowAt(window.startMs)).to.deep.equal(window)
        expect(fresh.windowAt(window.endMs).startMs).to.equal(window.endMs)
      }),
      { numRuns: 300 },
    )
  })

  it('holds what the clock shows as one day, and no other day', () => {
    for (const timeZone of zones) {
      const windows = daysIn(timeZone)
      const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' })
      fc.assert(
        fc.property(around, (minute) => {
          const { startMs, endMs } = windows.windowAt(minute * 60_000)
          const day = format.format(minute * 60_000)
          expect([startMs, endMs - 1].map((ms) => format.format(ms))).to.deep.equal([day, day])
          expect([startMs - 1, endMs].map((ms) => format.format(ms))).not.to.include(day)
        }),
        { numRuns: 100 },
      )
    }
  })
})

describe('windows of local time', () => {
  it('refuse a zone that is not known, and say which may be meant', () => {
    expect(() => daysIn('US/Los_Angeles')).to.throw(
      TopologyError,
      'tumbling: unknown time zone "US/Los_Angeles": did you mean America/Los_Angeles?',
    )
  })

  it('refuse a size that is no whole day and no hours that divide one', () => {
    for (const days of [0, -1, 1.5, NaN]) {
      expect(() => daysIn('UTC', days)).to.throw(
        TopologyError,
        `whole days, at least 1, not ${days}`,
      )
    }
    for (const count of [0, 5, 24, 0.5, NaN]) {
      expect(() => hoursIn('UTC', count)).to.throw(
        TopologyError,
        `not ${count}: for more give days`,
      )
    }
  })
})
