// Results that are larger than a record may be, or that their topic would refuse, at sinks and on their way through
// a repartition topic: by the policy of the operator, before anything is sent.
import { expect } from 'chai'
import {
  deadLetter,
  defineTopology,
  utf8,
  type ErrorPolicy,
  type TopologyBuilder,
} from '../../index.ts'
import type { RepartitionFormat } from '../../processors/cut-rows.ts'
import { texts, strings } from '../support/texts.ts'
import { TestTask, type InputRow } from './support.ts'

const RECORD_BYTES_MAX = 2_000
const long = (letter: string, bytes: number): string => letter.repeat(bytes)

/** A task of a topology, whose records may have two thousand bytes. */
function taskOf(build: (builder: TopologyBuilder) => void, onError: ErrorPolicy = 'fail') {
  const of = (subtopology: number, repartitionFormat?: RepartitionFormat) => {
    const topology = defineTopology('job', build, { onError })
    const options = { subtopology, repartitionFormat, recordBytesMax: RECORD_BYTES_MAX }
    return new TestTask(topology, options)
  }
  return of
}

const toSink = (onError: ErrorPolicy, others?: ErrorPolicy): TestTask =>
  taskOf(({ source }) => source('in', texts('in')).to('out', texts('out'), { onError }), others)(0)

describe('a result that is too large for its topic', () => {
  it('ends the run where nothing else is said, with its size, the limit, and what to do', () => {
    const task = toSink('fail')
    task.pipe({ key: 'k', value: long('x', 1_999) })
    expect(task.readAs('out', utf8, utf8)).to.have.length(1)
    expect(() => task.pipe({ key: 'k', value: long('x', 2_000) })).to.throw(
      'out: a record for out has 2001 bytes and may have 2000: raise producer.message.max.bytes',
    )
  })

  it('is left out alone, and counted, where its operator skips', () => {
    const task = toSink('skip', deadLetter('others'))
    for (const value of ['a', long('x', 2_001), 'b']) task.pipe({ key: 'k', value })
    expect(task.readAs('out', utf8, utf8).map(({ value }) => value)).to.deep.equal(['a', 'b'])
    expect(task.drops).to.deep.equal([['out', 'record-too-large']])
    expect(task.read('others')).to.deep.equal([])
  })

  it('is a dead letter: the record that it was made of', () => {
    const task = taskOf(
      ({ source }) =>
        source('in', texts('in'))
          .mapValues('grow', (value) => value.repeat(100))
          .to('out', texts('out')),
      deadLetter('dead'),
    )(0)
    for (const value of ['a', long('x', 100)]) task.pipe({ key: 'k', value, timestampMs: 7 })
    expect(task.readAs('out', utf8, utf8)).to.have.length(1)
    const [letter, ...others] = task.read('dead')
    expect(others).to.deep.equal([])
    expect(String(Buffer.from(letter!.value!))).to.equal(long('x', 100))
    expect(letter).to.include({ timestampMs: 7 })
    expect(letter!.headers).to.include({
      '__streams.errors.exception': 'RecordTooLargeError',
      '__streams.errors.topic': 'in',
      '__streams.errors.offset': '1',
    })
  })
})

describe('a result that its topic would refuse', () => {
  const NOW_MS = 1_000_000
  const limits = { aheadMsMax: 5_000, behindMsMax: 7_000, needsKeys: true }
  const AHEAD = { key: 'k', value: 'ahead', timestampMs: NOW_MS + 5_001 }
  const BEHIND = { key: 'k', value: 'behind', timestampMs: NOW_MS - 7_001 }
  const KEYLESS = { key: null, value: 'keyless', timestampMs: NOW_MS }
  const TAKEN = [
    { key: 'k', value: 'latest', timestampMs: NOW_MS + 5_000 },
    { key: 'k', value: 'earliest', timestampMs: NOW_MS - 7_000 },
  ]
  const taskFor = (onError: ErrorPolicy): TestTask => {
    const topology = defineTopology('job', ({ source }) =>
      source('in', texts('in')).to('out', texts('out'), { onError }),
    )
    const task = new TestTask(topology, { limits })
    task.nowMs = NOW_MS
    return task
  }

  it('ends the run where nothing else is said, and says what helps', () => {
    const of = (record: InputRow) => () => taskFor('fail').pipe(record)
    expect(of(AHEAD)).to.throw(
      'out: a record for out is 5001 ms ahead of the clock and may be 5000: raise message.timestamp.after.max.ms',
    )
    expect(of(BEHIND)).to.throw(
      'out: a record for out is 7001 ms behind the clock and may be 7000: raise message.timestamp.before.max.ms',
    )
    expect(of(KEYLESS)).to.throw(
      'out: a record for out has no key, and the topic is compacted: give it one',
    )
  })

  it('is left out alone, and counted, where its operator skips', () => {
    const task = taskFor('skip')
    task.pipe(AHEAD, TAKEN[0]!, BEHIND, KEYLESS, TAKEN[1]!)
    expect(task.readAs('out', utf8, utf8)).to.deep.equal(TAKEN)
    expect(task.drops).to.deep.equal(Array(3).fill(['out', 'record-refused']))
  })

  it('is a dead letter with the nearest time that is taken, but none without a key where it needs one', () => {
    const task = taskFor(deadLetter('dead'))
    task.pipe(AHEAD, BEHIND)
    const letters = task.read('dead').map(({ timestampMs, headers }) => ({
      timestampMs,
      error: headers['__streams.errors.exception'],
    }))
    expect(letters).to.deep.equal([
      { timestampMs: NOW_MS + 5_000, error: 'RecordRefusedError' },
      { timestampMs: NOW_MS - 7_000, error: 'RecordRefusedError' },
    ])
    expect(() => task.pipe(KEYLESS)).to.throw(
      'a dead letter of in/0: a record for dead has no key, and the topic is compacted',
    )
  })
})

describe('a dead letter that is too large itself', () => {
  const failing = () =>
    taskOf(
      ({ source }) =>
        source('in', texts('in')).forEach('fail', () => {
          throw new RangeError('no')
        }),
      deadLetter('dead'),
    )(0)

  it('goes without the stack where it is fit by that', () => {
    const task = failing()
    task.pipe({ key: 'k', value: 'small' }, { key: 'k', value: long('x', 1_700) })
    const [small, large] = task.read('dead').map(({ headers }) => Object.keys(headers))
    expect(small).to.include('__streams.errors.stacktrace')
    expect(large).to.include('__streams.errors.message')
    expect(large).not.to.include('__streams.errors.stacktrace')
  })

  it('ends the run where it is not: nothing is lost without a word', () => {
    const task = failing()
    expect(() => task.pipe({ key: 'k', value: long('x', 1_990) })).to.throw(
      /^topic in, .*a dead letter of in\/0: a record for dead has \d+ bytes and may have 2000/,
    )
  })
})

describe('a row that is too large for a repartition topic', () => {
  const cut = (onError: ErrorPolicy) =>
    taskOf(({ source }) =>
      source('in', texts('in'))
        .repartition('cut', { partitions: 1, ...strings, onError })
        .to('out', texts('out')),
    )
  const LINES = ['a', long('x', 2_000), 'b', long('y', 1_200), long('z', 1_200), 'c']
  const FIT = LINES.filter(({ length }) => length < 2_000)

  for (const format of ['frames', 'records'] as const) {
    it(`costs itself alone, in ${format}; others have records of their own where they fill one`, () => {
      const writer = cut('skip')(0, format)
      for (const value of LINES) writer.pipe({ key: 'k', value })
      writer.flush()
      expect(writer.drops).to.deep.equal([['cut', 'record-too-large']])
      const sent = writer.read('app-cut-repartition')
      const sizes = sent.map(({ key, value }) => (key?.length ?? 0) + (value?.length ?? 0))
      expect(Math.max(...sizes)).to.be.at.most(RECORD_BYTES_MAX)
      const reader = cut('skip')(1, format)
      reader.pipeFrames(sent)
      const out = reader.readAs('out', utf8, utf8)
      expect(out.map(({ value }) => value)).to.deep.equal(FIT)
    })

    it(`ends the run where nothing is said, in ${format}`, () => {
      const writer = cut('fail')(0, format)
      expect(() => writer.pipe({ key: 'k', value: long('x', 2_000) })).to.throw(
        'cut: a record for app-cut-repartition has',
      )
    })
  }
})
