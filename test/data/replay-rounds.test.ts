import { writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { ReplayError } from '../../data/replay-error.ts'
import type { ReplayOptions } from '../../data/replay.ts'
import { parseDateTime, zoneOffsets } from '../../topology/time/zoned-time.ts'
import { errorOf, replays, SleepingClock, ZONE } from './replaying.ts'

describe('a repeated replay', () => {
  const suite = replays()
  const { path, run, writeTimes } = suite
  const pace = { kind: 'rate', rowsPerSecond: 1_000 } as const
  const repeated = (file: string, options: Partial<ReplayOptions>) =>
    run(file, { repeat: true, pace, partitions: 1, clock: new SleepingClock(), ...options })
  const sentTimes = () =>
    suite.producer.sent.map(
      ({ value }) => (JSON.parse(value) as { call_date_time: string }).call_date_time,
    )

  it('sends the same rows round after round, so many whole days later that time goes on', async () => {
    writeTimes('span', ['2018-12-31T23:57:00.000', '2018-10-02T09:11', '2018-12-31T23:58:00Z'])
    await repeated('span', { limit: 7 })
    expect(sentTimes()).to.deep.equal([
      '2018-10-02T09:11',
      '2018-12-31T23:58:00Z',
      '2018-12-31T23:57:00.000',
      '2019-01-01T09:11',
      '2019-04-01T23:58:00Z',
      '2019-04-01T23:57:00.000',
      '2019-04-02T09:11',
    ])
  })

  it('changes nothing but the date in the time field', async () => {
    const row = (date: string): string =>
      '{"nested":{"call_date_time":"2018-12-31T10:00"},"list":["call_date_time"],' +
      '"note":"\\"call_date_time\\":\\"2018-12-31T10:00\\" \\\\","number":1.50,' +
      `"call_date_time":"${date}T10:00:00.000","crime_id":"7","call_date":"2018-12-31"}`
    writeFileSync(path('one'), row('2018-12-31'))
    await repeated('one', { limit: 3 })
    expect(suite.producer.sent.map(({ value }) => value)).to.deep.equal(
      ['2018-12-31', '2019-01-01', '2019-01-02'].map(row),
    )
  })

  it('keeps event time rising and the hours of the day, over changes of the clock too', async () => {
    await repeated('calls.json', { limit: 60_000 })
    const offsets = zoneOffsets(ZONE)
    const times = sentTimes()
    const hours = (from: number) => times.slice(from, from + 12_000).map((time) => time.slice(11))
    expect(hours(48_000)).to.deep.equal(hours(0))
    let latestMs = 0
    for (const time of times) {
      const timeMs = parseDateTime(time, offsets)
      // An hour that the clock skips comes an hour later, among the rows of the next one.
      expect(timeMs).to.be.at.least(latestMs - 3_600_000)
      latestMs = Math.max(latestMs, timeMs)
    }
    const starts = [0, 1, 2, 3, 4].map((round) => Date.parse(`${times[round * 12_000]!}Z`))
    const days = starts.slice(1).map((start, i) => (start - starts[i]!) / 86_400_000)
    // 12,000 calls take nearly six days; an hour is kept free for changes of the clock.
    expect(days).to.deep.equal([7, 7, 7, 7])
  })

  it('begins in the round that the given time lies in, right after it', async () => {
    writeTimes('continued', ['2018-12-30T10:00', '2018-12-31T10:00'])
    const afterMs = parseDateTime('2019-01-05T10:00', zoneOffsets(ZONE))
    await repeated('continued', { limit: 3, afterMs })
    expect(sentTimes()).to.deep.equal(['2019-01-06T10:00', '2019-01-07T10:00', '2019-01-08T10:00'])
  })

  it('leaves out rows up to the given time without repeating, too', async () => {
    const afterMs = parseDateTime('2018-12-30T10:00', zoneOffsets(ZONE))
    const result = await run('continued', { afterMs })
    expect(result.delivered).to.equal(1)
    expect(sentTimes()).to.deep.equal(['2018-12-31T10:00'])
  })

  it('names broken rows in the first round only', async () => {
    const row = '{"crime_id":"1","call_date_time":"2018-12-31T23:57"}'
    writeFileSync(path('half'), `${row}\nbroken\n`)
    expect(await repeated('half', { limit: 3 })).to.include({ delivered: 3, skipped: 1 })
  })

  it('ends when a file has no rows', async () => {
    writeFileSync(path('none'), '[]')
    expect(await repeated('none', {})).to.include({ delivered: 0, aborted: false })
  })

  it('says which row has a date that cannot be moved', async () => {
    writeFileSync(path('odd'), '{"crime_id":"1","call_date_time":"\\u0032018-12-31T23:57"}')
    const error = await errorOf(repeated('odd', {}))
    expect(error).to.be.instanceOf(ReplayError).with.property('code', 'MILLRACE_REPLAY_REPEAT')
    expect((error as ReplayError).message).to.include('the row with key 1 cannot be moved')
  })

  it('is refused without a pace, and with rows as they lie in the file', async () => {
    for (const options of [{ pace: { kind: 'fastest' } as const }, { order: 'file' } as const]) {
      const error = await errorOf(repeated('calls.json', options))
      expect(error).to.be.instanceOf(ReplayError).with.property('code', 'MILLRACE_REPLAY_PACE')
    }
    expect(suite.producer.sent).to.deep.equal([])
  })
})
