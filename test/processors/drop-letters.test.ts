// Where dropped records go: `onDrop` of an operator or of the topology, and dead letters behind a
// repartition topic.
import { expect } from 'chai'
import {
  deadLetter,
  defineTopology,
  fields,
  hopping,
  json,
  milliseconds,
  topic,
  TopologyError,
  tumbling,
  utf8,
  type DropOption,
  type SerdePair,
  type TopologyBuilder,
} from '../../index.ts'
import type { DropReason } from '../../processors/processor.ts'
import type { TopologyTestDriver } from '../../testing.ts'
import { strings, TextDriver, texts } from '../support/texts.ts'

const windows = tumbling({ size: milliseconds(10), grace: milliseconds(0) })
const counting =
  (options: DropOption) =>
  ({ source }: TopologyBuilder): void => {
    source('in', texts('in'))
      .groupByKey('by-key')
      .windowedBy(windows)
      .count('counts', { emit: 'on-update', ...options })
  }

/** The dropped records of a topic, as `key:value@time reason node topic/partition/offset`. */
function lettersIn(driver: TopologyTestDriver, topic: string): string[] {
  return driver.readOutput(texts(topic)).map(({ key, value, timestampMs, headers }) => {
    const of = (name: string): string =>
      Buffer.from(headers.find(({ key: its }) => its === name)?.value ?? []).toString()
    const place = ['topic', 'partition', 'offset'].map((name) => of(`__streams.errors.${name}`))
    const why = `${of('__streams.drop.reason')} ${of('__streams.drop.node')}`
    return `${key ?? ''}:${value ?? ''}@${timestampMs} ${why} ${place.join('/')}`
  })
}

describe('a dropped record', () => {
  let text: TextDriver
  afterEach(() => text.driver.close())

  it('goes to the topic of its operator as it came, with the reason, and is counted', () => {
    text = new TextDriver(counting({ onDrop: deadLetter('late') }))
    text.pipe('in', 'a:x@5', 'a:y@20', 'b:z@9', ':n@21')
    expect(lettersIn(text.driver, 'late')).to.deep.equal([
      'b:z@9 expired-window counts in/0/2',
      ':n@21 null-key counts in/0/3',
    ])
    expect(text.driver.drops('counts')).to.deep.equal({ 'expired-window': 1, 'null-key': 1 })
  })

  it('keeps the headers that it came with', () => {
    text = new TextDriver(counting({ onDrop: deadLetter('late') }))
    const headers = [{ key: 'trace', value: Buffer.from('7') }]
    text.driver.pipeInput(texts('in'), { key: null, value: 'x', timestampMs: 1, headers })
    const [letter] = text.driver.readOutput(texts('late'))
    expect(letter!.headers.map(({ key }) => key).slice(0, 2)).to.deep.equal([
      'trace',
      '__streams.drop.reason',
    ])
  })

  it('is counted alone where nothing is said', () => {
    text = new TextDriver(counting({}))
    text.pipe('in', ':n@21')
    expect(text.driver.drops()).to.deep.equal({ 'null-key': 1 })
    expect(text.driver.producedTopics).to.deep.equal([])
  })

  it('goes where the topology says when its operator says nothing, and not otherwise', () => {
    const others = { onDrop: deadLetter('others') }
    text = new TextDriver(counting({}), {}, others)
    text.pipe('in', ':n@21')
    expect(lettersIn(text.driver, 'others')).to.deep.equal([':n@21 null-key counts in/0/0'])
    text.driver.close()
    text = new TextDriver(counting({ onDrop: 'count' }), {}, others)
    text.pipe('in', ':n@21')
    expect(lettersIn(text.driver, 'others')).to.deep.equal([])
    text.driver.close()
    text = new TextDriver(counting({ onDrop: deadLetter('own') }), {}, others)
    text.pipe('in', ':n@21')
    expect(lettersIn(text.driver, 'own')).to.have.length(1)
    expect(lettersIn(text.driver, 'others')).to.have.length(0)
  })

  it('goes there once, though it was late for several windows and each is counted', () => {
    const size = milliseconds(20)
    const hops = hopping({ size, advance: milliseconds(10), grace: milliseconds(0) })
    text = new TextDriver(({ source }) => {
      const grouped = source('in', texts('in')).groupByKey('by-key').windowedBy(hops)
      grouped.count('counts', { emit: 'on-update', onDrop: deadLetter('late') })
      grouped.count('others', { emit: 'on-update', onDrop: deadLetter('late') })
    })
    text.pipe('in', 'a:x@100', 'a:y@15', 'a:y@15')
    expect(lettersIn(text.driver, 'late')).to.deep.equal([
      'a:y@15 expired-window counts in/0/1',
      'a:y@15 expired-window others in/0/1',
      'a:y@15 expired-window counts in/0/2',
      'a:y@15 expired-window others in/0/2',
    ])
    expect(text.driver.drops('counts')).to.deep.equal({ 'expired-window': 4 })
  })

  it('is, behind a repartition topic, the record as it came through that', () => {
    text = new TextDriver(({ source }) => {
      source('in', texts('in'))
        .groupBy('by-value', (value) => value || null, utf8)
        .windowedBy(windows)
        .reduce('last', {
          reduce: (_, value) => value,
          value: utf8,
          emit: 'on-update',
          onDrop: deadLetter('late'),
        })
    })
    text.pipe('in', 'a:x@5', 'a:y@20', 'b:z@9', 'b:z@21')
    expect(lettersIn(text.driver, 'late')).to.deep.equal([
      'z:z@9 expired-window last job-by-value-repartition/0/2',
    ])
  })

  it('may be a row that could not be read, or one that user code failed on', () => {
    text = new TextDriver(
      ({ source }) => {
        source('in', texts('in')).mapValues('shout', (value) => value.toUpperCase())
      },
      {},
      { onError: 'skip', onDrop: deadLetter('drops') },
    )
    text.pipe('in', 'a:@1')
    expect(lettersIn(text.driver, 'drops')).to.deep.equal(['a:@1 processing-error shout in/0/0'])
  })

  it('is not written twice where it is a dead letter already', () => {
    text = new TextDriver(
      ({ source }) => {
        source('in', texts('in')).mapValues('shout', (value) => value.toUpperCase())
      },
      {},
      { onError: deadLetter('dead'), onDrop: deadLetter('drops') },
    )
    text.pipe('in', 'a:@1')
    expect(text.driver.readOutput('dead')).to.have.length(1)
    expect(text.driver.readOutput('drops')).to.have.length(0)
    expect(text.driver.drops()).to.deep.equal({ 'processing-error': 1 })
  })

  it('goes there from groupings, and so does what their functions fail on', () => {
    const options = { onDrop: deadLetter('drops'), onError: 'skip' } as const
    const firstOf = (value: string): string | null => (value === 'none' ? null : value[0]!)
    text = new TextDriver(({ source }) => {
      const stream = source('in', texts('in'))
      const emit = 'on-update'
      stream.groupBy('by-first', firstOf, utf8, utf8, options).count('firsts', { emit })
      const rekeyed = stream.selectKey('first', firstOf, options)
      rekeyed.groupByKey('by-new-key', utf8, utf8, options).count('counts', { emit })
      const values = stream.mapValues('boxed', (text) => ({ text }))
      const key = fields('text')
      values.groupBy('by-text', key, json.any<{ text: string }>(), options).count('texts', { emit })
    })
    text.pipe('in', 'a:none@1', 'b:@2', 'c:x@3')
    expect(lettersIn(text.driver, 'drops')).to.have.members([
      'a:none@1 null-key by-first in/0/0',
      'a:none@1 null-key by-new-key in/0/0',
      'b:@2 processing-error by-first in/0/1',
      'b:@2 processing-error first in/0/1',
    ])
    expect(text.driver.store('texts').get({ text: 'x' })).to.equal(1)
  })

  it('goes there from tables, joins and splits, too', () => {
    const onDrop = deadLetter('drops')
    text = new TextDriver(({ source, table }) => {
      const rows = table('rows', texts('rows'), { onDrop })
      const stream = source('in', texts('in'))
      const merge = (left: string, right: string): string => left + right
      stream.join('join', rows, { merge, onDrop })
      stream
        .split('parts', { onDrop })
        .branch('x', (value) => value === 'x')
        .noDefaultBranch()
    })
    text.pipe('rows', ':r@1')
    text.pipe('in', ':x@2', 'a:y@3')
    expect(lettersIn(text.driver, 'drops')).to.deep.equal([
      ':r@1 null-key rows rows/0/0',
      ':x@2 null-key join in/0/0',
      'a:y@3 unrouted parts in/0/1',
    ])
  })

  it('cannot go to a topic that the job reads', () => {
    text = new TextDriver(counting({}))
    expect(() => defineTopology('job', counting({ onDrop: deadLetter('in') }))).to.throw(
      TopologyError,
      "counts: deadLetter('in') is the topic that source in reads",
    )
    expect(() => defineTopology('job', counting({}), { onDrop: deadLetter('no/topic') })).to.throw(
      TopologyError,
      'job: deadLetter("no/topic"): a topic is named',
    )
  })
})

interface Dropping {
  readonly build: (builder: TopologyBuilder) => void
  /** Records for topics `in` and `rows`; the last one of all is dropped. */
  readonly pipe: readonly (readonly [topic: 'in' | 'rows', record: string])[]
}

const countingAll: Dropping['build'] = ({ source }) => {
  source('in', texts('in')).groupByKey('by-key').count('counts', { emit: 'on-update' })
}
const timed: Dropping['build'] = ({ source }) => {
  const spec = { timestamp: Number, invalidTimestamp: 'skip' } as const
  source('in', texts('in'), spec).to('out', texts('out'))
}

/** The reasons that only brokers give: test/integrity/refused-results-obey-their-policy-kafka.test.ts. */
type OfBrokers = 'record-too-large' | 'record-refused'

const DROPPING: Readonly<Record<Exclude<DropReason, OfBrokers>, Dropping>> = {
  malformed: {
    build: ({ source }) => {
      const values = topic('in', { key: utf8, value: json.object({}) })
      source('in', values, { malformed: 'skip' }).peek('look', () => undefined)
    },
    pipe: [['in', 'a:{@1']],
  },
  'null-key': { build: countingAll, pipe: [['in', ':x@1']] },
  'null-value': { build: countingAll, pipe: [['in', 'a:@1']] },
  'invalid-timestamp': { build: timed, pipe: [['in', 'a:x@1']] },
  'future-timestamp': { build: timed, pipe: [['in', 'a:1101@1']] },
  'expired-window': {
    build: counting({}),
    pipe: [
      ['in', 'a:x@20'],
      ['in', 'a:y@9'],
    ],
  },
  unrouted: {
    build: ({ source }) => {
      const parts = source('in', texts('in')).split('parts')
      parts.branch('x', (value) => value === 'x').noDefaultBranch()
    },
    pipe: [['in', 'a:y@1']],
  },
  outdated: {
    build: ({ table }) => {
      const history = milliseconds(50)
      const rows = table('rows', texts('rows'), { history })
      const merge = (left: string, right: string): string => left + right
      table('in', texts('in'), { history }).join('join', rows, { merge }).toStream('changes')
    },
    pipe: [
      ['rows', 'a:r@1'],
      ['in', 'a:x@10'],
      ['in', 'a:y@5'],
    ],
  },
  'processing-error': {
    build: ({ source }) => {
      source('in', texts('in')).mapValues('shout', (value) => value.toUpperCase())
    },
    pipe: [['in', 'a:@1']],
  },
}

describe('the side output of a topology', () => {
  for (const [reason, { build, pipe }] of Object.entries(DROPPING)) {
    it(`gets what is dropped as ${reason}`, () => {
      const config = { 'timestamp.future.max.ms': 100 }
      const options = { onDrop: deadLetter('drops'), onError: 'skip' } as const
      const text = new TextDriver(build, { wallClockMs: 1_000, config }, options)
      for (const [topic, record] of pipe) text.pipe(topic, record)
      const [letter, ...others] = lettersIn(text.driver, 'drops')
      text.driver.close()
      expect(others).to.deep.equal([])
      const [, last] = pipe.at(-1)!
      expect(letter?.startsWith(`${last} ${reason} `), letter).to.equal(true)
    })
  }
})

describe('a dead letter behind a repartition topic', () => {
  it('is the record as it came through that, with where it stood there', () => {
    const text = new TextDriver(({ source }) => {
      source('in', texts('in'))
        .map('by-value', (value) => ({ key: value, value: value === 'null' ? null : value }))
        .repartition('again', strings as SerdePair<string, string | null>)
        .mapValues('shout', (value) => value!.toUpperCase(), { onError: deadLetter('dead') })
        .to('out', texts('out'))
    })
    const { driver } = text
    text.pipe('in', 'a:x@1', 'k:null@2', 'a:y@3')
    expect(text.read('out')).to.deep.equal(['x:X@1', 'y:Y@3'])
    expect(driver.drops('shout')).to.deep.equal({ 'processing-error': 1 })
    const [dead, ...others] = driver.readOutput(texts('dead'))
    expect(others).to.deep.equal([])
    expect(dead).to.include({ key: 'null', value: null, timestampMs: 2 })
    const headers = dead!.headers.map(({ key, value }) => [key, Buffer.from(value!).toString()])
    expect(Object.fromEntries(headers)).to.include({
      '__streams.errors.exception': 'TypeError',
      '__streams.errors.topic': 'job-again-repartition',
      '__streams.errors.partition': '0',
      '__streams.errors.offset': '1',
    })
    const [, stack] = headers.find(([name]) => name === '__streams.errors.stacktrace')!
    expect(stack).to.match(/^TypeError: .*toUpperCase.*drop-letters\.test/)
    driver.close()
  })
})
