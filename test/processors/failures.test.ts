// What becomes of records that user code throws on: by the policy of the operator, or of the topology.
import { expect } from 'chai'
import {
  BrokerError,
  deadLetter,
  TableFullError,
  type ErrorPolicy,
  type OperatorOptions,
  type Stream,
} from '../../index.ts'
import { strings, TextDriver, texts } from '../support/texts.ts'

const fail = (): never => {
  throw new RangeError('too much')
}
const unlessBad = <T>(value: string, result: T): T => (value === 'bad' ? fail() : result)

type Texts = Stream<string, string>
const OPERATORS: Record<string, (stream: Texts, options: OperatorOptions) => Texts> = {
  filter: (stream, options) => stream.filter('op', (value) => unlessBad(value, true), options),
  filterNot: (stream, options) =>
    stream.filterNot('op', (value) => unlessBad(value, false), options),
  mapValues: (stream, options) =>
    stream.mapValues('op', (value) => unlessBad(value, value), options),
  map: (stream, options) =>
    stream.map('op', (value, { key }) => unlessBad(value, { key, value }), options),
  flatMap: (stream, options) =>
    stream.flatMap('op', (value, { key }) => unlessBad(value, [{ key, value }]), options),
  flatMapValues: (stream, options) =>
    stream.flatMapValues('op', (value) => unlessBad(value, [value]), options),
  selectKey: (stream, options) =>
    stream.selectKey('op', (value, { key }) => unlessBad(value, key), options),
  peek: (stream, options) => stream.peek('op', (value) => unlessBad(value, undefined), options),
  split: (stream, options) =>
    stream
      .split('op', options)
      .branch('all', (value) => unlessBad(value, true))
      .noDefaultBranch().all,
  aggregate: (stream, options) => {
    const add = (_old: string, value: string) => unlessBad(value, value)
    const spec = { initialize: () => '', add, value: strings.value, emit: 'on-update' } as const
    return stream
      .groupByKey('by-key')
      .aggregate('op', { ...spec, ...options })
      .toStream('rows')
  },
}

const driverOf = (operator: string, options: OperatorOptions, onError: ErrorPolicy = 'fail') =>
  new TextDriver(
    ({ source }) =>
      OPERATORS[operator]!(source('in', texts('in')), options).to('out', texts('out')),
    {},
    { onError },
  )

describe('user code that throws', () => {
  for (const operator of Object.keys(OPERATORS)) {
    it(`in ${operator} costs its record where it says so`, () => {
      const text = driverOf(operator, { onError: deadLetter('dead') })
      const { driver } = text
      text.pipe('in', 'a:one@1', 'b:bad@2', 'a:two@3')
      expect(text.read('out')).to.deep.equal(['a:one@1', 'a:two@3'])
      expect(driver.drops()).to.deep.equal({ 'processing-error': 1 })
      expect(driver.drops('op')).to.deep.equal({ 'processing-error': 1 })
      const [dead, ...others] = driver.readOutput(texts('dead'))
      expect(others).to.deep.equal([])
      expect(dead).to.include({ key: 'b', value: 'bad', timestampMs: 2 })
      driver.close()
    })
  }

  it('ends the run where nothing is said, naming the operator', () => {
    const text = driverOf('mapValues', {})
    expect(() => text.pipe('in', 'a:bad@1')).to.throw('op: too much')
    text.driver.close()
  })

  it('is dealt with as the topology says where the operator says nothing, and not otherwise', () => {
    const lenient = driverOf('mapValues', {}, 'skip')
    lenient.pipe('in', 'a:bad@1', 'a:good@2')
    expect(lenient.read('out')).to.deep.equal(['a:good@2'])
    lenient.driver.close()
    const strict = driverOf('mapValues', { onError: 'fail' }, 'skip')
    expect(() => strict.pipe('in', 'a:bad@1')).to.throw('op: too much')
    strict.driver.close()
  })

  for (const lack of [
    new BrokerError('MILLRACE_DISK_FULL', 'no room in state.dir'),
    new TableFullError('a table cannot grow'),
  ]) {
    it(`ends the run whatever the policy where a store has no room: ${lack.code}`, () => {
      const text = new TextDriver(
        ({ source }) => {
          source('in', texts('in'))
            .peek('op', () => {
              throw lack
            })
            .to('out', texts('out'))
        },
        {},
        { onError: 'skip' },
      )
      expect(() => text.pipe('in', 'a:one@1')).to.throw(lack)
      expect(text.driver.drops()).to.deep.equal({})
      text.driver.close()
    })
  }

  it('is judged by its own operator, not by those before it', () => {
    const text = new TextDriver(({ source }) => {
      source('in', texts('in'))
        .peek('before', () => undefined, { onError: 'skip' })
        .peek('op', fail)
        .to('out', texts('out'))
    })
    expect(() => text.pipe('in', 'a:one@1')).to.throw('op: too much')
    text.driver.close()
  })
})
