// A sink that chooses the topic of each record.
import { expect } from 'chai'
import { strings, TextDriver, texts } from '../support/texts.ts'

describe('a sink that chooses its topic', () => {
  const driverOf = (onError: 'fail' | 'skip') =>
    new TextDriver(({ source }) => {
      const choose = (value: string) => {
        if (value === 'bad') throw new Error('no such place')
        if (value === 'nowhere') return null as never
        return `to-${value}`
      }
      source('in', texts('in')).to('out', choose, strings, { onError })
    })

  it('writes each record there, partitioned by its key', () => {
    const text = driverOf('fail')
    text.pipe('in', 'a:north@1', 'b:south@2', 'c:north@3')
    expect(text.read('to-north')).to.deep.equal(['a:north@1', 'c:north@3'])
    expect(text.read('to-south')).to.deep.equal(['b:south@2'])
    expect(text.driver.producedTopics).to.have.members(['to-north', 'to-south'])
    text.driver.close()
  })

  it('goes by its policy where the choice fails', () => {
    const strict = driverOf('fail')
    expect(() => strict.pipe('in', 'a:bad@1')).to.throw('out: no such place')
    strict.driver.close()
    const lenient = driverOf('skip')
    lenient.pipe('in', 'a:bad@1', 'a:west@2')
    expect(lenient.driver.drops('out')).to.deep.equal({ 'processing-error': 1 })
    expect(lenient.read('to-west')).to.deep.equal(['a:west@2'])
    lenient.driver.close()
  })

  it('takes it for a failure where no topic is chosen', () => {
    const strict = driverOf('fail')
    expect(() => strict.pipe('in', 'a:nowhere@1')).to.throw('the topic of this record is null')
    strict.driver.close()
    const lenient = driverOf('skip')
    lenient.pipe('in', 'a:nowhere@1')
    expect(lenient.driver.drops('out')).to.deep.equal({ 'processing-error': 1 })
    expect(lenient.driver.producedTopics).to.deep.equal([])
    lenient.driver.close()
  })
})
