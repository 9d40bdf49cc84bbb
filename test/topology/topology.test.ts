// Defining a topology: its nodes, that it is frozen, and what is refused with the node's name.
import { expect } from 'chai'
import { TopologyError } from '../../topology/errors.ts'
import { deadLetter } from '../../topology/policies.ts'
import { utf8 } from '../../topology/serdes/primitive.ts'
import { topic } from '../../topology/topic.ts'
import { assertTopology, defineTopology, type TopologyBuilder } from '../../topology/topology.ts'
import { sample } from './sample.ts'

const texts = topic('texts', { key: utf8, value: utf8 })
const copies = topic('copies', { key: utf8, value: utf8 })

function refused(build: (builder: TopologyBuilder) => void, name = 'job'): TopologyError {
  try {
    defineTopology(name, build)
  } catch (error) {
    expect(error).to.be.instanceOf(TopologyError)
    return error as TopologyError
  }
  throw new Error('the topology was not refused')
}

describe('a topology', () => {
  it('has its nodes in the order of definition, each with the one it reads', () => {
    expect(sample.nodes.map((node) => [node.kind, node.name])).to.deep.equal([
      ['source', 'calls-in'],
      ['parse', 'parse'],
      ['filter', 'known'],
      ['group', 'by-type'],
      ['windowed-count', 'type-count'],
      ['sink', 'type-counts-out'],
      ['group', 'by-place'],
      ['windowed-count', 'place-count'],
      ['static-join', 'named'],
      ['sink', 'place-counts-out'],
    ])
    const origins = sample.nodes.map((node) => ('from' in node ? node.from : undefined))
    expect(origins).to.deep.equal([
      undefined,
      'calls-in',
      'parse',
      'known',
      'by-type',
      'type-count',
      'known',
      'by-place',
      'place-count',
      'named',
    ])
  })

  it('is frozen: itself, its nodes, its parts and what they list', () => {
    const frozen = [
      sample,
      sample.nodes,
      ...sample.nodes,
      sample.subtopologies,
      ...sample.subtopologies.flatMap((part) => [part, part.inputs, part.nodes]),
    ]
    for (const value of frozen) expect(Object.isFrozen(value)).to.equal(true)
  })

  it('takes no node after it was defined', () => {
    let leaked: (() => void) | undefined
    defineTopology('job', ({ source }) => {
      const stream = source('in', texts)
      leaked = () => stream.to('out', copies)
    })
    expect(() => leaked?.()).to.throw()
  })

  it('is known again as the default export of a module', () => {
    expect(assertTopology(sample, 'job.ts')).to.equal(sample)
    for (const other of [undefined, null, 5, {}, { describe: () => '' }]) {
      expect(() => assertTopology(other, 'job.ts')).to.throw(
        TopologyError,
        'job.ts: the default export is no topology; make it with defineTopology',
      )
    }
  })
})

describe('a wrong topology is refused, naming the node', () => {
  it('without a source', () => {
    expect(refused(() => undefined)).to.include({ node: 'job', code: 'MILLRACE_TOPOLOGY' })
  })

  it('with two nodes of one name', () => {
    const error = refused(({ source }) => {
      source('in', texts)
        .peek('look', () => undefined)
        .peek('look', () => undefined)
    })
    expect(error.node).to.equal('look')
    expect(error.message).to.match(/^look: two nodes have this name/)
  })

  it('with a topic read by two sources', () => {
    const error = refused(({ source }) => {
      source('one', texts)
      source('two', texts)
    })
    expect(error.node).to.equal('two')
    expect(error.message).to.include('which source one reads already; use that stream twice')
  })

  it('with a name that cannot be part of a topic', () => {
    const names = ['', 'a b', 'é', 'a/b', 'x'.repeat(101)]
    for (const name of names) {
      expect(refused(({ source }) => void source(name, texts)).node).to.equal(name)
      expect(refused(({ source }) => void source('in', texts), name).node).to.equal(name)
    }
  })

  it('with a grouping that nothing aggregates', () => {
    const error = refused(({ source }) => {
      source('in', texts).groupByKey('grouped', utf8)
    })
    expect(error.message).to.equal(
      'grouped: nothing aggregates this grouping; add a count or remove it',
    )
  })

  const withDeadLetters = (name: string) => (builder: TopologyBuilder) => {
    builder
      .source('in', texts)
      .parse('read', { decode: utf8, malformed: deadLetter(name) })
      .to('out', copies)
  }

  it('with dead letters for a topic that cannot be', () => {
    for (const name of ['', '.', '..', 'a b', 'a/b', 'x'.repeat(250)]) {
      const error = refused(withDeadLetters(name))
      expect(error.node).to.equal('read')
      expect(error.message).to.equal(
        `read: deadLetter("${name}"): a topic is named with 1 to 249 letters, digits, dots, dashes and underscores`,
      )
    }
    expect(() => defineTopology('job', withDeadLetters('x'.repeat(249)))).not.to.throw()
  })

  it('with dead letters for a topic that it reads', () => {
    const error = refused(withDeadLetters('texts'))
    expect(error.node).to.equal('read')
    expect(error.message).to.equal(
      "read: deadLetter('texts') is the topic that source in reads: what cannot be read would come again for ever; give dead letters a topic of their own",
    )
    const other = refused((builder) => {
      withDeadLetters('more')(builder)
      builder.source('second', topic('more', { key: utf8, value: utf8 }))
    })
    expect(other.node).to.equal('read')
    expect(other.message).to.include("deadLetter('more') is the topic that source second reads")
  })
})
