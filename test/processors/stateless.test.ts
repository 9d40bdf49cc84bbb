// Operators without state: what they forward, what siblings see, whose name is in an error.
import { expect } from 'chai'
import { ProcessingError } from '../../processors/processor.ts'
import { utf8 } from '../../topology/serdes/primitive.ts'
import type { SourceStream } from '../../topology/source-stream.ts'
import { topic } from '../../topology/topic.ts'
import { defineTopology } from '../../topology/topology.ts'
import { messageOf, TestTask, type InputRow } from './support.ts'

const topicOf = (name: string) => topic(name, { key: utf8, value: utf8 })
const texts = topicOf('texts')
const one = topicOf('one')
const two = topicOf('two')

const taskOf = (build: (stream: SourceStream<string, string>) => void): TestTask =>
  new TestTask(defineTopology('job', ({ source }) => build(source('in', texts))))

/** `key=value@timestamp` per record put out. */
function outputs(task: TestTask, name: string): string[] {
  return task
    .readAs(name, utf8, utf8)
    .map(({ key, value, timestampMs }) => `${key}=${value}@${timestampMs}`)
}

const rows: InputRow[] = [
  { key: 'k', value: 'a', timestampMs: 5 },
  { key: null, value: 'bb', timestampMs: 3 },
  { key: 'l', value: null, timestampMs: 9 },
]

describe('operators without state', () => {
  it('filter by value and key, or by what is not so, and keep order and time', () => {
    const task = taskOf((stream) => {
      stream.filter('long', (text) => text === null || text.length > 1).to('one', one)
      stream.filterNot('keyed', (_text, { key }) => key === 'k').to('two', two)
    })
    task.pipe(...rows)
    expect(outputs(task, 'one')).to.deep.equal(['null=bb@3', 'l=null@9'])
    expect(outputs(task, 'two')).to.deep.equal(['null=bb@3', 'l=null@9'])
  })

  it('map values and keep keys, null ones too', () => {
    const task = taskOf((stream) => {
      stream
        .mapValues('tell', (text, { key, timestampMs }) => `${text}/${key}/${timestampMs}`)
        .to('one', one)
    })
    task.pipe(...rows)
    expect(outputs(task, 'one')).to.deep.equal(['k=a/k/5@5', 'null=bb/null/3@3', 'l=null/l/9@9'])
  })

  it('map keys and values', () => {
    const task = taskOf((stream) => {
      stream.map('swap', (text, { key }) => ({ key: text, value: key })).to('one', one)
    })
    task.pipe(...rows)
    expect(outputs(task, 'one')).to.deep.equal(['a=k@5', 'bb=null@3', 'null=l@9'])
  })

  it('select keys', () => {
    const task = taskOf((stream) => {
      stream.selectKey('first', (text) => text?.[0] ?? 'none').to('one', one)
    })
    task.pipe(...rows)
    expect(outputs(task, 'one')).to.deep.equal(['a=a@5', 'b=bb@3', 'none=null@9'])
  })

  it('show siblings the record as it was, and finish one branch before the next', () => {
    const seen: string[] = []
    const task = taskOf((stream) => {
      stream
        .peek('look', (text) => seen.push(`look ${text}`))
        .map('both', () => ({ key: 'other key', value: 'other' }))
        .mapValues('more', (text) => `${text}!`)
        .selectKey('again', () => 'third key')
        .peek('changed', (text, { key }) => seen.push(`changed ${key}=${text}`))
        .to('one', one)
      stream.peek('sibling', (text, { key }) => seen.push(`sibling ${key}=${text}`)).to('two', two)
    })
    task.pipe(rows[0]!, { key: 'm', value: 'b' })
    expect(seen).to.deep.equal([
      'look a',
      'changed third key=other!',
      'sibling k=a',
      'look b',
      'changed third key=other!',
      'sibling m=b',
    ])
    expect(outputs(task, 'two')).to.deep.equal(['k=a@5', 'm=b@0'])
  })

  it('read the key only for those who ask for it', () => {
    const seen: string[] = []
    const row = { key: Uint8Array.of(0xff), value: 'a' }
    taskOf((stream) => stream.peek('look', (text) => seen.push(text))).pipe(row)
    expect(seen).to.deep.equal(['a'])
    const asking = taskOf((stream) => stream.peek('look', (_text, { key }) => seen.push(key)))
    expect(messageOf(() => asking.pipe(row))).to.equal(
      'topic texts, partition 0, offset 0: look: the bytes are not valid UTF-8',
    )
  })
})

describe('user code that throws', () => {
  const broken = (): never => {
    throw new RangeError('out of range')
  }
  const cases: readonly [name: string, build: (stream: SourceStream<string, string>) => unknown][] =
    [
      ['filter', (stream) => stream.filter('bad', broken)],
      ['filterNot', (stream) => stream.filterNot('bad', broken)],
      ['mapValues', (stream) => stream.mapValues('bad', broken)],
      ['map', (stream) => stream.map('bad', broken)],
      ['selectKey', (stream) => stream.selectKey('bad', broken)],
      ['peek', (stream) => stream.peek('bad', broken)],
    ]
  for (const [name, build] of cases) {
    it(`in ${name} is told with node, topic, partition and offset`, () => {
      const task = taskOf((stream) => void build(stream))
      const message = 'topic texts, partition 0, offset 0: bad: out of range'
      expect(() => task.pipe(rows[0]!)).to.throw(ProcessingError, message)
    })
  }

  it('in a sink’s serde is told with the sink’s name', () => {
    const task = taskOf((stream) => {
      stream.mapValues('number', () => 5 as unknown as string).to('out', one)
    })
    const message = 'topic texts, partition 0, offset 0: out: number is no utf8'
    expect(() => task.pipe(rows[0]!)).to.throw(ProcessingError, message)
  })

  it('is the cause of the error', () => {
    const task = taskOf((stream) => void stream.peek('bad', broken))
    try {
      task.pipe(rows[0]!)
      expect.fail('nothing was thrown')
    } catch (error) {
      const { cause } = error as { cause: { cause: unknown } }
      expect(cause.cause).to.be.instanceOf(RangeError)
      expect(error).to.have.property('code', 'MILLRACE_PROCESSING')
    }
  })
})
