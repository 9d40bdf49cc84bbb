// Processors that read tables and aggregates of the topology: what their stores hold when a record comes.
import { expect } from 'chai'
import {
  defineTopology,
  float64,
  milliseconds,
  session,
  topic,
  TopologyError,
  tumbling,
  untilTimeLimit,
  utf8,
  type TopologyBuilder,
} from '../../index.ts'
import { TopologyTestDriver } from '../../testing.ts'

const words = topic('words', { key: utf8, value: utf8 })
const questions = topic('questions', { key: utf8, value: utf8 })
const answers = topic('answers', { key: utf8, value: utf8 })
const emit = 'on-update'
const ms = milliseconds

function answersOf(
  build: (builder: TopologyBuilder) => void,
  inputs: readonly [topic: typeof words, key: string, value: string, timestampMs: number][],
  partitions = 1,
): [string | null, string | null][] {
  const driver = new TopologyTestDriver(defineTopology('job', build), { partitions })
  try {
    for (const [to, key, value, timestampMs] of inputs) {
      driver.pipeInput(to, { key, value, timestampMs })
    }
    return driver.readOutput(answers).map(({ key, value }) => [key, value])
  } finally {
    driver.close()
  }
}

describe('a processor', () => {
  it('reads an aggregate as it stands, with the time of each value', () => {
    const build = ({ source }: TopologyBuilder): void => {
      const counts = source('words', words)
        .groupBy('by-word', (word) => word, utf8, utf8)
        .count('counts', { emit })
      source('questions', questions)
        .process<string, string>('answer', {
          tables: [counts],
          make: ({ forward, store }) => {
            const held = store(counts)
            return (value, { key }) => {
              const { value: count = 0, timestampMs = -1 } = held.getWithTimestamp(key) ?? {}
              forward({ key, value: `${value}: ${count} at ${timestampMs}` })
            }
          },
        })
        .to('answers', answers)
    }
    for (const partitions of [1, 3]) {
      const found = answersOf(
        build,
        [
          [questions, 'a', 'before', 1],
          [words, 'x', 'a', 5],
          [words, 'y', 'a', 3],
          [questions, 'a', 'after', 7],
          [questions, 'b', 'never', 8],
        ],
        partitions,
      )
      expect(found).to.have.deep.members([
        ['a', 'before: 0 at -1'],
        ['a', 'after: 2 at 5'],
        ['b', 'never: 0 at -1'],
      ])
    }
  })

  it('reads tables, windows and sessions by what they are kept in', () => {
    const found = answersOf(
      ({ source, table }) => {
        const rows = table('rows', words)
        const stream = source('questions', questions)
        const group = stream.groupByKey('by-key', utf8, utf8)
        const windows = group
          .windowedBy(tumbling({ size: ms(10), grace: ms(20) }))
          .count('windows', { emit })
        const sessions = group
          .windowedBy(session({ gap: ms(5), grace: ms(20) }))
          .count('sessions', { emit })
        stream
          .process<string, string>('answer', {
            tables: [rows, windows, sessions],
            make: ({ forward, store }) => {
              const [held, spans] = [store(rows), store(windows, 'window')]
              const visits = store(sessions, 'session')
              return (_, { key }) => {
                const starts = [...spans.fetchRange(key, 0, 100)].map(
                  (one) => one.key.window.startMs,
                )
                const ends = [...visits.findSessions(key, 0, 100)].map(
                  (one) => one.key.window.endMs,
                )
                forward({ key, value: `${held.get(key)} ${starts.join()} ${ends.join()}` })
              }
            },
          })
          .to('answers', answers)
      },
      [
        [words, 'k', 'row', 1],
        [questions, 'k', '', 2],
        [questions, 'k', '', 14],
      ],
    )
    expect(found).to.deep.equal([
      ['k', 'row 0 2'],
      ['k', 'row 0,10 2,14'],
    ])
  })

  it('is in one part with what it reads', () => {
    const topology = defineTopology('job', ({ source, table }) => {
      const rows = table('rows', words)
      source('questions', questions).processValues('answer', {
        tables: [rows],
        make: () => () => undefined,
      })
    })
    expect(topology.subtopologies).to.have.length(1)
    expect(topology.describe()).to.include('Processor: answer (stores: [rows])')
  })

  it('is refused a table that is kept in no store, or is of another topology', () => {
    const reads = (build: (builder: TopologyBuilder) => unknown) => () =>
      defineTopology('job', (builder) => {
        const tables = [build(builder)] as never
        builder
          .source('questions', questions)
          .process('answer', { tables, make: () => () => undefined })
      })
    const filtered = reads(({ table }) => table('rows', words).filter('some', () => true))
    expect(filtered).to.throw(TopologyError, 'answer: reads table some, which is kept in no store')
    const held = reads(({ table }) =>
      table('rows', words).suppress('held', untilTimeLimit(ms(5), { records: 9 })),
    )
    expect(held).to.throw(TopologyError, 'read the table before it')
    let other: unknown
    defineTopology('other', ({ table }) => (other = table('foreign', words)) && undefined)
    expect(reads(() => other)).to.throw(TopologyError, 'is no node of this topology')
  })

  it('is told how to ask for what it reads', () => {
    const asking = (ask: 'not declared' | 'as a plain one') => () =>
      answersOf(
        ({ source }) => {
          const stream = source('questions', questions)
          const windows = stream
            .groupByKey('by-key', utf8, utf8)
            .windowedBy(tumbling({ size: ms(10), grace: ms(0) }))
            .aggregate('windows', { initialize: () => 0, add: (n) => n + 1, value: float64, emit })
          stream.process('answer', {
            tables: ask === 'not declared' ? [] : [windows],
            make: ({ store }) => {
              store(windows)
              return () => undefined
            },
          })
        },
        [[questions, 'k', '', 1]],
      )
    expect(asking('not declared')).to.throw(
      'table windows was not declared with it: name it in its tables',
    )
    expect(asking('as a plain one')).to.throw("ask for it by store(table, 'window')")
  })
})
