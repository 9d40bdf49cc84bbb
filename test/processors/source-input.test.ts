// The head of a task: which rows it runs, how far in event time, and where it stands.
import { expect } from 'chai'
import { ProcessingError } from '../../processors/processor.ts'
import { int32, utf8 } from '../../topology/serdes/primitive.ts'
import { topic } from '../../topology/topic.ts'
import { defineTopology } from '../../topology/topology.ts'
import { batchOf, messageOf, TestTask, type InputRow } from './support.ts'

const texts = topic('texts', { key: int32, value: utf8 })

function task() {
  const seen: string[] = []
  const topology = defineTopology('job', ({ source }) => {
    source('in', texts).peek('look', (text) => seen.push(text))
  })
  const made = new TestTask(topology)
  return { task: made, source: made.source, seen }
}

const rows = (...times: number[]): InputRow[] =>
  times.map((timestampMs, i) => ({ value: `${i}`, timestampMs }))

describe('the input of a task', () => {
  it('has nothing to run before it takes a batch and after it has run it', () => {
    const { source } = task()
    const nothing = [true, undefined, undefined]
    const state = () => [source.isEmpty, source.nextOffset, source.nextTimestampMs]
    expect(state()).to.deep.equal(nothing)
    expect(source.run(Infinity)).to.equal(0)
    source.begin(batchOf(rows(5, 6), 100), Infinity)
    expect(state()).to.deep.equal([false, 100, 5])
    expect(source.run(Infinity)).to.equal(2)
    expect(state()).to.deep.equal(nothing)
  })

  it('runs up to and with the limit in event time, and goes on where it stopped', () => {
    const { task: made, source, seen } = task()
    source.begin(batchOf(rows(5, 10, 3, 11, 4), 100), Infinity)
    expect(source.run(10)).to.equal(3)
    expect([source.nextOffset, source.nextTimestampMs, made.streamTimeMs]).to.eql([103, 11, 10])
    expect(source.run(10)).to.equal(0)
    expect(source.run(11)).to.equal(2)
    expect(seen).to.deep.equal(['0', '1', '2', '3', '4'])
    expect(made.streamTimeMs).to.equal(11)
  })

  it('runs no more rows at a time than it is told', () => {
    const { source } = task()
    source.begin(batchOf(rows(5, 10, 3, 11, 4), 100), Infinity)
    expect([source.run(Infinity, 2), source.isEmpty]).to.deep.equal([2, false])
    while (!source.isEmpty) expect(source.run(Infinity, 2)).to.be.within(1, 2)
  })

  it('leaves out rows from the offset on at which it is to stop', () => {
    const { source, seen } = task()
    source.begin(batchOf(rows(1, 2, 3), 100), 102)
    expect(source.run(Infinity)).to.equal(2)
    source.begin(batchOf(rows(1, 2, 3), 102), 102)
    expect(source.isEmpty).to.equal(true)
    expect(seen).to.deep.equal(['0', '1'])
  })

  it('never lets stream time fall', () => {
    const { task: made } = task()
    made.pipe(...rows(9, 2))
    made.pipe(...rows(4))
    expect(made.streamTimeMs).to.equal(9)
  })

  it('refuses what the topic’s serdes cannot read, with its place', () => {
    const { task: made, seen } = task()
    made.pipe({ value: 'a' })
    const message = messageOf(() => made.pipe({ value: 'b' }, { value: Uint8Array.of(0xff) }))
    expect(message).to.equal(
      "topic texts, partition 0, offset 2: in: the bytes are not valid UTF-8; set malformed to 'skip' or deadLetter(topic) to go on",
    )
    expect(seen).to.deep.equal(['a', 'b'])
  })

  it('refuses records without a timestamp', () => {
    const { task: made } = task()
    const message = 'topic texts, partition 0, offset 0: in: the timestamp is -1'
    expect(() => made.pipe({ value: 'a', timestampMs: -1 })).to.throw(ProcessingError, message)
  })

  it('hands null values on as null', () => {
    const values: (string | null)[] = []
    const topology = defineTopology('job', ({ source }) => {
      source('in', texts).peek('look', (text) => values.push(text))
    })
    new TestTask(topology).pipe({ value: null }, { value: '' })
    expect(values).to.deep.equal([null, ''])
  })
})
