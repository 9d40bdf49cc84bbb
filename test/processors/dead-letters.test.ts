// Dead letters of rows that cannot be read: the bytes as they came, with the reason in headers.
import { expect } from 'chai'
import { partitionFor } from '../../broker/partitioner.ts'
import { deadLetter } from '../../topology/policies.ts'
import { json } from '../../topology/serdes/json.ts'
import { bytes, utf8 } from '../../topology/serdes/primitive.ts'
import { topic } from '../../topology/topic.ts'
import { defineTopology } from '../../topology/topology.ts'
import { TestTask, type TestTaskOptions } from './support.ts'

const calls = topic('calls', { key: utf8, value: bytes })
const row = json.object({ type: json.string().interned(), at: json.number() })
const call = (type: string, at: unknown): string => JSON.stringify({ type, at })

/** A task whose bad rows go to the topic `bad`, and how many came through. */
function parsing(options?: TestTaskOptions) {
  const seen: unknown[] = []
  const topology = defineTopology('job', ({ source }) => {
    source('in', calls)
      .parse('parse', { decode: row, timestamp: ({ at }) => at, malformed: deadLetter('bad') })
      .peek('seen', (value) => seen.push(value.at))
  })
  return { task: new TestTask(topology, options), seen }
}

describe('a dead letter', () => {
  it('is the record as it came: key, bytes, time and headers, with the reason in more headers', () => {
    const { task, seen } = parsing({ partition: 2 })
    const headers = [{ key: 'trace', value: Buffer.from('t1') }]
    const value = Uint8Array.of(0x7b, 0xff, 0x00)
    task.pipe({ value: call('a', 1) }, { key: 'k', value, timestampMs: 42, headers })
    const [letter, ...others] = task.read('bad')
    expect(others).to.deep.equal([])
    expect(letter).to.deep.include({ timestampMs: 42, partition: 0 })
    expect(Buffer.from(letter!.key!).toString()).to.equal('k')
    expect([...letter!.value!]).to.deep.equal([...value])
    const { '__streams.errors.stacktrace': stack, ...rest } = letter!.headers
    expect(stack).to.match(/^SerdeError: not JSON.* at /)
    expect(rest).to.deep.equal({
      trace: 't1',
      '__streams.errors.exception': 'SerdeError',
      '__streams.errors.message': 'not JSON: the bytes are not valid UTF-8',
      '__streams.errors.topic': 'calls',
      '__streams.errors.partition': '2',
      '__streams.errors.offset': '1',
    })
    expect(seen).to.have.length(1)
    expect(task.drops).to.deep.equal([['parse', 'malformed']])
  })

  it('keeps nulls, and stays in its partition or goes where its key goes', () => {
    const { task } = parsing({ partition: 5, partitions: { bad: 4 } })
    task.pipe({ value: null }, { key: 'key-1', value: 'x' }, { key: 'key-2', value: 'x' })
    const found = task
      .read('bad')
      .map(({ key, value, partition }) => [
        key === null ? null : Buffer.from(key).toString(),
        value === null ? null : Buffer.from(value).toString(),
        partition,
      ])
    expect(found).to.have.deep.members([
      [null, null, 1],
      ['key-1', 'x', partitionFor(Buffer.from('key-1'), 4)],
      ['key-2', 'x', partitionFor(Buffer.from('key-2'), 4)],
    ])
  })

  it('tells its reason in printable ASCII', () => {
    const { task } = parsing()
    task.pipe({ value: '{"type":{"é":"\\n😀"},"at":1}' })
    const [letter] = task.read('bad')
    expect(letter!.headers['__streams.errors.message']).to.equal(
      'field "type" is no string: {"\\u00e9":"\\n\\ud83d\\ude00"}',
    )
  })

  it('is also a row whose time is invalid', () => {
    const { task } = parsing()
    task.pipe({ value: call('a', -5) })
    expect(task.read('bad')[0]!.headers['__streams.errors.message']).to.equal(
      'the timestamp is -5, not epoch milliseconds',
    )
    expect(task.drops).to.deep.equal([['parse', 'invalid-timestamp']])
  })
})
