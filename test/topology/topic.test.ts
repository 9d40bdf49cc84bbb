// Topics as a job declares them: legal names and value formats.
import { expect } from 'chai'
import { TopologyError } from '../../topology/errors.ts'
import { bytes, utf8 } from '../../topology/serdes/primitive.ts'
import { topic } from '../../topology/topic.ts'

describe('a topic', () => {
  it('has its value serde as the only format', () => {
    const calls = topic('police.calls_1-x', { key: utf8, value: bytes })
    expect(calls).to.deep.equal({
      name: 'police.calls_1-x',
      key: utf8,
      value: bytes,
      formats: { bytes },
    })
    expect(Object.isFrozen(calls)).to.equal(true)
    expect(Object.isFrozen(calls.formats)).to.equal(true)
  })

  it('takes the first of several formats unless the configuration picks another', () => {
    const other = { ...utf8, name: 'other' }
    const calls = topic('calls', { key: utf8, value: { formats: { text: utf8, other } } })
    expect(calls.value).to.equal(utf8)
    expect(Object.keys(calls.formats)).to.deep.equal(['text', 'other'])
  })

  it('refuses to have no format at all', () => {
    expect(() => topic('calls', { key: utf8, value: { formats: {} } })).to.throw(
      TopologyError,
      'calls: a topic has at least one value format',
    )
  })

  it('refuses names that Kafka refuses', () => {
    for (const name of ['', '.', '..', 'a b', 'a/b', 'é', 'x'.repeat(250)]) {
      expect(() => topic(name, { key: utf8, value: utf8 })).to.throw(TopologyError, '1 to 249')
    }
    expect(topic('x'.repeat(249), { key: utf8, value: utf8 }).name).to.have.length(249)
  })
})
