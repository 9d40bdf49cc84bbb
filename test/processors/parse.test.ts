// Parsing: values and times out of bytes, and what becomes of rows that are not what was declared.
import { expect } from 'chai'
import protobufjs from 'protobufjs'
import { ProcessingError } from '../../processors/processor.ts'
import { json } from '../../topology/serdes/json.ts'
import { bytes, utf8 } from '../../topology/serdes/primitive.ts'
import { protobuf, type ProtobufType } from '../../topology/serdes/protobuf.ts'
import { toBytes } from '../../topology/serdes/serde.ts'
import type { ParseSpec, Stream } from '../../topology/stream.ts'
import { topic } from '../../topology/topic.ts'
import { defineTopology } from '../../topology/topology.ts'
import { TopologyTestDriver } from '../../testing.ts'
import { batchOf, messageOf, TestTask, type InputRow, type TestTaskOptions } from './support.ts'

const calls = topic('calls', { key: utf8, value: bytes })
const row = json.object({
  type: json.string().interned(),
  at: json.number(),
  note: json.string().optional(),
})
interface CallMessage {
  type?: string
  at: number
}

const timestamp = ({ at }: { at: number }): number => at

/** A task that parses, and the values that came through. */
function parsing<W>(spec: ParseSpec<string, W>, options?: TestTaskOptions) {
  const seen: { value: W; key: string; timestampMs: number }[] = []
  const look = (stream: Stream<string, W>): void => {
    stream.peek('seen', (value, { key, timestampMs }) => seen.push({ value, key, timestampMs }))
  }
  const topology = defineTopology('job', ({ source }) => {
    look(source('in', calls).parse('parse', spec))
  })
  return { task: new TestTask(topology, options), seen }
}

const call = (type: string, at: unknown): string => JSON.stringify({ type, at })

describe('a parse node', () => {
  it('reads values by a declared schema, with the key and the event time of the value', () => {
    const types: string[] = []
    const { task, seen } = parsing({
      decode: row,
      timestamp: (value) => {
        types.push(value.type)
        return value.at
      },
      malformed: 'fail',
    })
    task.pipe({ key: 'k', value: call('a', 7), timestampMs: 99 }, { value: call('b', 3) })
    expect(types).to.deep.equal(['a', 'b'])
    expect(seen.map(({ key, timestampMs }) => [key, timestampMs])).to.deep.equal([
      ['k', 7],
      [null, 3],
    ])
    expect(task.streamTimeMs).to.equal(7)
  })

  it('gives a view of the row that reads as declared, and is copied and written as such', () => {
    const kept: unknown[] = []
    const { task } = parsing({
      decode: row,
      timestamp: (value) => {
        expect(value.note).to.equal(undefined)
        expect(Object.keys(value)).to.deep.equal(['type', 'at', 'note'])
        kept.push({ ...value }, JSON.parse(JSON.stringify(value)))
        return value.at
      },
      malformed: 'fail',
    })
    task.pipe({ value: call('a', 1) }, { value: call('b', 2) })
    const [a, b] = [
      { type: 'a', at: 1 },
      { type: 'b', at: 2 },
    ]
    const note = undefined
    expect(kept).to.deep.equal([{ ...a, note }, a, { ...b, note }, b])
  })

  it('has fields of any name', () => {
    const names = { row: json.string(), scanner: json.number(), toObject: json.boolean() }
    const { task, seen } = parsing({ decode: json.object(names), malformed: 'fail' })
    const value = { row: 'r', scanner: 3, toObject: true }
    const copies: unknown[] = []
    task.pipe({ value: JSON.stringify(value) })
    copies.push({ ...seen[0]!.value })
    expect(copies).to.deep.equal([value])
  })

  it('gives values that in a test fail when they are read after their call', () => {
    const kept: { type: string }[] = []
    const topology = defineTopology('job', ({ source }) => {
      source('in', calls)
        .parse('parse', { decode: row, malformed: 'fail' })
        .peek('keep', (value) => kept.push(value))
    })
    const driver = new TopologyTestDriver(topology)
    for (const type of ['a', 'b']) {
      driver.pipeInput(calls, { key: 'k', value: Buffer.from(call(type, 1)) })
    }
    expect(() => kept[0]!.type).to.throw('type is read of a value that was kept beyond its call')
    expect(kept[1]!.type).to.equal('b')
    driver.close()
  })

  it('keeps the record’s own time where no timestamp is declared', () => {
    const { task, seen } = parsing({ decode: json.any<number>(), malformed: 'fail' })
    task.pipe({ value: '5', timestampMs: 77 })
    expect(seen).to.deep.equal([{ value: 5, key: null, timestampMs: 77 }])
  })

  it('reads values by any serde and by a function of the bytes', () => {
    const { task, seen } = parsing({
      decode: (value, { timestampMs }) => `${Buffer.from(value).toString('hex')}@${timestampMs}`,
      malformed: 'fail',
    })
    task.pipe({ value: 'ab', timestampMs: 3 }, { value: '', timestampMs: 4 })
    expect(seen.map(({ value }) => value)).to.deep.equal(['6162@3', '@4'])
  })

  it('reads protobuf messages and any JSON where they lie in the batch, and refuses what is neither', () => {
    const { root } = protobufjs.parse(
      'syntax = "proto3"; message Call { string type = 1; int64 at = 2; }',
    )
    const message = protobuf(root.lookupType('Call') as unknown as ProtobufType<CallMessage>)
    const protobufs = parsing({ decode: message, timestamp, malformed: 'skip' })
    const values = [{ type: 'é', at: 5 }, { at: 6 }, { at: 0 }].map((value) =>
      toBytes(message, value),
    )
    protobufs.task.pipe(...values.map((value) => ({ value })), { value: Uint8Array.of(0x0a, 9) })
    expect(protobufs.seen.map(({ value, timestampMs }) => [value, timestampMs])).to.deep.equal([
      [{ type: 'é', at: 5 }, 5],
      [{ type: '', at: 6 }, 6],
      [{ type: '', at: 0 }, 0],
    ])
    expect(protobufs.task.drops).to.deep.equal([['parse', 'malformed']])
    const any = parsing({ decode: json.any<unknown>(), malformed: 'skip' })
    const texts = ['{"a":[1,{"b":null}]}', ' "é" ', 'null', '{"a":1,"a":2}', '{', '', '"\ud800"']
    any.task.pipe(...texts.map((value) => ({ value })), { value: Uint8Array.of(0x22, 0xff, 0x22) })
    expect(any.seen.map(({ value }) => value)).to.deep.equal([
      ...[{ a: [1, { b: null }] }, 'é', null, { a: 2 }, '\ufffd'],
    ])
    expect(any.task.drops).to.deep.equal(Array(3).fill(['parse', 'malformed']))
  })

  it('reads escaped rows too, which JSON.parse reads', () => {
    const { task, seen } = parsing({ decode: row, timestamp, malformed: 'fail' })
    task.pipe({ value: '{"type":"\\u0061","at":5}' })
    expect(seen.map(({ value, timestampMs }) => [value.type, timestampMs])).to.deep.equal([
      ['a', 5],
    ])
  })

  it('has bad rows wait for nobody: they are due with the row before', () => {
    const { task, seen } = parsing({ decode: row, timestamp, malformed: 'skip' })
    const source = task.source
    const rows = [call('a', 5), 'x', call('b', 6), call('c', 50)]
    source.begin(batchOf(rows.map((value) => ({ value, timestampMs: 1_000 }))), Infinity)
    expect(source.nextTimestampMs).to.equal(5)
    expect(source.run(10)).to.equal(3)
    expect(seen).to.have.length(2)
    expect([source.nextTimestampMs, source.nextOffset]).to.deep.equal([50, 3])
  })

  it('lets bad rows not move stream time', () => {
    const { task } = parsing({ decode: row, timestamp, malformed: 'skip' })
    task.pipe({ value: call('a', 5), timestampMs: 1_000 }, { value: 'x', timestampMs: 2_000 })
    expect(task.streamTimeMs).to.equal(5)
  })
})

describe('a row that cannot be read', () => {
  const good = { value: call('a', 1) }

  it('ends the run under fail, with its place and what to do about it', () => {
    const { task, seen } = parsing({ decode: row, timestamp, malformed: 'fail' }, { partition: 3 })
    const message = messageOf(() => task.pipe(good, { value: '{"type":5,"at":1}' }))
    expect(message).to.equal(
      'topic calls, partition 3, offset 1: parse: field "type" is no string: 5; ' +
        "set malformed to 'skip' or deadLetter(topic) to go on",
    )
    expect(seen).to.have.length(1)
    expect(task.drops).to.deep.equal([])
    expect(() => task.pipe({ value: 'x' })).to.throw(ProcessingError)
  })

  it('is dropped and counted under skip, and the others go on', () => {
    const { task, seen } = parsing({ decode: row, timestamp, malformed: 'skip' })
    task.pipe({ value: 'x' }, good, { value: '[]' }, good)
    expect(seen).to.have.length(2)
    expect(task.drops).to.deep.equal(Array(2).fill(['parse', 'malformed']))
  })

  it('is one whose value is null, or whose function throws anything', () => {
    const decode = (value: Uint8Array): number => {
      if (value.length === 0) throw new Error('nothing there')
      return value.length
    }
    const { task, seen } = parsing({ decode, malformed: 'skip' })
    task.pipe({ value: null }, { value: '' }, { value: 'a' })
    expect(seen.map(({ value }) => value)).to.deep.equal([1])
    expect(task.drops).to.deep.equal(Array(2).fill(['parse', 'malformed']))
  })

  const badTimes: readonly [what: string, at: string][] = [
    ['negative', '-1'],
    ['infinite', '1e999'],
    ['beyond all dates', '8640000000000001'],
  ]
  for (const [what, at] of badTimes) {
    it(`is one whose time is ${what}`, () => {
      const { task, seen } = parsing({ decode: row, timestamp, malformed: 'skip' })
      task.pipe({ value: `{"type":"a","at":${at}}` }, good)
      expect(seen).to.have.length(1)
      expect(task.drops).to.deep.equal([['parse', 'invalid-timestamp']])
      expect(task.streamTimeMs).to.equal(1)
    })
  }

  it('is one whose time is no number or cannot be told', () => {
    const timesOf = [
      () => NaN,
      () => undefined as unknown as number,
      () => '5' as unknown as number,
      () => {
        throw new Error('no clock')
      },
    ]
    for (const wrong of timesOf) {
      const { task, seen } = parsing({ decode: row, timestamp: wrong, malformed: 'skip' })
      task.pipe(good)
      expect(seen).to.have.length(0)
      expect(task.drops).to.deep.equal([['parse', 'invalid-timestamp']])
    }
  })

  it('is one without a timestamp of its own where none is declared', () => {
    const { task, seen } = parsing({ decode: row, malformed: 'skip' })
    task.pipe({ ...good, timestampMs: -1 }, { ...good, timestampMs: 0 })
    expect(seen).to.have.length(1)
    expect(task.drops).to.deep.equal([['parse', 'invalid-timestamp']])
  })

  it('takes whole milliseconds of a time with decimals', () => {
    const { task, seen } = parsing({ decode: row, timestamp, malformed: 'fail' })
    task.pipe({ value: call('a', 1_500.9) })
    expect(seen.map(({ timestampMs }) => timestampMs)).to.deep.equal([1_500])
  })
})

describe('rows of one batch', () => {
  it('may be parsed by several nodes, each by its own policy', () => {
    const counts = { one: 0, two: 0 }
    const topology = defineTopology('job', ({ source }) => {
      const stream = source('in', calls)
      stream
        .parse('strict', { decode: row, timestamp, malformed: 'skip' })
        .peek('one', () => (counts.one += 1))
      stream
        .parse('any', { decode: json.any(), malformed: 'skip' })
        .peek('two', () => (counts.two += 1))
    })
    const task = new TestTask(topology)
    const inputs: InputRow[] = [{ value: call('a', 1) }, { value: '5' }, { value: 'x' }]
    task.pipe(...inputs)
    expect(counts).to.deep.equal({ one: 1, two: 2 })
    expect(task.drops).to.deep.equal([
      ['strict', 'malformed'],
      ['strict', 'malformed'],
      ['any', 'malformed'],
    ])
  })
})
