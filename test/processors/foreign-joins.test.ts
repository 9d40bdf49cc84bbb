// Joins of tables by a foreign key over several partitions: rows and what they point to lie in different tasks.
import { expect } from 'chai'
import {
  float64,
  minutes,
  seconds,
  session,
  topic,
  tumbling,
  utf8,
  windowed,
  type TopologyBuilder,
} from '../../index.ts'
import { partitionFor } from '../../broker/partitioner.ts'
import { strings, TextDriver, texts } from '../support/texts.ts'

const on = (value: string): string | null => (value.includes('=') ? value.split('=')[0]! : null)
const merge = (left: string, right: string | undefined) => `${left}+${right}`
const orders = Array.from({ length: 12 }, (_, i) => `o${i}`)
const clients = ['ann', 'bob', 'cid', 'dan', 'eve']
const clientOf = (i: number): string => clients[i % clients.length]!

describe('a join by a foreign key over several partitions', () => {
  let text: TextDriver
  const open = (build: (builder: TopologyBuilder) => void, partitions = 4): void => {
    text = new TextDriver(build, { partitions })
  }
  const openBoth = (): void =>
    open(({ table }) => {
      const left = table('order', texts('orders'))
      const right = table('client', texts('clients'))
      left.join('found', right, { on, merge, store: utf8 }).to('out', texts('found'))
      left.leftJoin('all', right, { on, merge }).to('all-out', texts('all'))
    })
  afterEach(() => text.driver.close())

  it('finds rows by any key, and follows changes of either side', () => {
    openBoth()
    text.pipe('orders', ...orders.map((key, i) => `${key}:${clientOf(i)}=tea@${i}`))
    expect(text.read('found')).to.deep.equal([])
    expect(text.read('all')).to.have.members(
      orders.map((key, i) => `${key}:${clientOf(i)}=tea+undefined@${i}`),
    )
    text.pipe('clients', ...clients.map((key) => `${key}:${key.toUpperCase()}@100`))
    const joined = orders.map(
      (key, i) => `${key}:${clientOf(i)}=tea+${clientOf(i).toUpperCase()}@100`,
    )
    expect(text.read('found')).to.have.members(joined)
    expect(text.read('all')).to.have.members(joined)
    text.pipe('clients', 'ann:@200')
    const left = orders.filter((_, i) => clientOf(i) === 'ann')
    expect(text.read('found')).to.have.members(left.map((key) => `${key}:@200`))
    expect(text.read('all')).to.have.members(left.map((key) => `${key}:ann=tea+undefined@200`))
    expect(text.driver.drops()).to.deep.equal({})
  })

  it('gives one result where a row points elsewhere, whichever tasks own the two keys', () => {
    openBoth()
    text.pipe('clients', ...clients.map((key) => `${key}:${key.toUpperCase()}@1`))
    for (const client of clients) {
      text.pipe('orders', `o1:${client}=tea@5`)
      expect(text.read('found')).to.deep.equal([`o1:${client}=tea+${client.toUpperCase()}@5`])
      expect(text.read('all')).to.deep.equal([`o1:${client}=tea+${client.toUpperCase()}@5`])
    }
    // Those that it pointed to before have forgotten it.
    text.pipe('clients', ...clients.map((key) => `${key}:new@6`))
    expect(text.read('found')).to.deep.equal(['o1:eve=tea+new@6'])
  })

  it('drops a row that points to none, of an inner join, and counts it under the name of the join', () => {
    openBoth()
    text.pipe('orders', 'o1:nobody@1')
    expect(text.read('found')).to.deep.equal([])
    expect(text.read('all')).to.deep.equal(['o1:nobody+undefined@1'])
    expect(text.driver.drops('found')).to.deep.equal({ 'null-key': 1 })
    expect(text.driver.drops('all')).to.deep.equal({})
  })

  it('goes on after a restart from what was committed', () => {
    openBoth()
    text.pipe('orders', 'o1:ann=tea@1', 'o2:ann=jam@2', 'o3:bob=jam@3')
    text.read('all')
    text.driver.restart()
    text.pipe('clients', 'ann:Ann@4')
    const joined = ['o1:ann=tea+Ann@4', 'o2:ann=jam+Ann@4']
    expect(text.read('found')).to.have.members(joined)
    expect(text.read('all')).to.have.members(joined)
    text.driver.restart()
    text.pipe('orders', 'o2:bob=jam@5', 'o1:@6')
    expect(text.read('found')).to.have.members(['o2:@5', 'o1:@6'])
    expect(text.driver.store<string, string>('found').get('o1')).to.equal(undefined)
  })

  it('leaves out answers to values that a row has no more, and counts them as Kafka Streams does', () => {
    open(({ source, table }) => {
      const left = source('in', texts('orders'))
        .flatMapValues('split', (value) => value.split(','))
        .toTable('order', strings)
      left.leftJoin('all', table('client', texts('clients')), { on, merge }).to('out', texts('all'))
    })
    text.pipe('clients', 'ann:Ann@1', 'bob:Bob@1')
    text.pipe('orders', 'o1:ann=tea,bob=tea,cid=tea,bob=jam@2')
    expect(text.read('all')).to.deep.equal(['o1:bob=jam+Bob@2'])
    expect(text.driver.drops('all')).to.deep.equal({ outdated: 3 })
  })

  it('answers to the partition that has the row, wherever others would put its key', () => {
    openBoth()
    const elsewhere = (partitionFor(new TextEncoder().encode('o1'), 4) + 1) % 4
    text.driver.pipeInput(texts('orders'), {
      ...{ key: 'o1', value: 'ann=tea', timestampMs: 1 },
      partition: elsewhere,
    })
    text.pipe('clients', 'ann:Ann@2')
    expect(text.read('found')).to.deep.equal(['o1:ann=tea+Ann@2'])
  })

  it('joins a table with itself, and results with further tables', () => {
    open(({ table }) => {
      const people = table('person', texts('people'))
      people
        .join('boss', people, { on, merge: (one, other) => `${one}<${other}` })
        .to('out', texts('bosses'))
      people
        .leftJoin('home', table('place', texts('places')), {
          ...{ on: (value) => value.split('=')[1] ?? null, merge, store: utf8 },
        })
        .leftJoin('again', people, { on, merge: (one, other) => `${one} of ${other}` })
        .to('again-out', texts('again'))
    })
    text.pipe('people', 'ann:none=york@1', 'bob:ann=bath@2')
    expect(text.read('bosses')).to.deep.equal(['bob:ann=bath<none=york@2'])
    text.read('again')
    text.pipe('places', 'bath:Bath@3')
    expect(text.read('again')).to.deep.equal(['bob:ann=bath+Bath of none=york@3'])
    text.pipe('people', 'ann:bob=york@4')
    expect(text.read('bosses')).to.have.members([
      'ann:bob=york<ann=bath@4',
      'bob:ann=bath<bob=york@4',
    ])
  })

  it('joins tables whose rows come through repartition topics, both ways', () => {
    open(({ source }) => {
      const latest = (name: string) =>
        source(name, texts(name))
          .groupBy(`by-${name}`, (value) => value.split('=')[0]!, utf8, utf8)
          .reduce(`last-${name}`, {
            reduce: (_old, next) => next,
            value: utf8,
            emit: 'on-update',
          })
      latest('left')
        .join('both', latest('right'), { on: (value) => value.split('=')[1] ?? null, merge })
        .to('out', texts('out'))
    })
    text.pipe('left', ...orders.map((key, i) => `x:${key}=${clientOf(i)}@${i}`))
    text.pipe('right', ...clients.map((key) => `x:${key}=1@50`))
    expect(text.read('out')).to.have.members(
      orders.map((key, i) => `${key}:${key}=${clientOf(i)}+${clientOf(i)}=1@50`),
    )
  })

  it('finds windows of a windowed table, which lie where their keys do', () => {
    open(({ source, table }) => {
      const counts = source('calls', texts('calls'))
        .groupBy('by-value', (value) => value, utf8)
        .windowedBy(tumbling({ size: minutes(1), grace: minutes(0) }))
        .aggregate('count', {
          ...{ initialize: () => '', add: (all: string) => `${all}|`, value: utf8 },
          emit: 'on-update',
        })
      const window = { startMs: 0, endMs: 60_000 }
      table('ref', texts('refs'))
        .join('found', counts, { on: (key) => ({ key, window }), merge })
        .to('out', texts('out'))
    })
    text.pipe('refs', ...clients.map((key) => `of-${key}:${key}@1`))
    text.pipe('calls', ...clients.map((key) => `x:${key}@2`))
    expect(text.read('out')).to.have.members(clients.map((key) => `of-${key}:${key}+|@2`))
  })

  it('closes no windows of one table because the other has come further', () => {
    const counts = topic('counts', { key: windowed(utf8), value: float64 })
    open(({ table }) => {
      const left = table('order', texts('orders'))
      left.join('found', table('client', texts('clients')), { on, merge }).to('out', texts('found'))
      left
        .toStream('ordered')
        .groupBy('by-client', (value) => on(value), utf8)
        .windowedBy(tumbling({ size: seconds(5), grace: seconds(0) }))
        .count('count', { emit: 'on-update' })
        .to('counted', counts)
    }, 1)
    text.pipe('clients', 'ann:Ann@900000')
    for (const at of [1_000, 2_000, 7_000, 8_000]) {
      // Time enough for each to vouch for what it has come to.
      text.driver.advanceWallClock(600)
      text.pipe('orders', `o1:ann=tea@${at}`)
    }
    expect(text.read('found')).to.deep.equal(Array(4).fill('o1:ann=tea+Ann@900000'))
    expect(text.driver.readOutput(counts).map(({ value }) => value)).to.deep.equal([1, 2, 1, 2])
    expect(text.driver.drops()).to.deep.equal({})
  })

  it('ends the run where user code throws, naming the join', () => {
    open(({ table }) => {
      const boom = (): string => {
        throw new Error('boom')
      }
      const [left, right] = [table('order', texts('orders')), table('client', texts('clients'))]
      left.join('found', right, { on: boom, merge }).to('out', texts('found'))
      left.join('skipped', right, { on: boom, merge, onError: 'skip' }).to('rest', texts('rest'))
    })
    expect(() => text.pipe('orders', 'o1:ann=tea@1')).to.throw(/found: boom/)
  })

  const finals = {
    tumbling: ({ source }: TopologyBuilder) =>
      source('in', texts('in'))
        .groupByKey('by-key')
        .windowedBy(tumbling({ size: seconds(1), grace: seconds(0) })),
    session: ({ source }: TopologyBuilder) =>
      source('in', texts('in'))
        .groupByKey('by-key')
        .windowedBy(session({ gap: seconds(1), grace: seconds(0) })),
  }
  for (const [name, windowsOf] of Object.entries(finals)) {
    it(`finds final results of ${name} windows for a while after these have closed`, () => {
      open((builder) => {
        const reduce = {
          reduce: (_: string, next: string) => next,
          emit: 'on-window-close',
        } as const
        windowsOf(builder)
          .reduce('last', reduce)
          .join('found', builder.table('rows', texts('rows')), { on, merge })
          .toStream('changes')
          .map('plain', (value, { key }) => ({ key: key.key, value: value ?? 'none' }))
          .to('out', texts('out'))
      }, 1)
      text.pipe('rows', 'ann:A@0')
      text.pipe('in', 'a:ann=tea@100', 'b:bob=tea@5000')
      expect(text.read('out')).to.deep.equal(['a:ann=tea+A@100'])
      text.pipe('in', 'b:bob=tea@30000')
      text.pipe('rows', 'ann:B@31000')
      expect(text.read('out')).to.deep.equal(['a:ann=tea+B@31000'])
      text.pipe('in', 'b:bob=tea@200000', 'b:bob=tea@200001')
      text.pipe('rows', 'ann:C@200000')
      expect(text.read('out')).to.deep.equal([])
      expect(text.driver.drops('found')).to.deep.equal({ outdated: 1 })
    })
  }
})
