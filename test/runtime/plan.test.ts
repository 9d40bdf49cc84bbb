// What a topology needs when it runs: topics, tasks, formats.
import { expect } from 'chai'
import {
  dimensionsOf,
  planOf,
  resolveFormat,
  sinkTopicsOf,
  sourceTopicsOf,
  topicsOf,
  writersOf,
} from '../../runtime/plan.ts'
import { repartitionsOf } from '../../runtime/repartitions.ts'
import type { ErasedTopic } from '../../topology/node.ts'
import { minutes } from '../../topology/duration.ts'
import { TopologyError } from '../../topology/errors.ts'
import { bytes, utf8 } from '../../topology/serdes/primitive.ts'
import { windowed } from '../../topology/serdes/windowed.ts'
import { topic } from '../../topology/topic.ts'
import { defineTopology } from '../../topology/topology.ts'
import { tumbling } from '../../topology/windows.ts'
import { sample } from '../topology/sample.ts'

const partitions = new Map([
  ['calls', 3],
  ['type-counts', 2],
  ['place-counts', 5],
  ['bad', 1],
  ['app-by-type-repartition', 3],
  ['app-by-place-repartition', 4],
])

describe('the topics of a job', () => {
  it('are those of its sources, and those of its sinks with the dead letters, each once', () => {
    expect(sourceTopicsOf(sample)).to.deep.equal(['calls'])
    expect(sinkTopicsOf(sample)).to.deep.equal(['bad', 'type-counts', 'place-counts'])
    const twice = defineTopology('job', ({ source }) => {
      const stream = source('in', topic('texts', { key: utf8, value: utf8 }))
      stream.to('one', topic('copies', { key: utf8, value: utf8 }))
      stream.to('two', topic('copies', { key: utf8, value: utf8 }))
    })
    expect(sinkTopicsOf(twice)).to.deep.equal(['copies'])
  })

  it('are cut by repartition topics with the partitions of what flows into them', () => {
    const specs = repartitionsOf(sample, 'app', new Map([['calls', 3]]))
    expect(specs.map(({ name, partitions: count }) => [name, count])).to.deep.equal([
      ['app-by-type-repartition', 3],
      ['app-by-place-repartition', 3],
    ])
    expect(specs[0]?.config).to.include({ 'cleanup.policy': 'delete' })
  })

  it('inherit partitions through a repartition topic behind another', () => {
    const windows = tumbling({ size: minutes(1), grace: minutes(0) })
    const chained = defineTopology('job', ({ source }) => {
      source('in', topic('texts', { key: utf8, value: utf8 }))
        .groupBy('first', (text) => text, utf8)
        .windowedBy(windows)
        .count('one', { emit: 'on-update' })
        .toStream('ones')
        .groupBy('second', (_count, { key }) => key, windowed(utf8))
        .windowedBy(windows)
        .count('two', { emit: 'on-update' })
    })
    const specs = repartitionsOf(chained, 'app', new Map([['texts', 6]]))
    expect(specs.map(({ name, partitions: count }) => [name, count])).to.deep.equal([
      ['app-first-repartition', 6],
      ['app-second-repartition', 6],
    ])
    const plan = planOf(
      chained,
      'app',
      new Map([
        ['texts', 6],
        ['app-first-repartition', 2],
      ]),
    )
    expect(writersOf(chained, plan, 'second')).to.equal(2)
  })
})

describe('the plan of a job', () => {
  const plan = planOf(sample, 'app', partitions)

  it('has a task per sub-topology and partition of its input', () => {
    expect(plan.tasks.map(({ taskId }) => taskId)).to.deep.equal([
      ...['0_0', '0_1', '0_2'],
      ...['1_0', '1_1', '1_2'],
      ...['2_0', '2_1', '2_2', '2_3'],
    ])
    expect(plan.tasks[4]).to.deep.include({
      subtopology: 1,
      partition: 1,
      inputs: [{ topic: 'app-by-type-repartition', alignmentSlot: -1 }],
    })
  })

  it('aligns in event time what reads sources, and nothing else', () => {
    const slots = plan.tasks.flatMap(({ inputs }) =>
      inputs.map(({ alignmentSlot }) => alignmentSlot),
    )
    expect(slots).to.deep.equal([0, 1, 2, ...Array<number>(7).fill(-1)])
    expect(plan.alignmentSlots).to.equal(3)
  })

  it('is plain data that a worker gets as it is', () => {
    expect(structuredClone(plan)).to.deep.equal(plan)
    expect(plan.partitions).to.deep.equal(Object.fromEntries(partitions))
    expect(plan.sourceTopics).to.deep.equal(['calls'])
    expect(plan.repartitionTopics).to.deep.equal([
      'app-by-type-repartition',
      'app-by-place-repartition',
    ])
  })

  it('knows who writes a repartition topic', () => {
    expect(writersOf(sample, plan, 'by-place')).to.equal(3)
    expect(() => writersOf(sample, plan, 'unknown')).to.throw(TopologyError, 'unknown: ')
    expect(sample.subtopologies.flatMap((part) => topicsOf(part, 'app'))).to.deep.equal([
      'calls',
      ...plan.repartitionTopics,
    ])
  })

  it('has no tasks where a topic has no partitions', () => {
    expect(planOf(sample, 'app', new Map()).tasks).to.deep.equal([])
  })

  it('says what metrics are labelled with', () => {
    const { stores, nodes, topics, partitions: read } = dimensionsOf(sample, plan)
    expect(stores).to.deep.equal([{ name: 'type-count' }, { name: 'place-count' }])
    expect(nodes).to.deep.equal(['calls-in', 'type-counts-out', 'place-counts-out'])
    expect(topics).to.have.members([...partitions.keys()])
    expect(read).to.have.length(10)
  })
})

describe('the format of a topic', () => {
  const out = topic('out', { key: utf8, value: { formats: { text: utf8, raw: utf8 } } })
  const erased = { ...out, formats: { text: utf8, raw: bytes } } as unknown as ErasedTopic

  it('is the first unless the configuration picks another', () => {
    expect(resolveFormat(erased, {})).to.equal(erased)
    expect(resolveFormat(erased, { other: 'raw' })).to.equal(erased)
    expect(resolveFormat(erased, { out: 'raw' }).value).to.equal(bytes)
  })

  it('is refused when there is none of that name', () => {
    expect(() => resolveFormat(erased, { out: 'xml' })).to.throw(
      TopologyError,
      'out: topic.format.out=xml: there is no such format; known: text, raw',
    )
  })
})
