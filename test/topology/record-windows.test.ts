// What sliding windows, sessions, joins of streams and held-back changes refuse when they are declared.
import { expect } from 'chai'
import {
  bytes,
  defineTopology,
  float64,
  joinWindows,
  milliseconds,
  minus,
  session,
  sliding,
  topic,
  TopologyError,
  tumbling,
  unlimited,
  untilTimeLimit,
  untilWindowCloses,
  utf8,
  type GroupedStream,
  type Stream,
  type Suppression,
  type Table,
  type TopologyBuilder,
  type Windowed,
} from '../../index.ts'
import { messageOf } from '../processors/support.ts'

const ms = milliseconds
const grace = ms(0)
const emit = 'on-update'
const calls = topic('calls', { key: utf8, value: utf8 })

const defined = (build: (builder: TopologyBuilder) => void) => () => defineTopology('job', build)
const grouped = (build: (group: GroupedStream<string, string>) => void) =>
  defined(({ source }) => build(source('in', calls).groupByKey('by-key')))

describe('windows that records make', () => {
  it('are refused where their lengths are below 0', () => {
    const below = minus(ms(5)) as unknown as ReturnType<typeof ms>
    expect(() => sliding({ difference: below, grace })).to.throw(TopologyError, 'at least 0')
    expect(() => session({ gap: below, grace })).to.throw(TopologyError, 'at least 0')
    expect(sliding({ difference: ms(0), grace }).differenceMs).to.equal(0)
    expect(session({ gap: ms(0), grace }).gapMs).to.equal(0)
  })

  it('are refused with a retention that forgets what results are made of', () => {
    const windows = sliding({ difference: ms(10), grace: ms(5) })
    const short = grouped((group) =>
      group.windowedBy(windows).count('count', { emit, retention: ms(24) }),
    )
    expect(messageOf(short)).to.match(/^count: .*twice the difference and the grace.* 25 ms/)
    const sessions = session({ gap: ms(10), grace: ms(5) })
    const shorter = grouped((group) =>
      group.windowedBy(sessions).count('count', { emit, retention: ms(14) }),
    )
    expect(messageOf(shorter)).to.match(/^count: .*gap and grace.* 15 ms/)
    const endless = grouped((group) =>
      group.windowedBy(unlimited({ startMs: 0 })).count('count', { emit, retention: ms(14) }),
    )
    expect(messageOf(endless)).to.match(/^count: .*kept for ever/)
  })
})

describe('joins of streams', () => {
  it('take windows that look one way, and refuse those with no time in them', () => {
    const windows = joinWindows({ before: minus(ms(5)), after: ms(10), grace })
    expect([windows.beforeMs, windows.afterMs]).to.deep.equal([-5, 10])
    expect(() => joinWindows({ before: minus(ms(5)), after: ms(4), grace })).to.throw(
      TopologyError,
      'from -5 ms before to 4 ms after there is no time',
    )
  })

  it('ask for serdes that do not follow from what comes before', () => {
    const within = joinWindows({ before: ms(5), after: ms(5), grace })
    const merge = (left: number, right: string): string => right.repeat(left)
    const join = (serdes?: { left: typeof float64 }) =>
      defined(({ source }) => {
        const stream: Stream<string, string> = source('in', calls)
        const lengths = stream.mapValues('length', (text) => text.length)
        const more = serdes === undefined ? {} : { serdes }
        lengths.join('pairs', stream, { within, merge, ...more })
      })
    expect(messageOf(join())).to.match(/^pairs: a serde is needed/)
    expect(join({ left: float64 })).to.not.throw()
  })
})

describe('changes of tables that are held back', () => {
  const windowed = (build: (table: Table<Windowed<string>, number>) => void) =>
    grouped((group) =>
      build(group.windowedBy(tumbling({ size: ms(10), grace })).count('count', { emit })),
    )

  it('wait for windows only where there are some that close', () => {
    const final = (table: Table<never, number>) => table.suppress('final', untilWindowCloses())
    expect(windowed(final as never)).to.not.throw()
    const running = grouped((group) =>
      group.count('count', { emit }).suppress('final', untilWindowCloses() as Suppression<unknown>),
    )
    expect(messageOf(running)).to.match(/^final: there are no windows before it/)
    const endless = grouped((group) =>
      group
        .windowedBy(unlimited({ startMs: 0 }))
        .count('count', { emit })
        .suppress('final', untilWindowCloses()),
    )
    expect(messageOf(endless)).to.match(/^final: the windows of count never close/)
  })

  it('are refused behind a table with history', () => {
    const held = defined(({ table }) => {
      table('rows', calls, { history: ms(10) }).suppress('held', untilTimeLimit(ms(5)))
    })
    expect(messageOf(held)).to.match(/^held: .*history/)
  })

  it('need room for at least one', () => {
    expect(() => untilTimeLimit(ms(5), { records: 0 })).to.throw(TopologyError, 'at least 1 record')
    expect(() => untilWindowCloses({ bytes: -1 })).to.throw(TopologyError, 'at least 1 record')
  })
})

describe('a cogroup', () => {
  it('needs serdes of values that go through a repartition topic', () => {
    const raw = topic('raw', { key: utf8, value: bytes })
    const build = defined(({ source }) => {
      const lengths = source('in', raw).mapValues('length', (value) => value.length)
      const one = lengths.groupBy('by-length', String, utf8)
      one
        .cogroup<number>((sum, value) => sum + value)
        .aggregate('sums', { initialize: () => 0, value: float64, emit })
    })
    expect(messageOf(build)).to.match(/^by-length: sums-cogroup aggregates values/)
  })
})
