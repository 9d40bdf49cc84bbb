// Joins with tables over several partitions: rows meet where their key is, however they came there.
import { expect } from 'chai'
import {
  joinWindows,
  milliseconds,
  minutes,
  seconds,
  type Stream,
  type TopologyBuilder,
} from '../../index.ts'
import { strings, TextDriver, texts } from '../support/texts.ts'

const merge = (left: string | undefined, right: string | undefined) => `${left}+${right}`
const keys = Array.from({ length: 12 }, (_, i) => `k${i}`)

describe('a join over several partitions', () => {
  let text: TextDriver
  const open = (build: (builder: TopologyBuilder) => void): void => {
    text = new TextDriver(build, { partitions: 4 })
  }
  afterEach(() => text.driver.close())

  it('finds the rows of a table for records that were keyed anew', () => {
    open(({ source, table }) => {
      const rows = table('rows', texts('table'))
      const rekeyed = source('in', texts('in')).selectKey('key', (value) => value)
      rekeyed.join('found', rows, { ...strings, merge }).to('out', texts('out'))
      rekeyed.leftJoin('all', rows, { ...strings, merge }).to('all-out', texts('all-out'))
    })
    text.pipe('table', ...keys.map((key) => `${key}:row of ${key}@1`))
    text.pipe('in', ...keys.map((key) => `other:${key}@2`), 'other:none@3')
    const found = keys.map((key) => `${key}:${key}+row of ${key}@2`)
    expect(text.read('out')).to.have.members(found)
    expect(text.read('all-out')).to.have.members([...found, 'none:none+undefined@3'])
    expect(text.driver.drops()).to.deep.equal({})
  })

  it('of streams puts out what lost its key on the way to a repartition topic, on outer sides', () => {
    const within = joinWindows({ before: seconds(1), after: seconds(1), grace: seconds(0) })
    open(({ source }) => {
      const [left, right] = ['left', 'right'].map((name) =>
        source(name, texts(name)).selectKey(`${name}-keyed`, (value) => value || null),
      ) as [Stream<string, string>, Stream<string, string>]
      const serdes = { key: strings.key, left: strings.value, right: strings.value }
      left.leftJoin('one-side', right, { within, merge, serdes }).to('left-out', texts('left-out'))
      left.outerJoin('both-sides', right, { within, merge, serdes }).to('out', texts('out'))
    })
    for (const topic of ['left', 'right']) {
      text.driver.pipeInput(texts(topic), { key: 'k', value: '', timestampMs: 1 })
    }
    expect(text.read('left-out')).to.deep.equal([':+undefined@1'])
    expect(text.read('out')).to.have.members([':+undefined@1', ':undefined+@1'])
    expect(text.driver.drops()).to.deep.equal({ 'null-key': 1 })
  })

  it('joins two tables, one of them an aggregate', () => {
    open(({ source, table }) => {
      source('in', texts('in'))
        .groupBy('by-value', (value) => value, strings.key, strings.value)
        .reduce('last', { reduce: (_old, next) => next, value: strings.value, emit: 'on-update' })
        .outerJoin('both', table('rows', texts('table')), { merge })
        .to('out', texts('out'))
    })
    text.pipe('table', 'k1:row@5')
    text.pipe('in', 'other:k1@2')
    text.pipe('in', 'other:k2@3')
    text.pipe('table', 'k1:@6')
    expect(text.read('out')).to.have.members([
      'k1:undefined+row@5',
      'k1:k1+row@5',
      'k2:k2+undefined@3',
      'k1:k1+undefined@6',
    ])
  })

  it('treats what fails while a row is looked up as its own failure', () => {
    open(({ table }) => {
      const picky = (value: string): string => {
        if (value === 'bad') throw new Error('no such value')
        return value
      }
      const right = table('right', texts('right')).mapValues('picky', picky, { onError: 'skip' })
      const left = table('left', texts('left'))
      const joined = left.join('both', right, { merge, onError: 'skip' })
      joined.toStream('changes').to('out', texts('out'))
    })
    text.pipe('right', 'k:bad@1', 'other:good@1')
    text.pipe('left', 'k:one@2', 'other:one@2')
    expect(text.read('out')).to.deep.equal(['other:one+good@2'])
    expect(text.driver.drops()).to.deep.equal({ 'processing-error': 2 })
  })

  it('finds rows of a global table by any key, in whichever partition they lie', () => {
    open(({ source, globalTable }) => {
      const rows = globalTable('rows', texts('table'), { malformed: 'skip' })
      const on = (value: string) => (value === '' ? null : value)
      source('in', texts('in')).join('found', rows, { on, merge }).to('out', texts('out'))
    })
    text.pipe('table', ...keys.map((key) => `${key}:row of ${key}@1`), 'k0:@2', ':no key@3')
    text.pipe('in', ...keys.map((key) => `any:${key}@4`))
    const found = keys.slice(1).map((key) => `any:${key}+row of ${key}@4`)
    expect(text.read('out')).to.have.members(found)
    expect(text.driver.drops('rows')).to.deep.equal({ 'null-key': 1 })
    expect(text.driver.store<string, string>('rows').get('k1')).to.equal('row of k1')
  })

  it('waits for a table with history, and then sees it as it was', () => {
    open(({ source, table }) => {
      const rows = table('rows', texts('table'), { history: minutes(1) })
      const spec = { ...strings, merge, grace: minutes(1) }
      source('in', texts('in')).join('found', rows, spec).to('out', texts('out'))
    })
    text.pipe('in', 'k1:early@10000')
    text.pipe('table', 'k1:first@5000', 'k1:second@20000')
    expect(text.read('out')).to.deep.equal([])
    text.pipe('in', 'k1:late@70001')
    expect(text.read('out')).to.deep.equal(['k1:early+first@10000'])
  })

  it('keeps what comes at the very time up to which all has gone out, also with no grace at all', () => {
    open(({ source, table }) => {
      const rows = table('rows', texts('table'), { history: minutes(1) })
      const of = (ms: number) => ({ ...strings, merge, grace: milliseconds(ms) })
      const records = source('in', texts('in'))
      records.leftJoin('at-once', rows, of(0)).to('out', texts('out'))
      records.leftJoin('later', rows, of(5)).to('later-out', texts('later-out'))
    })
    text.pipe('in', 'k1:a@10', 'k1:b@10', 'k1:c@15', 'k1:d@10')
    expect(text.read('out')).to.deep.equal(
      ['a@10', 'b@10', 'c@15', 'd@10'].map((one) => `k1:${one.replace('@', '+undefined@')}`),
    )
    expect(text.read('later-out')).to.deep.equal(
      ['a@10', 'b@10', 'd@10'].map((one) => `k1:${one.replace('@', '+undefined@')}`),
    )
  })

  it('does not let records go before their time because of one without a value', () => {
    open(({ source, table }) => {
      const rows = table('rows', texts('table'), { history: minutes(1) })
      const spec = { ...strings, merge, grace: milliseconds(5) }
      source('in', texts('in'))
        .mapValues('empty', (value) => (value === 'empty' ? null : value))
        .leftJoin('all', rows, spec as never)
        .to('out', texts('out') as never)
    })
    text.pipe('in', 'k1:a@10', 'k1:empty@100', 'k1:b@11')
    expect(text.read('out')).to.deep.equal([])
    text.pipe('in', 'k1:c@16')
    expect(text.read('out')).to.deep.equal(['k1:a+undefined@10', 'k1:b+undefined@11'])
  })
})
