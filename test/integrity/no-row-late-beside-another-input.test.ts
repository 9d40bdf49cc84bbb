// A task with several inputs goes on in event time with the rows that it has run, and not with what is told
// of one of its inputs: rows that the others still have would be late behind it.
import { expect } from 'chai'
import { partitionFor } from '../../broker/partitioner.ts'
import { milliseconds, tumbling, utf8, type Stream, type TopologyBuilder } from '../../index.ts'
import { strings, TextDriver, texts } from '../support/texts.ts'

const PARTITIONS = 2
const windows = tumbling({ size: milliseconds(10), grace: milliseconds(0) })
/** A key of each partition. */
const keys = Array.from({ length: PARTITIONS }, (_, partition) =>
  'abcdef'.split('').find((key) => partitionFor(Buffer.from(key), PARTITIONS) === partition)!,
)

describe('windows behind a task with several inputs', () => {
  let text: TextDriver
  afterEach(() => text.driver.close())

  /** Counts all of both streams in windows, behind the task where they meet. */
  function open(meet: (builder: TopologyBuilder) => Stream<string, string>): void {
    text = new TextDriver(
      (builder) => {
        meet(builder)
          .groupBy('all', () => 'all', utf8)
          .windowedBy(windows)
          .count('counts', { emit: 'on-update' })
          .toStream('changes')
          .map('plain', (count, { key }) => ({ key: key.key, value: String(count) }))
          .to('out', texts('out'))
      },
      // Late enough that the first that each task has to tell is due.
      { partitions: PARTITIONS, wallClockMs: 10_000 },
    )
  }

  const rekeyed = ({ source }: TopologyBuilder, topic: string): Stream<string, string> =>
    source(topic, texts(topic))
      .selectKey(`${topic}-key`, (value) => value)
      .repartition(`${topic}-keyed`, strings)

  it('take rows of a source though a repartition topic beside it is told of later ones', () => {
    open((builder) => {
      const left = rekeyed(builder, 'left')
      return left.merge('both', builder.source('right', texts('right')))
    })
    text.pipe('left', ...keys.map((key) => `${key}:${keys[1]}@1000`))
    text.pipe('right', `${keys[0]}:x@1`, `${keys[0]}:x@2`, `${keys[0]}:x@3`)
    expect(text.driver.drops()).to.deep.equal({})
    expect(text.read('out')).to.deep.equal([
      'all:1@1000',
      'all:2@1000',
      'all:1@1',
      'all:2@2',
      'all:3@3',
    ])
  })

  it('take rows of a repartition topic though another one beside it is told of later ones', () => {
    open((builder) => rekeyed(builder, 'left').merge('both', rekeyed(builder, 'right')))
    text.pipe('left', ...keys.map((key) => `${key}:${keys[1]}@1000`))
    text.pipe('right', `k:${keys[0]}@1`, `k:${keys[0]}@2`, `k:${keys[0]}@3`)
    expect(text.driver.drops()).to.deep.equal({})
    expect(text.read('out')).to.deep.equal([
      'all:1@1000',
      'all:2@1000',
      'all:1@1',
      'all:2@2',
      'all:3@3',
    ])
  })

  it('go on with the rows of both', () => {
    open((builder) => {
      const left = rekeyed(builder, 'left')
      return left.merge('both', builder.source('right', texts('right')))
    })
    text.pipe('left', `k:${keys[0]}@1000`, `k:${keys[1]}@1000`)
    text.pipe('right', `${keys[0]}:x@1001`, `${keys[1]}:x@1001`, `${keys[0]}:x@3`)
    expect(text.driver.drops()).to.deep.equal({ 'expired-window': 1 })
  })
})
