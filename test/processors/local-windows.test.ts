// Aggregates over windows of local days and hours: which closes when, what their keys are, and that they go
// through repartition topics, restarts and what comes behind them.
import { expect } from 'chai'
import {
  days,
  defineTopology,
  float64,
  hours,
  minutes,
  topic,
  TopologyError,
  tumbling,
  untilWindowCloses,
  utf8,
  windowed,
  type LocalWindows,
  type TopologyBuilder,
} from '../../index.ts'
import { TopologyTestDriver } from '../../testing.ts'
import { texts } from '../support/texts.ts'

const timeZone = 'America/Los_Angeles'
const localDays = tumbling({ days: 1, timeZone, grace: hours(1) })
const at = (instant: string): number => Date.parse(`${instant}Z`)
const shown = (ms: number): string => new Date(ms).toISOString().slice(5, 16)

/** A driver of a topology whose results are texts by key and window. */
class Windows {
  readonly driver: TopologyTestDriver

  constructor(build: (builder: TopologyBuilder) => void, partitions = 1) {
    this.driver = new TopologyTestDriver(defineTopology('job', build), { partitions })
  }

  pipe(key: string, ...instants: string[]): void {
    for (const instant of instants) {
      this.driver.pipeInput(texts('in'), { key, value: 'x', timestampMs: at(instant) })
    }
  }

  /** What came out since, as `key start end = value @ time`. */
  read(windows: LocalWindows = localDays): string[] {
    const out = topic('out', { key: windowed(utf8, windows), value: utf8 })
    return this.driver.readOutput(out).map(({ key, value, timestampMs }) => {
      const { key: inner, window } = key!
      const bounds = `${shown(window.startMs)} ${shown(window.endMs)}`
      return `${inner} ${bounds} = ${value ?? ''} @ ${shown(timestampMs)}`
    })
  }
}

const counting =
  (windows: LocalWindows, emit: 'on-update' | 'on-update-coalesced' | 'on-window-close') =>
  ({ source }: TopologyBuilder): void =>
    source('in', texts('in'))
      .groupByKey('by-key')
      .windowedBy(windows)
      .count('counts', { emit })
      .toStream('changes')
      .mapValues('texts', String)
      .to('out', topic('out', { key: windowed(utf8), value: utf8 }))

describe('an aggregate over windows of local days', () => {
  let windows: Windows
  afterEach(() => windows.driver.close())

  it('counts the 25 hours of a day in which the clock is put back', () => {
    windows = new Windows(counting(localDays, 'on-update'))
    windows.pipe(
      'a',
      '2018-11-04T06:59',
      '2018-11-04T07:00',
      '2018-11-05T07:59',
      '2018-11-05T08:00',
    )
    expect(windows.read()).to.deep.equal([
      'a 11-03T07:00 11-04T07:00 = 1 @ 11-04T06:59',
      'a 11-04T07:00 11-05T08:00 = 1 @ 11-04T07:00',
      'a 11-04T07:00 11-05T08:00 = 2 @ 11-05T07:59',
      'a 11-05T08:00 11-06T08:00 = 1 @ 11-05T08:00',
    ])
  })

  for (const emit of ['on-update', 'on-update-coalesced'] as const) {
    it(`takes late records until a long day and its grace are over, emitting ${emit}`, () => {
      windows = new Windows(counting(localDays, emit))
      windows.pipe('a', '2018-11-04T20:00', '2018-11-05T08:59:59.999', '2018-11-05T07:59')
      expect(windows.read().at(-1)).to.equal('a 11-04T07:00 11-05T08:00 = 2 @ 11-05T07:59')
      windows.pipe('a', '2018-11-05T09:00', '2018-11-05T07:59')
      expect(windows.driver.drops()).to.deep.equal({ 'expired-window': 1 })
    })
  }

  it('closes a short day an hour earlier', () => {
    windows = new Windows(counting(localDays, 'on-window-close'))
    windows.pipe('b', '2018-03-11T08:00', '2018-03-12T07:59:59.999')
    windows.pipe('a', '2018-03-12T06:59')
    expect(windows.read()).to.deep.equal([])
    windows.pipe('c', '2018-03-12T08:00')
    expect(windows.read()).to.deep.equal([
      'a 03-11T08:00 03-12T07:00 = 1 @ 03-12T06:59',
      'b 03-11T08:00 03-12T07:00 = 1 @ 03-11T08:00',
    ])
    // Not before an hour behind the day's end.
    windows.pipe('c', '2018-03-13T07:59:59.999')
    expect(windows.read()).to.deep.equal([])
    windows.pipe('c', '2018-03-20T00:00')
    expect(windows.read()).to.deep.equal([
      'b 03-12T07:00 03-13T07:00 = 1 @ 03-12T07:59',
      'c 03-12T07:00 03-13T07:00 = 1 @ 03-12T08:00',
      'c 03-13T07:00 03-14T07:00 = 1 @ 03-13T07:59',
    ])
  })

  it('gives two windows where an hour occurs twice, and none where it is left out', () => {
    const localHours = tumbling({ hours: 1, timeZone, grace: minutes(0) })
    windows = new Windows(counting(localHours, 'on-window-close'))
    windows.pipe(
      'a',
      '2018-11-04T08:10',
      '2018-11-04T08:50',
      '2018-11-04T09:50',
      '2018-11-04T10:00',
    )
    windows.pipe('a', '2019-03-10T09:30', '2019-03-10T10:00', '2019-03-10T11:00')
    expect(windows.read(localHours)).to.deep.equal([
      'a 11-04T08:00 11-04T09:00 = 2 @ 11-04T08:50',
      'a 11-04T09:00 11-04T10:00 = 1 @ 11-04T09:50',
      'a 11-04T10:00 11-04T11:00 = 1 @ 11-04T10:00',
      'a 03-10T09:00 03-10T10:00 = 1 @ 03-10T09:30',
      'a 03-10T10:00 03-10T11:00 = 1 @ 03-10T10:00',
    ])
  })

  it('keeps its windows over a restart, and does not give final results again', () => {
    windows = new Windows(counting(localDays, 'on-window-close'))
    windows.pipe('a', '2018-11-03T20:00', '2018-11-04T20:00', '2018-11-05T08:30')
    expect(windows.read()).to.deep.equal(['a 11-03T07:00 11-04T07:00 = 1 @ 11-03T20:00'])
    windows.driver.restart()
    windows.pipe('a', '2018-11-04T21:00', '2018-11-05T09:00')
    expect(windows.read()).to.deep.equal(['a 11-04T07:00 11-05T08:00 = 2 @ 11-04T21:00'])
  })

  it('can be read in its store, windows with their ends, as long as they are retained', () => {
    windows = new Windows(({ source }) => {
      source('in', texts('in'))
        .groupByKey('by-key')
        .windowedBy(localDays)
        .count('counts', { emit: 'on-update', retention: days(3) })
    })
    windows.pipe('a', '2018-11-03T20:00', '2018-11-04T20:00', '2018-11-05T20:00')
    const ends = (): string[] =>
      [...windows.driver.windowStore<string, number>('counts').all()].map(({ key }) => {
        return shown(key.window.endMs)
      })
    expect(ends()).to.deep.equal(['11-04T07:00', '11-05T08:00', '11-06T08:00'])
    windows.pipe('a', '2018-11-07T06:59')
    expect(ends()).to.deep.equal(['11-05T08:00', '11-06T08:00', '11-07T08:00'])
  })

  it('goes on through a suppression and another repartition', () => {
    windows = new Windows(({ source }) => {
      const byDay = { key: windowed(utf8, localDays), value: float64 }
      const counts = source('in', texts('in'))
        .groupBy('by-value', (value) => value, utf8)
        .windowedBy(localDays)
        .count('counts', { emit: 'on-update' })
      const finals = counts.suppress('final', untilWindowCloses())
      finals
        .toStream('final-changes')
        .selectKey('same-key', (_, { key }) => key)
        .repartition('again', byDay)
        .map('shown', (count, { key }) => ({ key, value: `${count}` }))
        .to('out', topic('out', { key: windowed(utf8), value: utf8 }))
    }, 3)
    windows.pipe('a', '2018-11-04T08:00')
    windows.pipe('b', '2018-11-05T07:59')
    // Of each partition: the slowest of those that write a repartition topic says how late it is.
    for (const key of 'abcdef') windows.pipe(key, '2018-11-05T08:59', '2018-11-05T10:00')
    expect(windows.read()).to.deep.equal(['x 11-04T07:00 11-05T08:00 = 2 @ 11-05T07:59'])
  })

  it('refuses to be retained for less than its size and grace', () => {
    windows = new Windows(counting(localDays, 'on-update'))
    expect(() =>
      defineTopology('job', ({ source }) => {
        source('in', texts('in'))
          .groupByKey('by-key')
          .windowedBy(localDays)
          .count('counts', { emit: 'on-update', retention: hours(24) })
      }),
    ).to.throw(TopologyError, 'counts: the retention of 86400000 ms is less than size and grace')
  })
})
