import { expect } from 'chai'
import fc from 'fast-check'
import {
  ZoneError,
  parseDateTime,
  parseLocalDateTime,
  zoneOffsets,
} from '../../../topology/time/zoned-time.ts'

/** Epoch ms of a wall clock in a zone, written as an instant so that failures can be read. */
function instant(text: string, zone: string): string {
  return new Date(parseDateTime(text, zoneOffsets(zone))).toISOString()
}

describe('zone offsets', () => {
  const table: readonly [zone: string, wallClock: string, instant: string][] = [
    ['America/Los_Angeles', '2018-12-31T23:57:00.000', '2019-01-01T07:57:00.000Z'],
    ['America/Los_Angeles', '2018-07-01T00:00:00.000', '2018-07-01T07:00:00.000Z'],
    // Clocks went back at 02:00 on 4 November 2018: 01:00-01:59 occurred twice, the first counts.
    ['America/Los_Angeles', '2018-11-04T00:59:59.999', '2018-11-04T07:59:59.999Z'],
    ['America/Los_Angeles', '2018-11-04T01:00:00.000', '2018-11-04T08:00:00.000Z'],
    ['America/Los_Angeles', '2018-11-04T01:59:59.999', '2018-11-04T08:59:59.999Z'],
    ['America/Los_Angeles', '2018-11-04T02:00:00.000', '2018-11-04T10:00:00.000Z'],
    // Clocks went forward at 02:00 on 11 March 2018: 02:00-02:59 did not occur.
    ['America/Los_Angeles', '2018-03-11T01:59:59.999', '2018-03-11T09:59:59.999Z'],
    ['America/Los_Angeles', '2018-03-11T02:00:00.000', '2018-03-11T10:00:00.000Z'],
    ['America/Los_Angeles', '2018-03-11T02:30:00.000', '2018-03-11T10:30:00.000Z'],
    ['America/Los_Angeles', '2018-03-11T03:00:00.000', '2018-03-11T10:00:00.000Z'],
    ['America/Los_Angeles', '2018-03-11T03:30:00.000', '2018-03-11T10:30:00.000Z'],
    // South of the equator summer time ends in April.
    ['Australia/Sydney', '2018-01-15T12:00:00.000', '2018-01-15T01:00:00.000Z'],
    ['Australia/Sydney', '2018-07-15T12:00:00.000', '2018-07-15T02:00:00.000Z'],
    ['Australia/Sydney', '2018-04-01T02:30:00.000', '2018-03-31T15:30:00.000Z'],
    // Lord Howe moves its clocks by half an hour: back from +11:00 to +10:30 at 02:00.
    ['Australia/Lord_Howe', '2018-04-01T01:29:59.999', '2018-03-31T14:29:59.999Z'],
    ['Australia/Lord_Howe', '2018-04-01T01:30:00.000', '2018-03-31T14:30:00.000Z'],
    ['Australia/Lord_Howe', '2018-04-01T01:59:59.999', '2018-03-31T14:59:59.999Z'],
    ['Australia/Lord_Howe', '2018-04-01T02:00:00.000', '2018-03-31T15:30:00.000Z'],
    ['Australia/Lord_Howe', '2018-10-07T02:15:00.000', '2018-10-06T15:45:00.000Z'],
    ['Asia/Kathmandu', '2018-06-01T00:00:00.000', '2018-05-31T18:15:00.000Z'],
    // Before 1970, and before standard time: local mean time, with seconds.
    ['America/Los_Angeles', '1942-02-09T03:30:00.000', '1942-02-09T10:30:00.000Z'],
    ['America/Los_Angeles', '1880-01-01T00:00:00.000', '1880-01-01T07:52:58.000Z'],
    ['Europe/Berlin', '1950-06-01T12:00:00.000', '1950-06-01T11:00:00.000Z'],
    // Samoa left out 30 December 2011 altogether: a gap of a whole day.
    ['Pacific/Apia', '2011-12-29T23:00:00.000', '2011-12-30T09:00:00.000Z'],
    ['Pacific/Apia', '2011-12-30T12:00:00.000', '2011-12-30T22:00:00.000Z'],
    ['Pacific/Apia', '2011-12-31T00:00:00.000', '2011-12-30T10:00:00.000Z'],
    ['UTC', '2018-11-04T01:30:00.000', '2018-11-04T01:30:00.000Z'],
    ['Etc/UTC', '2018-11-04T01:30:00.000', '2018-11-04T01:30:00.000Z'],
  ]
  for (const [zone, wallClock, expected] of table) {
    it(`reads ${wallClock} in ${zone} as ${expected}`, () => {
      expect(instant(wallClock, zone)).to.equal(expected)
    })
  }

  it('gives back the wall clock that Intl shows, unless a clock change skipped it', () => {
    const zones = [
      'America/Los_Angeles',
      'Australia/Lord_Howe',
      'Europe/Dublin',
      'Africa/Casablanca',
      'Asia/Tehran',
      'America/St_Johns',
    ].map((zone) => ({ offsets: zoneOffsets(zone), show: formatter(zone) }))
    const minute = fc.integer({ min: Date.UTC(1950, 0) / 60_000, max: Date.UTC(2037, 0) / 60_000 })
    fc.assert(
      fc.property(fc.constantFrom(...zones), minute, ({ offsets, show }, minutes) => {
        const localMs = minutes * 60_000
        const epochMs = offsets.toEpochMs(localMs)
        // A skipped time shows later, by the gap, and nothing maps to it; all others show as given.
        const shown = show(epochMs)
        if (shown !== localMs) {
          expect(shown).to.be.greaterThan(localMs)
          const gapMs = shown - localMs
          expect(show(epochMs - gapMs)).to.be.lessThan(localMs)
        } else {
          // The first occurrence: the same wall clock did not show an hour or half an hour before.
          expect(show(epochMs - 3_600_000)).not.to.equal(localMs)
          expect(show(epochMs - 1_800_000)).not.to.equal(localMs)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('gives the same answer whatever was asked before', () => {
    const wanderer = zoneOffsets('America/Los_Angeles')
    const hour = fc.integer({
      min: Date.UTC(2018, 0) / 3_600_000,
      max: Date.UTC(2019, 0) / 3_600_000,
    })
    fc.assert(
      fc.property(hour, (hours) => {
        const localMs = hours * 3_600_000
        const fresh = zoneOffsets('America/Los_Angeles')
        expect(wanderer.toEpochMs(localMs)).to.equal(fresh.toEpochMs(localMs))
      }),
    )
  })

  it('takes a time that is no number for none', () => {
    expect(zoneOffsets('America/Los_Angeles').toEpochMs(NaN)).to.deep.equal(NaN)
  })

  it('refuses a zone it does not know, and says which may be meant', () => {
    expect(() => zoneOffsets('US/Los_Angeles'))
      .to.throw(ZoneError, 'did you mean America/Los_Angeles?')
      .with.property('code', 'MILLRACE_TIME_ZONE_UNKNOWN')
    expect(() => zoneOffsets('Mars/Phobos')).to.throw(ZoneError, 'write it as Area/City')
    expect(() => zoneOffsets('')).to.throw(ZoneError, 'unknown time zone ""')
  })
})

/** Epoch ms to the wall clock that Intl shows, as local epoch ms. */
function formatter(zone: string): (epochMs: number) => number {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
  })
  return (epochMs) => Date.parse(`${format.format(epochMs).replace(' ', 'T')}Z`)
}

describe('date-time text', () => {
  it('is read without seconds, with them, and with up to nine decimals', () => {
    const midnight = Date.UTC(2018, 11, 31, 23, 57)
    expect(parseLocalDateTime('2018-12-31T23:57')).to.equal(midnight)
    expect(parseLocalDateTime('2018-12-31T23:57:00')).to.equal(midnight)
    expect(parseLocalDateTime('2018-12-31 23:57:00.000')).to.equal(midnight)
    expect(parseLocalDateTime('2018-12-31T23:57:09.5')).to.equal(midnight + 9_500)
    expect(parseLocalDateTime('2018-12-31T23:57:09.123456789')).to.equal(midnight + 9_123)
  })

  it('is NaN when it is not a date and time', () => {
    const wrong = [
      '',
      '2018-12-31',
      '2018-13-01T00:00:00.000',
      '2018-00-01T00:00:00.000',
      '2018-02-30T00:00:00.000',
      '2018-02-29T00:00:00.000',
      '1900-02-29T00:00:00.000',
      '2018-04-31T00:00:00.000',
      '2018-12-00T00:00:00.000',
      '2018-12-31T24:00:00.000',
      '2018-12-31T23:60:00.000',
      '2018-12-31T23:57:60.000',
      '2018-12-31T23:57:00.',
      '2018-12-31T23:57:00.0000000000',
      '2018-12-31T23:57:00,000',
      '2018-12-31T23:57:00.00x',
      '2018-12-31T23:57:',
      '2018-12-31T23:57:0',
      '2018-12-31x23:57:00.000',
      '2018/12/31T23:57:00.000',
      '+018-12-31T23:57:00.000',
      ' 2018-12-31T23:57:00.000',
      '2018-12-31T23:57:00.000 ',
      '2018-12-31T23:57:00.000Z',
      'not a time at all',
    ]
    for (const text of wrong) expect(parseLocalDateTime(text), text).to.deep.equal(NaN)
  })

  it('knows leap years', () => {
    expect(parseLocalDateTime('2020-02-29T00:00:00.000')).to.equal(Date.UTC(2020, 1, 29))
    expect(parseLocalDateTime('2000-02-29T00:00:00.000')).to.equal(Date.UTC(2000, 1, 29))
  })

  it('lets a trailing Z or offset win over the zone', () => {
    const zone = zoneOffsets('America/Los_Angeles')
    const expected = Date.UTC(2018, 11, 31, 23, 57)
    expect(parseDateTime('2018-12-31T23:57:00.000Z', zone)).to.equal(expected)
    expect(parseDateTime('2018-12-31T23:57Z', zone)).to.equal(expected)
    expect(parseDateTime('2018-12-31T15:57:00-08:00', zone)).to.equal(expected)
    expect(parseDateTime('2019-01-01T05:27:00.000+0530', zone)).to.equal(expected)
    expect(parseDateTime('2019-01-01T00:57+01', zone)).to.equal(expected)
    expect(parseDateTime('2018-12-31T15:57:00', zone)).to.equal(expected)
  })

  it('is NaN when what follows the time is not an offset', () => {
    const zone = zoneOffsets('UTC')
    const tails = [
      'ZZ',
      'Z ',
      '+',
      '+1',
      '+1:00',
      '+01:0',
      '+01:60',
      '+19:00',
      '+18:01',
      '+01:00:00',
      '-',
    ]
    for (const tail of tails)
      expect(parseDateTime(`2018-12-31T23:57:00${tail}`, zone), tail).to.deep.equal(NaN)
  })

  it('agrees with Date for every instant of the years 0 to 9999', () => {
    const ms = fc.integer({
      min: Date.parse('0000-01-01T00:00:00.000Z'),
      max: Date.UTC(9999, 11, 31),
    })
    fc.assert(
      fc.property(ms, (epochMs) => {
        const text = new Date(epochMs).toISOString()
        expect(parseLocalDateTime(text.slice(0, -1))).to.equal(epochMs)
        expect(parseDateTime(text, zoneOffsets('Asia/Tokyo'))).to.equal(epochMs)
      }),
      { numRuns: 2_000 },
    )
  })
})
