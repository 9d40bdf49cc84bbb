// What makes a topology wrong beside its names: joins, stores, serdes, windows. Each names the node.
import { expect } from 'chai'
import {
  deadLetter,
  defineTopology,
  float64,
  hopping,
  joinWindows,
  keyValueStore,
  minutes,
  seconds,
  tumbling,
  TopologyError,
  utf8,
  type Stream,
  type TopologyBuilder,
  type TopologyOptions,
} from '../../index.ts'
import { strings, texts } from '../support/texts.ts'

function refusal(build: (builder: TopologyBuilder) => void, options?: TopologyOptions): string {
  try {
    defineTopology('job', build, options)
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error
    expect(error.message.startsWith(`${error.node}: `)).to.equal(true)
    return error.message
  }
  throw new Error('it was taken')
}

const merge = (left: string, right: string | undefined) => `${left}${right}`
const reduce = (old: string, next: string) => `${old}${next}`
const emit = 'on-update'
const windows = tumbling({ size: minutes(1), grace: seconds(10) })
const rekeyed = ({ source }: TopologyBuilder): Stream<string, string> =>
  source('in', texts('in')).selectKey('key', (value) => value)
/** A stream whose values nothing tells how to write. */
const lengths = ({ source }: TopologyBuilder): Stream<string, number> =>
  source('in', texts('in')).mapValues('length', (value) => value.length)

describe('what is refused', () => {
  it('is a topic that a source and a global table read', () => {
    const message = refusal(({ source, globalTable }) => {
      source('in', texts('in'))
      globalTable('rows', texts('in'))
    })
    expect(message).to.equal(
      'rows: reads topic in, which source in reads already; use that stream twice',
    )
    expect(
      refusal(({ source }) => void source('in', [texts('a'), texts('b'), texts('a')])),
    ).to.include('in: reads topic a')
  })

  it('are dead letters of an operator, or of all, in a topic that is read', () => {
    const build =
      (onError?: ReturnType<typeof deadLetter>) =>
      ({ source }: TopologyBuilder) =>
        void source('in', texts('in')).peek('look', () => undefined, onError && { onError })
    expect(refusal(build(deadLetter('in')))).to.match(/^look: deadLetter\('in'\) is the topic/)
    expect(refusal(build(), { onError: deadLetter('in') })).to.match(/^job: deadLetter\('in'\)/)
  })

  it('is what goes through a repartition topic without a serde', () => {
    expect(refusal((builder) => void lengths(builder).repartition('spread'))).to.equal(
      'spread: a serde is needed here that does not follow from what comes before: give it as an argument',
    )
    expect(refusal((builder) => void lengths(builder).toTable('rows'))).to.match(/^rows: a serde/)
    const joined = refusal((builder) => {
      const rows = builder.table('rows', texts('rows'))
      rekeyed(builder)
        .mapValues('same', (value) => value)
        .join('both', rows, { merge })
    })
    expect(joined).to.match(/^both: a serde is needed/)
    const grouped = refusal((builder) => {
      lengths(builder)
        .groupBy('by-length', (length) => length, float64)
        .reduce('sum', { reduce: (sum, length) => sum + length, emit })
    })
    expect(grouped).to.match(/^sum: a serde is needed/)
  })

  it('is an aggregate of values that cannot travel', () => {
    const message = refusal((builder) => {
      lengths(builder)
        .groupBy('by-length', (length) => length, float64)
        .aggregate('sum', { initialize: () => 0, add: (a, b) => a + b, value: float64, emit })
    })
    expect(message).to.match(
      /^by-length: sum aggregates values, which go through a repartition topic/,
    )
  })

  it('is a repartition topic with no partitions, or with half a one', () => {
    for (const partitions of [0, -1, 1.5, NaN]) {
      const message = refusal((builder) => {
        rekeyed(builder).repartition('spread', { ...strings, partitions })
      })
      expect(message).to.include(`spread: a topic cannot have ${partitions} partitions`)
    }
  })

  it('is a stream, or a table, of another topology', () => {
    let other: Stream<string, string> | undefined
    defineTopology('other', ({ source }) => void (other = source('elsewhere', texts('in'))))
    const message = refusal(({ source }) => {
      source('in', texts('in')).merge('both', other!)
    })
    expect(message).to.equal(
      'both: reads elsewhere, which is no node of this topology; join only what it has itself',
    )
  })

  it('are two stores of one name, or a store with the name of a node', () => {
    const process = (names: readonly string[]) => (builder: TopologyBuilder) => {
      names.forEach((name, i) => {
        const stores = [keyValueStore(name, strings)]
        builder
          .source(`in${i}`, texts(`in${i}`))
          .process(`p${i}`, { stores, make: () => () => undefined })
      })
    }
    expect(refusal(process(['seen', 'seen']))).to.equal(
      'p0: store seen is declared twice, here and by p1; share one declaration',
    )
    expect(refusal(process(['p0']))).to.match(/^p0: store p0 has the name of a node/)
    expect(refusal(process(['a b']))).to.match(/^p0: a name is/)
  })

  it('is a store that a join names after itself where another node has one of that name', () => {
    const within = joinWindows({ before: minutes(1), after: minutes(1), grace: minutes(0) })
    const joined = (name: string) => (builder: TopologyBuilder) => {
      const [left, right] = [builder.source('l', texts('l')), builder.source('r', texts('r'))]
      left.leftJoin('both', right, { within, merge: (one) => one })
      left.groupByKey('by-key').count(name, { emit })
    }
    for (const name of ['both-left', 'both-right', 'both-unmatched']) {
      expect(refusal(joined(name))).to.equal(
        `${name}: its store ${name} has the name of one of both; give one of the two another name`,
      )
    }
    // A node without a store may have that name.
    defineTopology('job', ({ source }) => {
      const [left, right] = [source('l', texts('l')), source('r', texts('r'))]
      left.join('both', right, { within, merge: (one) => one }).to('both-left', texts('out'))
    })
    const waiting = refusal((builder) => {
      const rows = builder.table('rows', texts('rows'), { history: minutes(1) })
      const left = builder.source('l', texts('l'))
      left.join('both', rows, { grace: minutes(1), merge })
      left.process('seen', {
        stores: [keyValueStore('both-waiting', strings)],
        make: () => () => undefined,
      })
    })
    expect(waiting).to.match(/^seen: its store both-waiting has the name of one of both/)
    const foreign = refusal((builder) => {
      const [left, right] = [builder.table('l', texts('l')), builder.table('r', texts('r'))]
      left.join('both', right, { on: (value) => value, merge: (one) => one })
      builder.source('in', texts('in')).toTable('both-subscription-store', { store: true })
    })
    expect(foreign).to.match(/^both-subscription-store: its store .* one of both; give/)
  })

  it('is a node with the name of a repartition topic that a join puts in', () => {
    const message = refusal((builder) => {
      const rows = builder.table('rows', texts('rows'))
      const stream = builder.source('in', texts('in'))
      stream.peek('new-key-by-key', () => undefined)
      stream.selectKey('new-key', (value) => value).leftJoin('both', rows, { merge, ...strings })
    })
    expect(message).to.match(/^new-key-by-key: two nodes have this name/)
  })

  it('are two branches of one name', () => {
    const message = refusal(({ source }) => {
      const split = source('in', texts('in')).split('parts')
      split
        .branch('one', () => true)
        .branch('one', () => false)
        .noDefaultBranch()
    })
    expect(message).to.match(/^parts\.one: two nodes have this name/)
  })

  it('is a retention that is shorter than windows and their grace', () => {
    const message = refusal(({ source }) => {
      source('in', texts('in'))
        .groupByKey('by-key')
        .windowedBy(windows)
        .reduce('all', { reduce, value: utf8, emit, retention: minutes(1) })
    })
    expect(message).to.equal(
      'all: the retention of 60000 ms is less than size and grace of the windows, 70000 ms together: give it at least that',
    )
  })

  it('are windows that cannot be', () => {
    expect(() => tumbling({ size: minutes(0), grace: minutes(0) })).to.throw(TopologyError)
    const advance = minutes(2)
    expect(() => hopping({ size: minutes(1), advance, grace: minutes(0) })).to.throw(TopologyError)
  })

  it('are records that wait for a table without history, or longer than it has', () => {
    const waiting = (history?: ReturnType<typeof minutes>) => (builder: TopologyBuilder) => {
      const rows = builder.table('rows', texts('rows'), history === undefined ? {} : { history })
      rekeyed(builder).join('both', rows, { ...strings, merge, grace: minutes(5) })
    }
    expect(refusal(waiting())).to.equal(
      'both: records can wait only for a table with history: keep rows with history, or leave grace out',
    )
    expect(refusal(waiting(minutes(4)))).to.equal(
      'both: records wait for 300000 ms, and rows has a history of 240000 ms: give it at least that',
    )
    expect(() => defineTopology('job', waiting(minutes(5)))).not.to.throw()
  })

  it('is a join by a foreign key whose rows cannot travel, or be kept where they must be', () => {
    const on = (value: string) => value
    const joined =
      (how: 'left' | 'right' | 'kept') =>
      ({ table }: TopologyBuilder): void => {
        const one = table('one', texts('left'))
        const bare = one.mapValues('bare', (value) => value)
        if (how === 'left') bare.join('both', one, { on, merge })
        if (how === 'right') one.leftJoin('both', bare, { on, merge })
        if (how === 'kept') one.join('both', one, { on, merge }).leftJoin('again', one, { merge })
      }
    expect(refusal(joined('left'))).to.match(/^both: rows of the left table.* as serdes\.left$/)
    expect(refusal(joined('right'))).to.match(/^both: rows of the right table.* as serdes\.right$/)
    expect(refusal(joined('kept'))).to.match(/^both: what comes behind looks its rows up/)
  })

  it('is an outer join by a foreign key, where types do not see it', () => {
    const spec = { on: (value: string) => value, merge: () => '' }
    expect(
      refusal(({ table }) => {
        const one = table('one', texts('left'))
        one.outerJoin('both', one, spec)
      }),
    ).to.match(/^both: there is no outer join by a foreign key/)
  })
})
