// What becomes of records that a serde cannot write, at sinks, repartition topics and stores: by the policy of
// the operator, or of the topology.
import { expect } from 'chai'
import {
  deadLetter,
  seconds,
  topic,
  tumbling,
  utf8,
  type ErrorPolicy,
  type OperatorOptions,
  type Serde,
  type Stream,
} from '../../index.ts'
import { TextDriver, texts } from '../support/texts.ts'

/** Writes some of what it is given, and then throws. */
const picky: Serde<string> = {
  name: 'picky',
  deserialize: utf8.deserialize.bind(utf8),
  serialize(value, sink) {
    utf8.serialize(value, sink)
    if (value.startsWith('bad')) throw new RangeError('not to be written')
  },
}
const strings = { key: utf8, value: picky }

type Texts = Stream<string, string>
interface Place {
  readonly build: (stream: Texts, options: OperatorOptions) => void
  readonly settings?: Readonly<Record<string, string>>
}

const repartition: Place['build'] = (stream, options) =>
  stream.repartition('op', { ...strings, ...options }).to('out', texts('out'))
const PLACES: Readonly<Record<string, Place>> = {
  'the value of a sink': {
    build: (stream, options) => stream.to('op', topic('out', strings), options),
  },
  'the key of a sink': {
    build: (stream, options) => {
      const byValue = stream.selectKey('by-value', (value) => value)
      byValue.to('op', topic('out', { key: picky, value: utf8 }), options)
    },
  },
  'a sink that chooses its topic': {
    build: (stream, options) => stream.to('op', () => 'out', strings, options),
  },
  'a sink that chooses its partitions': {
    build: (stream, options) =>
      stream.to('op', topic('out', strings), { ...options, partitioner: () => [0] }),
  },
  'a repartition topic': { build: repartition },
  'a repartition topic of records': {
    build: repartition,
    settings: { 'repartition.format': 'records' },
  },
  'the store of a table': {
    build: (stream, options) =>
      stream
        .toTable('op', { ...strings, store: true, ...options })
        .toStream('rows')
        .to('out', texts('out')),
  },
  'the store of a table that is worked out': {
    build: (stream, options) =>
      stream
        .toTable('first')
        .mapValues('op', (value) => value, { store: picky, ...options })
        .toStream('rows')
        .to('out', texts('out')),
  },
  'the store of joined tables': {
    build: (stream, options) => {
      const none = stream.filter('none', () => false).toTable('no-rows')
      stream
        .toTable('rows')
        .leftJoin('op', none, { merge: (value) => value, store: picky, ...options })
        .toStream('joined')
        .to('out', texts('out'))
    },
  },
  'the store of an aggregate': {
    build: (stream, options) =>
      stream
        .groupByKey('by-key')
        .aggregate('op', {
          ...{ initialize: () => '', add: (_: string, value: string) => value },
          ...{ value: picky, emit: 'on-update', ...options },
        })
        .toStream('rows')
        .to('out', texts('out')),
  },
}

const driverOf = (
  { build, settings = {} }: Place,
  options: OperatorOptions,
  onError: ErrorPolicy = 'fail',
) =>
  new TextDriver(
    ({ source }) => build(source('in', texts('in')), options),
    { config: settings },
    { onError },
  )

const INPUT = ['a:one@1', 'b:bad@2', 'c:two@3'] as const
/** Values alone: a sink may write another key. */
const valuesOf = (text: TextDriver): unknown[] =>
  text.driver.readOutput(texts('out')).map(({ value }) => value)

describe('what a serde cannot write', () => {
  for (const [name, place] of Object.entries(PLACES)) {
    it(`to ${name} ends the run where nothing is said, naming the operator`, () => {
      const text = driverOf(place, {})
      expect(() => text.pipe('in', ...INPUT)).to.throw('op: not to be written')
      text.driver.close()
    })

    it(`to ${name} costs its record alone where it says so`, () => {
      const text = driverOf(place, { onError: 'skip' })
      text.pipe('in', ...INPUT)
      expect(valuesOf(text)).to.deep.equal(['one', 'two'])
      expect(text.driver.drops('op')).to.deep.equal({ 'processing-error': 1 })
      text.driver.close()
    })

    it(`to ${name} is a dead letter, as it came and with Kafka’s headers, where it says so`, () => {
      const text = driverOf(place, { onError: deadLetter('dead') })
      text.pipe('in', ...INPUT)
      expect(valuesOf(text)).to.deep.equal(['one', 'two'])
      const [letter, ...others] = text.driver.readOutput(texts('dead'))
      expect(others).to.deep.equal([])
      expect(letter).to.include({ key: 'b', value: 'bad', timestampMs: 2 })
      const headers = letter!.headers.map(({ key, value }) => {
        const isStack = key.endsWith('stacktrace')
        return [key.replace('__streams.errors.', ''), isStack ? 'stack' : textOf(value)]
      })
      expect(headers).to.deep.equal([
        ['exception', 'RangeError'],
        ['message', 'not to be written'],
        ['stacktrace', 'stack'],
        ['topic', 'in'],
        ['partition', '0'],
        ['offset', '1'],
      ])
      text.driver.close()
    })

    it(`to ${name} is for the topology to judge where the operator says nothing`, () => {
      const lenient = driverOf(place, {}, 'skip')
      lenient.pipe('in', ...INPUT)
      expect(valuesOf(lenient)).to.deep.equal(['one', 'two'])
      lenient.driver.close()
      const strict = driverOf(place, { onError: 'fail' }, 'skip')
      expect(() => strict.pipe('in', ...INPUT)).to.throw('op: not to be written')
      strict.driver.close()
    })
  }
})

describe('a key that its serde cannot write', () => {
  const unwritable: Serde<string> = {
    ...utf8,
    name: 'unwritable',
    serialize(value, sink) {
      if (value === 'b') throw new RangeError('not to be written')
      utf8.serialize(value, sink)
    },
  }
  const counting = (options: OperatorOptions) =>
    new TextDriver(({ source }) => {
      source('in', texts('in'))
        .groupByKey('op', unwritable, utf8, options)
        .windowedBy(tumbling({ size: seconds(1), grace: seconds(0) }))
        .count('counts', { emit: 'on-update' })
        .toStream('rows')
        .map('row', (count, { key }) => ({ key: key.key, value: String(count) }))
        .to('out', texts('out'))
    })

  it('ends the run where it is grouped in place, or costs its record alone where that says so', () => {
    const strict = counting({})
    expect(() => strict.pipe('in', ...INPUT)).to.throw('op: not to be written')
    strict.driver.close()
    const lenient = counting({ onError: 'skip' })
    lenient.pipe('in', ...INPUT)
    expect(lenient.read('out')).to.deep.equal(['a:1@1', 'c:1@3'])
    expect(lenient.driver.drops('op')).to.deep.equal({ 'processing-error': 1 })
    lenient.driver.close()
  })
})

const textOf = (value: Uint8Array | null): string => Buffer.from(value ?? []).toString()
