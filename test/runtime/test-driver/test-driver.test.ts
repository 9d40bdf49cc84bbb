import { expect } from 'chai'
import {
  defineTopology,
  float64,
  json,
  minutes,
  topic,
  tumbling,
  TopologyError,
  utf8,
  windowed,
  bytes,
  type EmitStrategy,
} from '../../../index.ts'
import { TopologyTestDriver, type TestDriverOptions } from '../../../testing.ts'
import { strings, TextDriver, texts } from '../../support/texts.ts'

const orders = topic('orders', { key: utf8, value: bytes })
const counts = topic('counts', { key: windowed(utf8, minutes(1)), value: float64 })
const order = json.object({ kind: json.string(), at: json.number() })

const countsOf = (emit: EmitStrategy) =>
  defineTopology('order-counts', ({ source }) => {
    source('in', orders)
      .parse('parse', { decode: order, timestamp: ({ at }) => at, malformed: 'skip' })
      .filter('not-failing', ({ kind }) => {
        if (kind === 'boom') throw new Error('asked to fail')
        return true
      })
      .groupBy('by-kind', ({ kind }) => kind, utf8)
      .windowedBy(tumbling({ size: minutes(1), grace: minutes(0) }))
      .count('count', { emit })
      .to('out', counts)
  })

describe('TopologyTestDriver', () => {
  let driver: TopologyTestDriver
  const open = (emit: EmitStrategy, options: TestDriverOptions = {}): void => {
    driver = new TopologyTestDriver(countsOf(emit), options)
  }
  afterEach(() => driver.close())

  const pipe = (kind: string, at: number, key = kind): void => {
    const value = new TextEncoder().encode(JSON.stringify({ kind, at }))
    driver.pipeInput(orders, { key, value, timestampMs: 5 })
  }
  const read = (): string[] =>
    driver.readOutput(counts).map(({ key, value, timestampMs }) => {
      return `${key?.key}@${key?.window.startMs}-${key?.window.endMs}: ${value} at ${timestampMs}`
    })

  it('runs each input to its end, through the repartition topic, and drains what came out', () => {
    open('on-update')
    pipe('tea', 10)
    pipe('tea', 59_999)
    expect(read()).to.deep.equal(['tea@0-60000: 1 at 10', 'tea@0-60000: 2 at 59999'])
    expect(read()).to.deep.equal([])
    pipe('tea', 60_000)
    expect(read()).to.deep.equal(['tea@60000-120000: 1 at 60000'])
    expect(driver.producedTopics).to.deep.equal(['counts'])
  })

  it('ends coalescing with each input', () => {
    open('on-update-coalesced')
    pipe('tea', 10)
    pipe('tea', 11)
    expect(read()).to.deep.equal(['tea@0-60000: 1 at 10', 'tea@0-60000: 2 at 11'])
  })

  it('cuts several partitions really: a group is counted in one, wherever its rows come from', () => {
    open('on-update', { partitions: { orders: 3, counts: 2 } })
    for (let i = 0; i < 12; i++) pipe(['tea', 'jam', 'oat'][i % 3]!, 10 + i, `key ${i}`)
    const rows = driver.readOutput(counts)
    for (const kind of ['tea', 'jam', 'oat']) {
      const own = rows.filter(({ key }) => key?.key === kind)
      expect(own.map(({ value }) => value)).to.deep.equal([1, 2, 3, 4])
      expect(new Set(own.map(({ partition }) => partition)).size).to.equal(1)
    }
  })

  it('tells what was dropped, by reason and node', () => {
    open('on-update')
    driver.pipeBytes('orders', { key: null, value: new Uint8Array([0x7b]) })
    pipe('tea', 120_000)
    pipe('tea', 59_999)
    expect(driver.drops()).to.deep.equal({ malformed: 1, 'expired-window': 1 })
    expect(driver.drops('parse')).to.deep.equal({ malformed: 1 })
  })

  it('goes on after a restart from what was committed, and reads the rest again', () => {
    open('on-update', { commitEachInput: false })
    pipe('tea', 1)
    driver.commit()
    pipe('tea', 2)
    expect(read()).to.deep.equal(['tea@0-60000: 1 at 1', 'tea@0-60000: 2 at 2'])
    driver.restart()
    pipe('tea', 3)
    expect(read()).to.deep.equal(['tea@0-60000: 2 at 2', 'tea@0-60000: 3 at 3'])
  })

  it('refuses to go on after a failure, until it is restarted; the input is still there then', () => {
    open('on-update')
    pipe('tea', 1)
    expect(() => pipe('boom', 2)).to.throw(
      'topic orders, partition 0, offset 1: not-failing: asked',
    )
    expect(() => pipe('tea', 3)).to.throw('restart()')
    expect(() => driver.restart()).to.throw('asked to fail')
  })

  it('refuses to pipe into a topic that nothing reads', () => {
    open('on-update')
    const record = { key: null, value: null }
    expect(() => driver.pipeInput('counts', record)).to.throw('pipe into one of orders')
  })

  it('refuses to read a topic that nothing writes, unless a sink chooses its topics', () => {
    const text = new TextDriver(({ source }) => {
      source('in', texts('in')).to('out', texts('out'))
    })
    expect(() => text.read('other')).to.throw(
      TopologyError,
      'other: nothing writes this topic; read one of in, out',
    )
    text.driver.close()
    const choosing = new TextDriver(({ source }) => {
      source('in', texts('in')).to('out', (value) => value, strings)
    })
    expect(choosing.read('other')).to.deep.equal([])
    choosing.driver.close()
  })

  it('refuses partitions that cannot be, a clock that goes back, and input after its end', () => {
    const topology = countsOf('on-update')
    for (const count of [0, -1, 1.5, NaN]) {
      const refused = [{ partitions: count }, { partitions: { orders: count } }]
      for (const options of refused) {
        expect(() => new TopologyTestDriver(topology, options)).to.throw(
          TopologyError,
          `a topic cannot have ${count} partitions`,
        )
      }
    }
    const driver = new TopologyTestDriver(topology)
    for (const byMs of [-1, NaN]) {
      expect(() => driver.advanceWallClock(byMs)).to.throw(TopologyError, `not ${byMs}`)
    }
    expect(driver.wallClockMs).to.equal(0)
    driver.close()
    expect(() => driver.pipeInput(orders, { key: 'a', value: null })).to.throw('is closed')
  })

  it('starts its wall clock where it is told, and moves it by hand only', () => {
    open('on-update', { wallClockMs: 1_000 })
    pipe('tea', 1)
    driver.advanceWallClock(500)
    expect(driver.wallClockMs).to.equal(1_500)
  })

  it('puts final results out when the input that closes the window was run', () => {
    open('on-window-close')
    pipe('tea', 1)
    pipe('jam', 2)
    expect(read()).to.deep.equal([])
    pipe('oat', 60_000)
    expect(read()).to.deep.equal(['jam@0-60000: 1 at 2', 'tea@0-60000: 1 at 1'])
  })

  it('reads what a job reads in the format that is set for the topic, global tables too', () => {
    const value = { formats: { plain: utf8, json: json.any<string>() } }
    const [words, places] = [
      topic('words', { key: utf8, value }),
      topic('places', { key: utf8, value }),
    ]
    const topology = defineTopology('formats', ({ source, globalTable }) => {
      const table = globalTable('table', places)
      source('in', words)
        .join('join', table, { on: (word) => word, merge: (word, place) => `${word} at ${place}` })
        .to('out', topic('out', { key: utf8, value: utf8 }))
    })
    const config = { 'topic.format.words': 'json', 'topic.format.places': 'json' }
    driver = new TopologyTestDriver(topology, { config })
    for (const [name, text] of [
      ['places', '"Oak St"'],
      ['words', '"a"'],
    ] as const) {
      const raw = topic(name, { key: utf8, value: { formats: { json: utf8 } } })
      driver.pipeInput(raw, { key: 'a', value: text, timestampMs: 1 })
    }
    driver.pipeInput('words', { key: 'b', value: 'a', timestampMs: 2 })
    const values = driver.readOutput('out').map((record) => record.value)
    expect(values).to.deep.equal(['a at Oak St', 'a at Oak St'])
  })
})
