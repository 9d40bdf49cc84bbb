// Headers of records on their way through a topology, and what processors see of the record in work.
import { expect } from 'chai'
import {
  seconds,
  tumbling,
  untilTimeLimit,
  milliseconds,
  type RecordHeader,
  type RecordMetadata,
  type TopologyBuilder,
} from '../../index.ts'
import { strings, TextDriver, texts } from '../support/texts.ts'

const header = (key: string, value: string | null): RecordHeader => ({
  key,
  value: value === null ? null : new TextEncoder().encode(value),
})
const textOf = ({ key, value }: RecordHeader): string =>
  `${key}=${value === null ? 'null' : new TextDecoder().decode(value)}`

/** A driver of one topology, and what its sink has written: `value [headers]`. */
class HeaderDriver extends TextDriver {
  put(value: string, timestampMs: number, ...headers: RecordHeader[]): void {
    this.driver.pipeInput(texts('in'), { key: 'k', value, timestampMs, headers })
  }

  seen(topic = 'out'): string[] {
    return this.driver
      .readOutput(texts(topic))
      .map(({ value, headers }) => `${value} [${headers.map(textOf).join(' ')}]`)
  }
}

describe('headers', () => {
  const drivers: HeaderDriver[] = []
  const driverOf = (build: (builder: TopologyBuilder) => void): HeaderDriver => {
    const driver = new HeaderDriver(build)
    drivers.push(driver)
    return driver
  }
  afterEach(() => {
    for (const { driver } of drivers.splice(0)) driver.close()
  })
  const trace = header('trace', 'é1')

  it('wait with their record where a join waits for a table', () => {
    const text = driverOf(({ source, table }) => {
      const rows = table('rows', texts('table'), { history: seconds(10) })
      const merge = (value: string, row: string | undefined) => `${value}+${row}`
      source('in', texts('in'))
        .leftJoin('found', rows, { ...strings, merge, grace: milliseconds(5) })
        .to('out', texts('out'))
    })
    text.put('a', 10, trace, header('trace', null))
    text.put('b', 12)
    text.driver.pipeInput(texts('table'), { key: 'k', value: 'row', timestampMs: 11 })
    text.put('c', 20, header('trace', 'other'))
    expect(text.seen()).to.deep.equal(['a+undefined [trace=é1 trace=null]', 'b+row []'])
  })

  it('pass through operators without state, in order, with nulls and repeated names', () => {
    const text = driverOf(({ source }) =>
      source('in', texts('in'))
        .filter('all', () => true)
        .mapValues('upper', (value) => value.toUpperCase())
        .flatMapValues('twice', (value) => [value, `${value}!`])
        .selectKey('other', (value) => value)
        .to('out', texts('out')),
    )
    text.put('a', 1, trace, header('trace', null))
    text.put('b', 2)
    expect(text.seen()).to.deep.equal([
      'A [trace=é1 trace=null]',
      'A! [trace=é1 trace=null]',
      'B []',
      'B! []',
    ])
  })

  it('go through repartition topics, beside rows that have none', () => {
    const text = driverOf(({ source }) =>
      source('in', texts('in'))
        .flatMapValues('words', (value) => value.split(' '))
        .selectKey('by-word', (value) => value)
        .repartition('wider', strings)
        .groupByKey('words-again')
        .reduce('latest', { reduce: (_, next) => next, emit: 'on-update' })
        .to('out', texts('out')),
    )
    text.put('a b', 1)
    text.put('c a', 2, trace, header('empty', ''))
    text.put('d', 3)
    expect(text.seen()).to.deep.equal([
      'a []',
      'b []',
      'c [trace=é1 empty=]',
      'a [trace=é1 empty=]',
      'd []',
    ])
  })

  it('are those of the update that causes a result, however long it is held back', () => {
    const text = driverOf(({ source }) => {
      const reduce = (one: string, other: string): string => one + other
      const grouped = source('in', texts('in')).groupByKey('by-key')
      grouped.reduce('each', { reduce, emit: 'on-update' }).to('out', texts('out'))
      grouped
        .reduce('latest', { reduce, emit: 'on-update-coalesced' })
        .to('lazy-out', texts('lazy'))
      grouped
        .reduce('held', { reduce, emit: 'on-update' })
        .suppress('hold', untilTimeLimit(milliseconds(5)), strings)
        .to('held-out', texts('later'))
    })
    text.put('a', 1, trace)
    text.put('b', 4, header('held', 'b'))
    text.driver.pipeInput(texts('in'), { key: 'other', value: 'c', timestampMs: 20 })
    expect(text.seen()).to.deep.equal(['a [trace=é1]', 'ab [held=b]', 'c []'])
    expect(text.seen('lazy')).to.deep.equal(['a []', 'ab []', 'c []'])
    expect(text.seen('later')).to.deep.equal(['ab [held=b]'])
  })

  it('are seen by processors, which may give others', () => {
    const text = driverOf(({ source }) =>
      source('in', texts('in'))
        .process<string, string>('stamp', {
          make:
            ({ forward }) =>
            (value, { key, headers }) => {
              forward({ key, value, headers: [...headers, header('stamped', value)] })
              forward({ key, value: 'same' })
              forward({ key, value: 'none', headers: [] })
            },
        })
        .processValues<string>('count', {
          make:
            ({ forward }) =>
            (value, { headers }) =>
              forward(`${value}:${headers.length}`, value === 'same' ? { headers: [trace] } : 7),
        })
        .to('out', texts('out')),
    )
    text.put('a', 1, trace)
    expect(text.seen()).to.deep.equal([
      'a:2 [trace=é1 stamped=a]',
      'same:1 [trace=é1]',
      'none:0 []',
    ])
  })

  it('given by a processor go to what it causes, and no further', () => {
    const text = driverOf(({ source }) => {
      const stamped = source('in', texts('in')).processValues<string>('stamp', {
        make:
          ({ forward }) =>
          (value) =>
            forward(value, { headers: [trace] }),
      })
      stamped
        .groupByKey('by-key')
        .windowedBy(tumbling({ size: seconds(1), grace: seconds(0) }))
        .reduce('joined', { reduce: (one, other) => one + other, ...strings, emit: 'on-update' })
        .toStream('plain')
        .map('unwindowed', (value, { key }) => ({ key: key.key, value }))
        .to('out', texts('out'))
      source('other', texts('other')).to('other-out', texts('untouched'))
    })
    text.put('a', 1, header('mine', '1'))
    text.driver.pipeInput(texts('other'), { key: 'k', value: 'v', timestampMs: 2 })
    expect(text.seen()).to.deep.equal(['a [trace=é1]'])
    expect(text.seen('untouched')).to.deep.equal(['v []'])
  })

  it('choose a topic, as does where the record was read', () => {
    const text = driverOf(({ source }) =>
      source('in', texts('in')).to(
        'out',
        (_, { headers, recordMetadata }) =>
          `${textOf(headers[0] ?? header('no', ''))}`.replace('=', '-') +
          `-${recordMetadata?.topic}-${recordMetadata?.offset}`,
        strings,
      ),
    )
    text.put('a', 1, header('to', 'north'))
    text.put('b', 2)
    expect(text.seen('to-north-in-0')).to.deep.equal(['a [to=north]'])
    expect(text.seen('no--in-1')).to.deep.equal(['b []'])
  })
})

describe('a processor', () => {
  it('is told where the record in work was read, and nothing in a punctuator', () => {
    const seen: (RecordMetadata | undefined)[] = []
    const text = new HeaderDriver(({ source }) => {
      const read = source('in', texts('in'))
      const note = {
        make: (context: { recordMetadata: RecordMetadata | undefined }) => () => {
          seen.push(context.recordMetadata)
        },
      }
      read.process('here', note)
      read
        .selectKey('rekey', (value) => value)
        .repartition('wider', strings)
        .process('there', note)
      read
        .process<string, string>('clock', {
          make: (context) => {
            context.schedule('stream-time', milliseconds(5), (timeMs) => {
              seen.push(context.recordMetadata)
              context.forward({ key: 'k', value: String(timeMs) })
            })
            return () => undefined
          },
        })
        .to('out', texts('out'))
    })
    text.put('a', 1, header('a', 'b'))
    text.put('b', 2)
    expect(seen).to.deep.equal([
      { topic: 'in', partition: 0, offset: 0 },
      undefined,
      { topic: 'job-wider-repartition', partition: 0, offset: 0 },
      { topic: 'in', partition: 0, offset: 1 },
      { topic: 'job-wider-repartition', partition: 0, offset: 1 },
    ])
    expect(text.seen()).to.deep.equal(['1 []'])
    text.driver.close()
  })

  it('forwards to one of the nodes behind it', () => {
    const text = new TextDriver(({ source }) => {
      const sorted = source('in', texts('in')).process<string, string>('sort', {
        make:
          ({ forward }) =>
          (value, { key }) =>
            forward({ key, value }, value.length > 1 ? 'long-out' : 'short'),
      })
      sorted.to('long-out', texts('long'))
      sorted.mapValues('short', (value) => `${value}.`).to('short-out', texts('short'))
    })
    text.pipe('in', 'a:x@1', 'a:yy@2')
    expect([text.read('short'), text.read('long')]).to.deep.equal([['a:x.@1'], ['a:yy@2']])
    text.driver.close()
  })

  it('is told of a node that does not read it', () => {
    const text = new TextDriver(({ source }) => {
      const all = source('in', texts('in'))
      all
        .processValues<string>('sort', {
          make:
            ({ forward }) =>
            (value) =>
              forward(value, undefined, 'out-2'),
        })
        .to('out', texts('out'))
      all.to('out-2', texts('out-2'))
    })
    expect(() => text.pipe('in', 'a:x@1')).to.throw(/sort: .*out-2, which does not read it/)
    text.driver.close()
  })
})
