// Partitioners of one's own, of sinks and of repartition topics.
import { expect } from 'chai'
import { deadLetter, type SinkPartitioner, type TopologyBuilder } from '../../index.ts'
import { strings, TextDriver, texts } from '../support/texts.ts'

describe('a partitioner', () => {
  let text: TextDriver | undefined
  const driverOf = (build: (builder: TopologyBuilder) => void): TextDriver =>
    (text = new TextDriver(build, { partitions: 3 }))
  afterEach(() => text?.driver.close())

  /** What came to each partition of a topic. */
  const placed = (topic = 'out'): string[] =>
    text!.driver
      .readOutput(texts(topic))
      .map(({ value, partition }) => `${value} in ${partition}`)
      .sort()
  const byValue: SinkPartitioner<string, string> = (value) =>
    value === 'key' ? undefined : [...value].map(Number)

  it('says to which partitions of a topic a record goes, to several or to none', () => {
    driverOf(({ source }) => {
      source('in', texts('in')).to('sent', texts('out'), { partitioner: byValue })
      source('other', texts('other')).to('by-key', texts('plain'))
    })
    text!.pipe('in', 'a:2@1', 'a:01@2', 'a:key@3', ':2@4')
    text!.driver.pipeInput(texts('in'), { key: 'a', value: '', timestampMs: 5 })
    text!.pipe('other', 'a:key@1')
    const [ofKey] = placed('plain')
    expect(placed()).to.deep.equal(['01 in 0', '01 in 1', '2 in 2', '2 in 2', ofKey!].sort())
    expect(text!.driver.drops('sent')).to.deep.equal({ unrouted: 1 })
  })

  it('is told the key, the time and the topic, also where that is chosen', () => {
    const seen: unknown[] = []
    driverOf(({ source }) =>
      source('in', texts('in')).to('sent', () => 'out', strings, {
        partitioner: (value, { key, timestampMs }, to) => {
          seen.push([value, key, timestampMs, to])
          return to.partitions - 1
        },
      }),
    )
    text!.driver.pipeInput(texts('in'), { key: 'a', value: 'x', timestampMs: 7 })
    const partitions = text!.driver.readOutput(texts('out')).map(({ partition }) => partition)
    expect(seen).to.have.length(1)
    const [given] = seen as [[string, string, number, { topic: string; partitions: number }]]
    expect(given.slice(0, 3)).to.deep.equal(['x', 'a', 7])
    expect(partitions).to.deep.equal([given[3].partitions - 1])
  })

  it('that names a partition which is not there ends the run, or goes by the policy', () => {
    driverOf(({ source }) =>
      source('in', texts('in')).to('sent', texts('out'), { partitioner: byValue }),
    )
    expect(() => text!.pipe('in', 'a:3@1')).to.throw(
      'sent: the partitioner gave 3 for topic out, which has 3 partitions: they go from 0 to 2',
    )
    text!.driver.close()
    driverOf(({ source }) =>
      source('in', texts('in')).to('sent', texts('out'), {
        partitioner: (value) => Number(value),
        onError: deadLetter('bad'),
      }),
    )
    text!.pipe('in', 'a:1@1', 'a:-1@2', 'a:1.5@3', 'a:x@4')
    expect(placed()).to.deep.equal(['1 in 1'])
    expect(placed('bad').map((one) => one.split(' ')[0])).to.deep.equal(['-1', '1.5', 'x'])
    expect(text!.driver.drops('sent')).to.deep.equal({ 'processing-error': 3 })
  })

  it('says which task behind a repartition topic gets a record, one key here and there', () => {
    const partitions: string[] = []
    driverOf(({ source }) =>
      source('in', texts('in'))
        .repartition('spread', {
          ...strings,
          partitioner: (value) => (value === 'key' ? undefined : Number(value)),
        })
        .process('note', {
          make:
            ({ partition }) =>
            (value, { key }) => {
              partitions.push(`${key}${value} in ${partition}`)
            },
        }),
    )
    text!.pipe('in', 'a:0@1', 'a:2@2', 'a:0@3', 'b:1@4', 'a:key@5', 'a:0@6', 'a:key@7')
    expect(partitions.filter((one) => !one.includes('key'))).to.deep.equal([
      'a0 in 0',
      'a2 in 2',
      'a0 in 0',
      'b1 in 1',
      'a0 in 0',
    ])
    const byKey = partitions.filter((one) => one.includes('key'))
    expect(new Set(byKey).size).to.equal(1)
    expect(() => text!.pipe('in', 'a:9@8')).to.throw(
      /spread: the partitioner gave 9 for topic job-/,
    )
  })

  it('of a table says where its changes go', () => {
    driverOf(({ table }) =>
      table('rows', texts('in')).to('sent', texts('out'), { partitioner: () => 1 }),
    )
    text!.pipe('in', 'a:x@1', 'b:y@2')
    expect(placed()).to.deep.equal(['x in 1', 'y in 1'])
  })
})
