// The head of a task behind a repartition topic: frames in, stream time over all writers, errors.
import { expect } from 'chai'
import type { RepartitionFormat } from '../../processors/cut-rows.ts'
import { TOLD_BYTES, writeTold } from '../../processors/frame.ts'
import { ProcessingError } from '../../processors/processor.ts'
import type { ErrorPolicy } from '../../topology/policies.ts'
import { deadLetter } from '../../topology/policies.ts'
import type { Serde } from '../../topology/serdes/serde.ts'
import { milliseconds } from '../../topology/duration.ts'
import { float64, utf8 } from '../../topology/serdes/primitive.ts'
import { windowed } from '../../topology/serdes/windowed.ts'
import { topic } from '../../topology/topic.ts'
import { defineTopology } from '../../topology/topology.ts'
import { tumbling } from '../../topology/windows.ts'
import { TestTask, type OutputRow } from './support.ts'

const size = milliseconds(10)
const topology = defineTopology('job', ({ source }) => {
  source('in', topic('texts', { key: utf8, value: utf8 }))
    .groupBy('grouped', (text) => text, utf8)
    .windowedBy(tumbling({ size, grace: milliseconds(0) }))
    .count('counts', { emit: 'on-window-close' })
    .to('out', topic('counts', { key: windowed(utf8, size), value: float64 }))
})

/** Two writers and one reader. */
function tasks(repartitionFormat?: RepartitionFormat) {
  const writers = [0, 1].map((partition) => {
    return new TestTask(topology, { partition, repartitionFormat })
  })
  const reader = new TestTask(topology, { subtopology: 1, writers: 2 })
  /** A writer groups rows of these times, says how far it is, and the reader runs its frames. */
  const write = (writer: number, timeMs: number, ...times: number[]): void => {
    const task = writers[writer]!
    task.nowMs = 1
    task.pipe(...times.map((timestampMs) => ({ value: 'a', timestampMs })))
    task.flush(timeMs)
    reader.pipeFrames(task.read('app-grouped-repartition'))
    reader.emit()
  }
  const results = (): string[] =>
    reader
      .readAs('counts', windowed(utf8, size), float64)
      .map(({ key, value }) => `${key!.window.startMs}=${value}`)
  return { reader, write, results }
}

for (const format of ['frames', 'records'] as const) {
  describe(`the input from a repartition topic of ${format}`, () => {
    it('lets a fast writer close no window that a slow one still has rows for', () => {
      const { reader, write, results } = tasks(format)
      write(0, 35, 1, 15, 35)
      expect(reader.streamTimeMs).to.equal(-1)
      write(1, 2, 2)
      expect(reader.streamTimeMs).to.equal(2)
      write(1, 12, 3, 12)
      expect(results()).to.deep.equal(['0=3'])
      write(1, 50)
      expect(reader.streamTimeMs).to.equal(35)
      expect(results()).to.deep.equal(['10=2'])
      expect(reader.drops).to.deep.equal([])
    })

    it('goes on in time within a frame, as Kafka does record by record', () => {
      const { reader, write, results } = tasks(format)
      write(1, 100)
      write(0, 25, 5, 25, 6)
      expect(reader.streamTimeMs).to.equal(25)
      expect(reader.drops).to.deep.equal([['counts', 'expired-window']])
      expect(results()).to.deep.equal(['0=1'])
    })

    it('says how many rows it ran', () => {
      const { reader } = tasks(format)
      const writer = new TestTask(topology, { repartitionFormat: format })
      writer.pipe(...['a', 'b', 'a'].map((value) => ({ value })))
      writer.flush()
      expect(reader.pipeFrames(writer.read('app-grouped-repartition'))).to.equal(3)
    })
  })
}

/** Counts texts; what `grouped` says of failures is its own. */
const countOf = (options: { readonly onError: ErrorPolicy }) =>
  defineTopology('job', ({ source }) => {
    source('in', topic('texts', { key: utf8, value: utf8 }))
      .groupBy('grouped', (text) => text, utf8, utf8, options)
      .count('counts', { emit: 'on-update' })
      .to('out', topic('counts', { key: utf8, value: float64 }))
  })

/** A frame for each text. */
function framesOf(...texts: readonly string[]): OutputRow[] {
  return texts.flatMap((value) => {
    const writer = new TestTask(countOf({ onError: 'fail' }))
    writer.pipe({ value })
    writer.flush()
    return writer.read('app-grouped-repartition')
  })
}

/** Takes digits only. */
const digits: Serde<string> = {
  ...utf8,
  deserialize: (bytes, start, end) => {
    const text = utf8.deserialize(bytes, start, end)
    if (!/^\d+$/.test(text)) throw new RangeError(`${text} is no number`)
    return text
  },
}

const sentAs = (value: Serde<string>, onError: ErrorPolicy = 'fail') =>
  defineTopology(
    'job',
    ({ source }) => {
      source('in', topic('texts', { key: utf8, value: utf8 }))
        .repartition('spread', { key: utf8, value })
        .to('out', topic('out', { key: utf8, value: utf8 }))
    },
    { onError },
  )

describe('the input from a repartition topic', () => {
  it('hears what other tasks tell behind the rows of one', () => {
    const { reader, results } = tasks()
    const writer = new TestTask(topology)
    writer.nowMs = 1
    writer.pipe(...[1, 15].map((timestampMs) => ({ value: 'a', timestampMs })))
    writer.flush(15)
    const [frame] = writer.read('app-grouped-repartition')
    const told = new DataView(new ArrayBuffer(2 * TOLD_BYTES))
    for (const [i, streamTimeMs] of [8, 12].entries()) {
      writeTold(told, i * TOLD_BYTES, 1, { streamTimeMs, vouchedMs: -1, sentAtMs: 1 })
    }
    const value = Buffer.concat([frame!.value!, new Uint8Array(told.buffer)])
    reader.pipeFrames([{ ...frame!, value }])
    reader.emit()
    expect(reader.streamTimeMs, 'as far as the slower of the two').to.equal(12)
    expect(results()).to.deep.equal(['0=1'])
  })

  it('names topic, partition and offset of what is no frame', () => {
    const { reader } = tasks()
    const row = { key: null, timestampMs: 0, partition: 0, headers: {} }
    const bad: [value: OutputRow['value'], message: string][] = [
      [null, 'offset 0: the frame is null'],
      [Buffer.from('text'), 'offset 1: not a repartition frame of a known version'],
      [new Uint8Array(0), 'offset 2: not a repartition frame of a known version'],
    ]
    for (const [value, message] of bad) {
      expect(() => reader.pipeFrames([{ ...row, value }])).to.throw(
        ProcessingError,
        `topic app-grouped-repartition, partition 0, ${message}`,
      )
    }
  })

  it('leaves what is no frame to onError of its node, and runs what comes before and behind it', () => {
    for (const onError of ['skip', deadLetter('letters')] as const) {
      const reader = new TestTask(countOf({ onError }), { subtopology: 1 })
      const frames = framesOf('a', 'b')
      const bad = { ...frames[0]!, key: Buffer.from('k'), value: Buffer.from('text') }
      expect(reader.pipeFrames([bad, frames[0]!, bad, frames[1]!, bad])).to.equal(2)
      expect(reader.frames.isEmpty).to.equal(true)
      expect(reader.drops).to.deep.equal(Array(3).fill(['grouped', 'processing-error']))
      reader.emit()
      expect(reader.readAs('counts', utf8, float64).map(({ key }) => key)).to.deep.equal(['a', 'b'])
      if (onError === 'skip') continue
      const letters = reader.read('letters')
      expect(letters.map(({ value }) => Buffer.from(value!).toString())).to.deep.equal([
        'text',
        'text',
        'text',
      ])
      expect(letters[1]!.headers).to.include({
        '__streams.errors.topic': 'app-grouped-repartition',
        '__streams.errors.offset': '2',
        '__streams.errors.message': 'not a repartition frame of a known version',
      })
    }
  })

  it('leaves a row whose value cannot be read to onError, and runs the others of its record', () => {
    const writer = new TestTask(sentAs(utf8))
    writer.pipe(...['1', 'one', '3'].map((value) => ({ key: value, value })))
    writer.flush()
    const rows = writer.read('app-spread-repartition')
    const reader = new TestTask(sentAs(digits, deadLetter('letters')), { subtopology: 1 })
    expect(rows).to.have.length(1)
    reader.pipeFrames(rows)
    expect(reader.readAs('out', utf8, utf8).map(({ key }) => key)).to.deep.equal(['1', '3'])
    expect(reader.drops).to.deep.equal([['spread', 'processing-error']])
    const letters = reader.readAs('letters', utf8, utf8)
    expect(letters.map(({ key, value }) => [key, value])).to.deep.equal([['one', 'one']])
  })

  it('refuses frames of a writer that came later', () => {
    const reader = new TestTask(topology, { subtopology: 1, writers: 1 })
    const writer = new TestTask(topology, { partition: 1 })
    writer.pipe({ value: 'a' })
    writer.flush()
    expect(() => reader.pipeFrames(writer.read('app-grouped-repartition'))).to.throw(
      ProcessingError,
      'offset 0: written by task 1 of 1: restart',
    )
  })
})
