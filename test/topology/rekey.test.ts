// Where repartition topics come in by themselves, and which of them take records without a key.
import { expect } from 'chai'
import { defineTopology, joinWindows, minutes, type TopologyBuilder } from '../../index.ts'
import { keepsNullKeys } from '../../topology/null-keys.ts'
import { strings, texts } from '../support/texts.ts'

const merge = (left: string | undefined, right: string | undefined) => `${left}${right}`
const within = joinWindows({ before: minutes(1), after: minutes(1), grace: minutes(0) })
const serdes = { key: strings.key, left: strings.value, right: strings.value }

const cutsOf = (build: (builder: TopologyBuilder) => void): Record<string, boolean> => {
  const { nodes } = defineTopology('job', build)
  const cuts = nodes.filter(({ kind }) => kind === 'repartition')
  return Object.fromEntries(cuts.map(({ name }) => [name, keepsNullKeys(name, nodes)]))
}
const rekeyed = ({ source }: TopologyBuilder, name = 'in') =>
  source(name, texts(name)).selectKey(`${name}-key`, (value) => value)

describe('a repartition topic', () => {
  it('comes in before a join of a stream that was keyed anew, one for all of its joins', () => {
    const cuts = cutsOf((builder) => {
      const stream = rekeyed(builder)
      stream.join('one', builder.table('a', texts('a')), { ...strings, merge })
      stream.join('two', builder.table('b', texts('b')), { ...strings, merge })
    })
    expect(cuts).to.deep.equal({ 'in-key-by-key': false })
  })

  it('comes in before a table, and not before what keeps its keys', () => {
    expect(cutsOf((builder) => void rekeyed(builder).toTable('rows', strings))).to.deep.equal({
      'rows-by-key': false,
    })
    const cuts = cutsOf(({ source, table }) => {
      const stream = source('in', texts('in')).mapValues('same', (value) => value)
      stream.toTable('rows', strings)
      stream.join('both', table('a', texts('a')), { ...strings, merge })
    })
    expect(cuts).to.deep.equal({})
  })

  it('does not come in after another', () => {
    const cuts = cutsOf((builder) => {
      const spread = rekeyed(builder).repartition('spread', strings)
      spread.join('both', builder.table('a', texts('a')), { ...strings, merge })
    })
    expect(cuts).to.deep.equal({ spread: false })
  })

  it('takes records without a key where a join puts them out', () => {
    const cuts = cutsOf((builder) => {
      const rows = builder.table('a', texts('a'))
      rekeyed(builder, 'one').leftJoin('left', rows, { ...strings, merge })
      rekeyed(builder, 'two').join('pairs', rekeyed(builder, 'three'), { within, serdes, merge })
      rekeyed(builder, 'four').outerJoin('all', rekeyed(builder, 'five'), { within, serdes, merge })
    })
    expect(cuts).to.deep.equal({
      'one-key-by-key': true,
      'two-key-by-key': false,
      'three-key-by-key': false,
      'four-key-by-key': true,
      'five-key-by-key': true,
    })
  })
})
