// The event time of a source's records, and the four answers to one that is none.
import { expect } from 'chai'
import type { InvalidTimestamp } from '../../index.ts'
import { TextDriver, texts } from '../support/texts.ts'

const driverOf = (invalidTimestamp?: InvalidTimestamp) =>
  new TextDriver(
    ({ source }) => {
      const timestamp = (value: string) => Number(value)
      const spec = invalidTimestamp === undefined ? { timestamp } : { timestamp, invalidTimestamp }
      source('in', texts('in'), spec).to('out', texts('out'))
    },
    { wallClockMs: 777 },
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
