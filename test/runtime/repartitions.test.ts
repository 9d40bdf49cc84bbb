// How many partitions repartition topics get where their records are joined, and what cannot be joined.
import { expect } from 'chai'
import { repartitionsOf } from '../../runtime/repartitions.ts'
import { TopologyError } from '../../topology/errors.ts'
import { utf8 } from '../../topology/serdes/primitive.ts'
import { topic } from '../../topology/topic.ts'
import { defineTopology, type Topology, type TopologyBuilder } from '../../topology/topology.ts'

const texts = (name: string) => topic(name, { key: utf8, value: utf8 })
const strings = { key: utf8, value: utf8 }
const merge = (left: string, right: string | undefined) => `${left}${right}`

const define = (build: (builder: TopologyBuilder) => void): Topology => defineTopology('job', build)

const counts = (topology: Topology, partitions: Record<string, number>) =>
  Object.fromEntries(
    repartitionsOf(topology, 'app', new Map(Object.entries(partitions))).map((spec) => [
      spec.name,
      spec.partitions,
    ]),
  )

const joined = (partitions?: number): Topology =>
  define(({ source, table }) => {
    const rekeyed = source('in', texts('left')).selectKey('key', (value) => value)
    const stream =
      partitions === undefined ? rekeyed : rekeyed.repartition('spread', { ...strings, partitions })
    stream.join('both', table('rows', texts('right')), { ...strings, merge })
  })

describe('what is joined', () => {
  it('is repartitioned into as many partitions as its other side has', () => {
    expect(counts(joined(), { left: 2, right: 5 })).to.deep.equal({
      'app-key-by-key-repartition': 5,
    })
  })

  it('is refused where a side was given another number', () => {
    expect(counts(joined(5), { left: 2, right: 5 })).to.deep.equal({
      'app-spread-repartition': 5,
    })
    expect(() => counts(joined(4), { left: 2, right: 5 })).to.throw(
      TopologyError,
      'both: what it brings together must have as many partitions on each side, ' +
        'but app-spread-repartition has 4, right has 5: put repartition() before it',
    )
  })

  it('is refused where topics are read that have different numbers', () => {
    const topology = define(({ source, table }) => {
      source('in', texts('left')).leftJoin('both', table('rows', texts('right')), { merge })
    })
    expect(counts(topology, { left: 3, right: 3 })).to.deep.equal({})
    expect(() => counts(topology, { left: 3, right: 2 })).to.throw(TopologyError, 'left has 3')
  })

  it('has the wider number where both sides are repartitioned', () => {
    const topology = define(({ source }) => {
      const rekeyed = (name: string) =>
        source(name, texts(name))
          .selectKey(`${name}-key`, (value) => value)
          .toTable(`${name}-rows`, strings)
      rekeyed('left').join('both', rekeyed('right'), { merge })
    })
    expect(counts(topology, { left: 2, right: 7 })).to.deep.equal({
      'app-left-rows-by-key-repartition': 7,
      'app-right-rows-by-key-repartition': 7,
    })
  })

  it('hangs together through one join after another', () => {
    const topology = define(({ table }) => {
      table('one', texts('a'))
        .join('one-two', table('two', texts('b')), { merge })
        .join('all', table('three', texts('c')), { merge })
    })
    expect(() => counts(topology, { a: 2, b: 2, c: 3 })).to.throw(TopologyError, 'one-two: ')
    expect(counts(topology, { a: 2, b: 2, c: 2 })).to.deep.equal({})
  })
})

describe('what is joined by a foreign key', () => {
  const spec = { on: (value: string) => value, merge }
  const topics = (way: string) => `app-both-subscription-${way}-topic`

  it('may have any numbers of partitions: what travels has those of the table it goes to', () => {
    const topology = define(({ table }) => {
      table('one', texts('left')).leftJoin('both', table('two', texts('right')), spec)
    })
    expect(counts(topology, { left: 2, right: 5 })).to.deep.equal({
      [topics('registration')]: 5,
      [topics('response')]: 2,
    })
  })

  it('follows tables that are repartitioned themselves', () => {
    const topology = define(({ source }) => {
      const rekeyed = (name: string) =>
        source(name, texts(name))
          .selectKey(`${name}-key`, (value) => value)
          .toTable(`${name}-rows`, strings)
      rekeyed('left').leftJoin('both', rekeyed('right'), spec)
    })
    expect(counts(topology, { left: 2, right: 7 })).to.deep.equal({
      'app-left-rows-by-key-repartition': 2,
      'app-right-rows-by-key-repartition': 7,
      [topics('registration')]: 7,
      [topics('response')]: 2,
    })
  })

  it('has no say in what else its tables are joined with', () => {
    const topology = define(({ table }) => {
      const one = table('one', texts('left'))
      one
        .leftJoin('both', one, { ...spec, store: utf8 })
        .leftJoin('all', table('two', texts('right')), { merge })
    })
    expect(() => counts(topology, { left: 2, right: 5 })).to.throw(TopologyError, 'right has 5')
    expect(counts(topology, { left: 2, right: 2 })[topics('response')]).to.equal(2)
  })
})

describe('what is merged', () => {
  it('may have any numbers of partitions', () => {
    const topology = define(({ source }) => {
      source('one', texts('a'))
        .merge('both', source('two', texts('b')))
        .to('out', texts('c'))
    })
    expect(counts(topology, { a: 2, b: 5, c: 1 })).to.deep.equal({})
  })
})
