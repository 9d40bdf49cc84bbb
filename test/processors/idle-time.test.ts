// What operators give out when event time goes on without records, and that nothing does unless it is asked for.
import { expect } from 'chai'
import {
  joinWindows,
  milliseconds,
  seconds,
  session,
  tumbling,
  untilWindowCloses,
  utf8,
  type EmitStrategy,
  type Stream,
  type TopologyBuilder,
} from '../../index.ts'
import type { TestDriverOptions } from '../../testing.ts'
import { strings, TextDriver, texts } from '../support/texts.ts'

const IDLE = { 'stream.time.idle.advance.ms': 5_000 }
const windows = tumbling({ size: seconds(10), grace: seconds(2) })

/** Counts in windows by the record's own key, or by its value: that goes through a repartition topic. */
const counting =
  (by: 'key' | 'value', emit: EmitStrategy = 'on-window-close') =>
  ({ source }: TopologyBuilder): void => {
    const stream: Stream<string, string> = source('in', texts('in'))
    const grouped =
      by === 'key' ? stream.groupByKey('by') : stream.groupBy('by', (value) => value, utf8)
    grouped
      .windowedBy(windows)
      .count('counts', { emit })
      .toStream('updates')
      .map('plain', (count, { key }) => ({
        key: key.key,
        value: `${count} from ${key.window.startMs}`,
      }))
      .to('out', texts('out'))
  }

/** Counts final results by their counts, behind a repartition topic. */
const countingFinals = ({ source }: TopologyBuilder): void => {
  source('in', texts('in'))
    .groupByKey('by')
    .windowedBy(tumbling({ size: seconds(10), grace: seconds(8) }))
    .count('first', { emit: 'on-window-close' })
    .toStream('finals')
    .map('plain', (count, { key }) => ({ key: key.key, value: String(count) }))
    .groupBy('again', (value) => value, utf8)
    .windowedBy(tumbling({ size: seconds(10), grace: seconds(0) }))
    .count('second', { emit: 'on-update' })
    .toStream('seconds')
    .map('plain-again', (count, { key }) => ({ key: key.key, value: `${count} times` }))
    .to('out', texts('out'))
}

describe('while nothing comes', () => {
  let text: TextDriver
  const start = (build: (builder: TopologyBuilder) => void, options: TestDriverOptions = {}) => {
    text = new TextDriver(build, { config: IDLE, ...options })
  }
  const after = (ms: number): string[] => {
    text.driver.advanceWallClock(ms)
    return text.read('out')
  }
  afterEach(() => text.driver.close())

  for (const by of ['key', 'value'] as const) {
    it(`windows close with the wall clock, counted by ${by}`, () => {
      start(counting(by))
      text.pipe('in', 'a:a@1000', 'b:b@3000')
      expect(after(8_999)).to.deep.equal([])
      expect(after(1)).to.have.members(['a:1 from 0@1000', 'b:1 from 0@3000'])
      text.pipe('in', 'a:a@9000')
      expect(text.driver.drops()).to.deep.equal({ 'expired-window': 1 })
      text.pipe('in', 'a:a@11000')
      expect(after(60_000)).to.deep.equal(['a:1 from 10000@11000'])
    })

    it(`they stay closed after a restart, counted by ${by}`, () => {
      start(counting(by))
      text.pipe('in', 'a:a@1000')
      expect(after(20_000)).to.deep.equal(['a:1 from 0@1000'])
      text.driver.restart()
      text.pipe('in', 'a:a@2000')
      expect(text.read('out')).to.deep.equal([])
      expect(text.driver.drops()).to.deep.equal({ 'expired-window': 1 })
      // Event time goes on from where it was, 21 s, and not from the late record.
      text.pipe('in', 'a:a@21000')
      expect(after(10_999)).to.deep.equal([])
      expect(after(1)).to.deep.equal(['a:1 from 20000@21000'])
    })
  }

  it('none does before so long a silence, though the wall clock is beyond it', () => {
    start(counting('key'))
    text.pipe('in', 'a:a@11999')
    for (let i = 0; i < 10; i++) {
      expect(after(4_999)).to.deep.equal([])
      text.pipe('in', `a:a@${11_999 + i}`)
    }
  })

  it('none does by default', () => {
    start(counting('value'), { config: {} })
    text.pipe('in', 'a:a@1000')
    expect(after(3_600_000)).to.deep.equal([])
  })

  it('a partition that never had a record follows the others', () => {
    start(counting('value'), { partitions: 3 })
    text.pipe('in', 'a:a@1000')
    expect(after(11_000)).to.deep.equal(['a:1 from 0@1000'])
  })

  it('what goes through several repartition topics closes, too', () => {
    start(({ source }) => {
      const again = source('in', texts('in')).repartition('once', strings)
      again
        .groupBy('by', (value) => value, utf8)
        .windowedBy(session({ gap: seconds(5), grace: seconds(1) }))
        .count('counts', { emit: 'on-window-close' })
        .toStream('updates')
        .map('plain', (count, { key }) => ({ key: key.key, value: String(count) }))
        .to('out', texts('out'))
    })
    text.pipe('in', 'a:a@1000', 'a:a@3000')
    expect(after(6_000)).to.deep.equal([])
    expect(after(1)).to.deep.equal(['a:2@3000'])
  })

  it('final results still find the windows of those behind them open', () => {
    start(countingFinals)
    text.pipe('in', 'a:a@1000', 'b:b@2000')
    expect(after(9_000)).to.deep.equal([])
    expect(after(9_000)).to.deep.equal(['1:1 times@1000', '1:2 times@2000'])
    expect(text.driver.drops()).to.deep.equal({})
  })

  it('so they do where records come, though the clock goes on in between', () => {
    start(countingFinals, { config: {} })
    for (const record of ['a:a@1000', 'b:b@12000', 'b:b@13000']) {
      text.pipe('in', record)
      text.driver.advanceWallClock(600)
    }
    text.pipe('in', 'b:b@18000')
    expect(text.read('out')).to.deep.equal(['1:1 times@1000'])
    expect(text.driver.drops()).to.deep.equal({})
  })

  it('what is suppressed until its window closes goes out', () => {
    start(({ source }) => {
      source('in', texts('in'))
        .groupByKey('by')
        .windowedBy(windows)
        .count('counts', { emit: 'on-update' })
        .suppress('finals', untilWindowCloses())
        .toStream('updates')
        .map('plain', (count, { key }) => ({ key: key.key, value: String(count) }))
        .to('out', texts('out'))
    })
    text.pipe('in', 'a:a@1000', 'a:a@2000')
    expect(after(10_000)).to.deep.equal(['a:2@2000'])
  })

  it('what a join of streams finds no partner for goes out', () => {
    start(({ source }) => {
      const right = source('right', texts('right'))
      source('in', texts('in'))
        .outerJoin('both', right, {
          within: joinWindows({ before: seconds(3), after: seconds(6), grace: seconds(1) }),
          merge: (one, other) => `${one ?? '-'}${other ?? '-'}`,
          serdes: { key: utf8, left: utf8, right: utf8 },
        })
        .to('out', texts('out'))
    })
    text.pipe('in', 'a:l@1000')
    text.pipe('right', 'b:r@2000')
    expect(after(5_000)).to.deep.equal(['b:-r@2000'])
    expect(after(1_000)).to.deep.equal([])
    expect(after(1)).to.deep.equal(['a:l-@1000'])
    text.driver.restart()
    expect(after(60_000)).to.deep.equal([])
  })

  it('what waits for a table is joined', () => {
    start(({ source, table }) => {
      const rows = table('rows', texts('rows'), { history: seconds(60) })
      source('in', texts('in'))
        .join('row', rows, {
          grace: seconds(8),
          key: utf8,
          value: utf8,
          merge: (value, row) => `${value} ${row}`,
        })
        .to('out', texts('out'))
    })
    text.pipe('in', 'a:x@2000')
    text.pipe('rows', 'a:row@1000')
    expect(after(7_999)).to.deep.equal([])
    expect(after(1)).to.deep.equal(['a:x row@2000'])
    expect(after(60_000)).to.deep.equal([])
  })

  it('tables that are joined by a foreign key tell each other the time, and come to an end', () => {
    start(({ table }) => {
      const orders = table('in', texts('in'))
      orders
        .join('of', table('clients', texts('clients')), {
          on: (value) => value,
          merge: (order, name) => `${order} ${name}`,
        })
        .to('out', texts('out'))
    })
    text.pipe('clients', 'c:name@1000')
    text.pipe('in', 'o:c@2000')
    expect(after(60_000)).to.deep.equal(['o:c name@2000'])
    text.pipe('in', 'p:c@3000')
    expect(after(60_000)).to.deep.equal(['p:c name@3000'])
    expect(text.driver.drops()).to.deep.equal({})
  })

  it('punctuators are called by the event time', () => {
    start(({ source }) => {
      source('in', texts('in'))
        .process<string, string>('tick', {
          make: ({ forward, schedule }) => {
            schedule('stream-time', seconds(10), (timeMs) =>
              forward({ key: 'now', value: String(timeMs) }),
            )
            return () => undefined
          },
        })
        .to('out', texts('out'))
    })
    text.pipe('in', 'a:a@1000')
    expect(text.read('out')).to.deep.equal(['now:1000@1000'])
    expect(after(9_000)).to.deep.equal(['now:10000@10000'])
    expect(after(5_000)).to.deep.equal([])
  })

  it('a record from the future that is dropped moves nothing', () => {
    start(counting('key'), {
      config: { ...IDLE, 'timestamp.future.max.ms': 60_000 },
      wallClockMs: milliseconds(1_000),
    })
    text.pipe('in', 'a:a@1000', 'a:a@99999999')
    expect(after(11_000)).to.deep.equal(['a:1 from 0@1000'])
  })
})
