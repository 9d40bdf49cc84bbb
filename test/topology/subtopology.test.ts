// Where a topology is cut: at groupings whose key was changed, and nowhere else.
import { expect } from 'chai'
import { minutes } from '../../topology/duration.ts'
import { utf8 } from '../../topology/serdes/primitive.ts'
import { windowed } from '../../topology/serdes/windowed.ts'
import type { SourceStream } from '../../topology/source-stream.ts'
import { repartitionTopic, type CutNode } from '../../topology/subtopology.ts'
import { topic } from '../../topology/topic.ts'
import { defineTopology, type Topology } from '../../topology/topology.ts'
import { tumbling } from '../../topology/windows.ts'
import { sample } from './sample.ts'

const texts = topic('texts', { key: utf8, value: utf8 })
const windows = tumbling({ size: minutes(1), grace: minutes(0) })
const emit = 'on-update'

/** Names of the inputs and nodes of each part. */
function parts(topology: Topology): [inputs: string[], nodes: string[]][] {
  return topology.subtopologies.map(({ inputs, nodes }, id) => {
    expect(topology.subtopologies[id]?.id).to.equal(id)
    return [inputs.map(({ name }) => name), nodes.map(({ name }) => name)]
  })
}

const partsOf = (build: (stream: SourceStream<string, string>) => void) =>
  parts(defineTopology('job', ({ source }) => build(source('in', texts))))

describe('sub-topologies', () => {
  it('are cut at each grouping by something else than the key', () => {
    expect(parts(sample)).to.deep.equal([
      [['calls-in'], ['calls-in', 'parse', 'known', 'by-type', 'by-place']],
      [['by-type'], ['type-count', 'type-counts-out']],
      [['by-place'], ['place-count', 'named', 'place-counts-out']],
    ])
  })

  it('are not cut where the grouping goes by the key as it came', () => {
    const found = partsOf((stream) => {
      stream
        .mapValues('trim', (text) => text.trim())
        .filter('full', (text) => text !== '')
        .groupByKey('by-key', utf8)
        .windowedBy(windows)
        .count('count', { emit })
    })
    expect(found).to.deep.equal([[['in'], ['in', 'trim', 'full', 'by-key', 'count']]])
  })

  it('are cut where the key was changed before a grouping by it', () => {
    const selected = partsOf((stream) => {
      stream
        .selectKey('key', (text) => text)
        .peek('look', () => undefined)
        .groupByKey('by-key', utf8)
        .windowedBy(windows)
        .count('count', { emit })
    })
    expect(selected).to.deep.equal([
      [['in'], ['in', 'key', 'look', 'by-key']],
      [['by-key'], ['count']],
    ])
    const mapped = partsOf((stream) => {
      stream
        .map('both', (text) => ({ key: text, value: text }))
        .groupByKey('by-key', utf8)
        .windowedBy(windows)
        .count('count', { emit })
    })
    expect(mapped).to.have.length(2)
  })

  it('are not cut again behind a grouping that dealt with the changed key', () => {
    const found = partsOf((stream) => {
      stream
        .selectKey('key', (text) => text)
        .groupByKey('first', utf8)
        .windowedBy(windows)
        .count('count', { emit })
        .toStream('counts')
        .groupByKey('second', windowed(utf8))
        .windowedBy(windows)
        .count('count-of-counts', { emit })
    })
    expect(found).to.deep.equal([
      [['in'], ['in', 'key', 'first']],
      [['first'], ['count', 'counts', 'second', 'count-of-counts']],
    ])
  })

  it('are numbered source by source, a source without readers too', () => {
    const others = topic('others', { key: utf8, value: utf8 })
    const topology = defineTopology('job', ({ source }) => {
      source('in', texts).to('out', topic('copies', { key: utf8, value: utf8 }))
      source('lonely', others)
    })
    expect(parts(topology)).to.deep.equal([
      [['in'], ['in', 'out']],
      [['lonely'], ['lonely']],
    ])
  })

  it('go round where tables are joined by a foreign key: one asks, the other answers', () => {
    const topology = defineTopology('job', ({ table }) => {
      const spec = { on: (value: string) => value, merge: (left: string) => left }
      table('left', texts).join(
        'both',
        table('right', topic('rows', { key: utf8, value: utf8 })),
        spec,
      )
    })
    const [asks, answers] = ['both-subscription-registration', 'both-subscription-response']
    expect(parts(topology)).to.deep.equal([
      [
        ['left-source', answers],
        ['left-source', 'left', asks, 'both'],
      ],
      [
        ['right-source', asks],
        ['right-source', 'right', answers],
      ],
    ])
    expect(topology.describe()).to.include(`Source: ${answers}-source (topics: [${answers}-topic])`)
    expect(topology.describe()).to.include(`Sink: ${asks}-sink (topic: ${asks}-topic)`)
    expect(topology.describe()).to.include('(stores: [both-subscription-store])')
    expect(topology.describe({ format: 'mermaid' })).to.include(
      'both_subscription_response_sink --> both_subscription_response_source',
    )
  })

  it('name their repartition topics as Kafka does', () => {
    const group = { kind: 'table-group', name: 'by-type' } as CutNode
    expect(repartitionTopic('app', group)).to.equal('app-by-type-repartition')
  })
})
