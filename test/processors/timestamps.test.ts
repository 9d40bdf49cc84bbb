// The event time of a source's records, and the four answers to one that is none.
import { expect } from 'chai'
import {
  deadLetter,
  type ErrorPolicy,
  type InvalidTimestamp,
  type TopologyBuilder,
} from '../../index.ts'
import { TextDriver, texts } from '../support/texts.ts'

const driverOf = (invalidTimestamp?: InvalidTimestamp, config: Record<string, number> = {}) =>
  new TextDriver(
    ({ source }) => {
      const timestamp = (value: string) => Number(value)
      const spec = invalidTimestamp === undefined ? { timestamp } : { timestamp, invalidTimestamp }
      source('in', texts('in'), spec).to('out', texts('out'))
    },
    { wallClockMs: 777, config },
  )

describe('the event time of a source', () => {
  const after = (answer: InvalidTimestamp) => {
    const text = driverOf(answer)
    text.pipe('in', 'a:50@9', 'a:20@9', 'b:-1@9', 'c:x@9')
    const drops = text.driver.drops('in')
    text.driver.close()
    return { out: text.read('out'), drops }
  }
  const read = ['a:50@50', 'a:20@20']

  it('may be the highest of the partition where a record has none', () => {
    expect(after('partition-time')).to.deep.equal({
      out: [...read, 'b:-1@50', 'c:x@50'],
      drops: {},
    })
  })

  it('of the partition is that of before a restart, too', () => {
    const text = driverOf('partition-time')
    text.pipe('in', 'a:50@9', 'a:20@9')
    text.driver.restart()
    text.pipe('in', 'b:-1@9')
    expect(text.read('out')).to.deep.equal([...read, 'b:-1@50'])
    text.driver.close()
  })

  it('may be the wall clock where a record has none', () => {
    expect(after('wall-clock')).to.deep.equal({ out: [...read, 'b:-1@777', 'c:x@777'], drops: {} })
  })

  it('may cost a record that has none', () => {
    expect(after('skip')).to.deep.equal({ out: read, drops: { 'invalid-timestamp': 2 } })
  })

  it('ends the run where nothing else is said', () => {
    const text = driverOf()
    expect(() => text.pipe('in', 'a:x@1')).to.throw('in: ')
    text.driver.close()
  })

  it('is that of the partition where no record of it had one yet: then there is none', () => {
    const text = driverOf('partition-time')
    expect(() => text.pipe('in', 'a:x@1')).to.throw('in: ')
    text.driver.close()
  })
})

describe('an event time ahead of the wall clock', () => {
  const MAX = { 'timestamp.future.max.ms': 100 }
  const after = (
    config: Record<string, number>,
    spec: { malformed?: ErrorPolicy; invalidTimestamp?: InvalidTimestamp } = {},
  ) => {
    const build = ({ source }: TopologyBuilder): void => {
      source('in', texts('in'), { timestamp: (value) => Number(value), ...spec })
        .process<string, string>('say', {
          make: (context) => (value, record) =>
            context.forward({ key: record.key, value: `${value} at ${context.streamTimeMs}` }),
        })
        .to('out', texts('out'))
    }
    const text = new TextDriver(build, { wallClockMs: 1_000, config })
    text.pipe('in', 'a:1000@0', 'a:1101@0', 'a:1100@0')
    text.driver.advanceWallClock(1)
    text.pipe('in', 'a:1101@0', 'a:9999@7')
    const out = text.read('out').map((record) => record.split('@')[0])
    const dead = text.driver.producedTopics.includes('dead') ? text.read('dead') : []
    const result = { out, dead, drops: text.driver.drops() }
    text.driver.close()
    return result
  }
  const within = ['a:1000 at 1000', 'a:1100 at 1100', 'a:1101 at 1101']

  it('may be any where no bound is set', () => {
    const { out, drops } = after({})
    expect(out.at(-1)).to.equal('a:9999 at 9999')
    expect(drops).to.deep.equal({})
  })

  it('costs the record that is beyond the bound, and moves no stream time', () => {
    for (const malformed of ['fail', 'skip'] as const) {
      expect(after(MAX, { malformed })).to.deep.equal({
        out: within,
        dead: [],
        drops: { 'future-timestamp': 2 },
      })
    }
  })

  it('makes it a dead letter where the source has those, but for where it skips bad times', () => {
    const malformed = deadLetter('dead')
    expect(after(MAX, { malformed })).to.deep.equal({
      out: within,
      dead: ['a:1101@0', 'a:9999@7'],
      drops: { 'future-timestamp': 2 },
    })
    expect(after(MAX, { malformed, invalidTimestamp: 'skip' }).dead).to.deep.equal([])
  })

  it('is no time for the partition either', () => {
    const text = driverOf('partition-time', MAX)
    text.pipe('in', 'a:50@9', 'a:9999@9', 'a:x@9')
    expect(text.read('out')).to.deep.equal(['a:50@50', 'a:x@50'])
    text.driver.close()
  })
})
