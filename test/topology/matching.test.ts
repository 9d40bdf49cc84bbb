// Sources by a pattern of names: which topics they read, in the test driver too.
import { expect } from 'chai'
import {
  defineTopology,
  TopologyError,
  topicPattern,
  utf8,
  type TopologyBuilder,
} from '../../index.ts'
import { matchingNames, withTopics } from '../../topology/matching.ts'
import { strings, TextDriver, texts } from '../support/texts.ts'

const regions = topicPattern(/region-\w+/, strings)

describe('a source by a pattern', () => {
  const passing = ({ source }: TopologyBuilder): void => {
    source('regions', regions)
      .processValues<string>('say', {
        make: (context) => (value) =>
          context.forward(`${value} of ${context.recordMetadata!.topic}`),
      })
      .to('out', texts('out'))
  }

  it('reads the topics whose whole name matches', () => {
    const topology = defineTopology('job', passing)
    const names = ['region-b', 'my-region-a', 'region-a', 'region-', 'region-a.b', 'out']
    expect(matchingNames(topology, names)).to.deep.equal(['region-a', 'region-b'])
    const [node] = withTopics(topology, names).nodes
    expect(node).to.have.nested.property('topics[1].name', 'region-b')
    expect(topology.describe()).to.include('Source: regions (topics: region-\\w+)')
  })

  it('is read in the test driver, topics that come later among them', () => {
    const text = new TextDriver(passing)
    text.pipe('region-a', 'k:x@1')
    text.pipe('region-b', 'k:y@2')
    text.pipe('region-a', 'k:z@3')
    expect(text.read('out')).to.deep.equal([
      'k:x of region-a@1',
      'k:y of region-b@2',
      'k:z of region-a@3',
    ])
    expect(() => text.pipe('nowhere', 'k:x@1')).to.throw('no source reads this topic')
    text.driver.close()
  })

  it('keeps the state of its tasks when a topic comes, and all that is behind', () => {
    const text = new TextDriver(({ source }) => {
      source('regions', regions)
        .selectKey('by-value', (value) => value)
        .groupByKey('values', utf8)
        .reduce('all', { reduce: (one, other) => one + other, ...strings, emit: 'on-update' })
        .to('out', texts('out'))
    })
    text.pipe('region-a', 'k:x@1')
    text.pipe('region-b', 'k:x@2', 'k:y@3')
    expect(text.read('out')).to.deep.equal(['x:x@1', 'x:xx@2', 'y:y@3'])
    text.driver.close()
  })

  it('has as many partitions as what it is joined with', () => {
    const build = (partitions: Record<string, number>) => () =>
      new TextDriver(
        ({ source, table }) => {
          const rows = table('rows', texts('rows'))
          source('regions', regions)
            .join('found', rows, { merge: (one, row) => one + row })
            .to('out', texts('out'))
        },
        { partitions },
      )
    expect(build({ 'region-a': 2, rows: 1 })).to.throw(
      TopologyError,
      /found: what it brings together .* region-a has 2/,
    )
    const text = build({ 'region-a': 1, rows: 1 })()
    text.pipe('rows', 'k:row@1')
    text.pipe('region-a', 'k:x@2')
    text.pipe('region-b', 'k:y@3')
    expect(text.read('out')).to.deep.equal(['k:xrow@2', 'k:yrow@3'])
    text.driver.close()
  })

  it('does not match what another source reads', () => {
    const twice = ({ source }: TopologyBuilder): void => {
      passing({ source } as TopologyBuilder)
      source('one', texts('region-a')).to('out-too', texts('out'))
    }
    expect(() => defineTopology('job', twice)).to.throw(
      'one: reads topic region-a, which the pattern of source regions matches, too',
    )
    const both = defineTopology('job', ({ source }) => {
      source('regions', regions).to('out', texts('out'))
      source('ends', topicPattern(/.*-a/, strings)).to('out-too', texts('out'))
    })
    expect(() => withTopics(both, ['region-a'])).to.throw(
      'ends: its pattern matches topic region-a, as that of source regions does',
    )
  })

  it('reads nothing where nothing matches', () => {
    const text = new TextDriver(({ source }) => {
      passing({ source } as TopologyBuilder)
      source('one', texts('one')).to('one-out', texts('out'))
    })
    text.pipe('one', 'k:x@1')
    expect(text.read('out')).to.deep.equal(['k:x@1'])
    text.driver.close()
  })
})
