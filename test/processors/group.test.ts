// Grouping through a repartition topic and in place: which key a record counts under, and where.
import { expect } from 'chai'
import { partitionFor } from '../../broker/partitioner.ts'
import { FrameReader } from '../../processors/frame.ts'
import { milliseconds } from '../../topology/duration.ts'
import { fields } from '../../topology/serdes/fields.ts'
import { json } from '../../topology/serdes/json.ts'
import { bytes, float64, int32, utf8 } from '../../topology/serdes/primitive.ts'
import type { Serde } from '../../topology/serdes/serde.ts'
import { windowed } from '../../topology/serdes/windowed.ts'
import type { GroupedStream } from '../../topology/grouped.ts'
import type { SourceStream } from '../../topology/source-stream.ts'
import { topic } from '../../topology/topic.ts'
import { defineTopology, type Topology } from '../../topology/topology.ts'
import { tumbling } from '../../topology/windows.ts'
import { messageOf, TestTask, type TestTaskOptions } from './support.ts'

const REPARTITION = 'app-grouped-repartition'
const calls = topic('calls', { key: utf8, value: bytes })
const size = milliseconds(1_000_000)
const windows = tumbling({ size, grace: milliseconds(0) })
const interned = json.object({
  type: json.string().interned(),
  place: json.string().interned().nullable(),
  level: json.string().interned().optional(),
})
const plain = json.object({
  type: json.string(),
  place: json.string().nullable(),
  level: json.string().optional(),
})

/** What the rows hold, whatever reads them. */
interface JsonRow {
  readonly type: string
  readonly place: string | null
  readonly level?: string | undefined
}

function job<K, L, V>(
  key: Serde<K>,
  group: (stream: SourceStream<string, Uint8Array>) => GroupedStream<L, V>,
): Topology {
  return defineTopology('job', ({ source }) => {
    group(source('in', calls))
      .windowedBy(windows)
      .count('counts', { emit: 'on-update-coalesced' })
      .to(
        'out',
        topic('counts', { key: windowed(key as unknown as Serde<L>, size), value: float64 }),
      )
  })
}

/** Values grouped by a writing task and counted by the reading ones: the count by key as text. */
class Grouping<K> {
  readonly writer: TestTask
  readonly #readers: TestTask[]
  readonly #key: Serde<K>

  constructor(topology: Topology, key: Serde<K>, options: TestTaskOptions = {}) {
    this.#key = key
    this.writer = new TestTask(topology, options)
    const { partitions } = this.writer.output(REPARTITION)
    this.#readers = Array.from({ length: partitions }, (_, partition) => {
      return new TestTask(topology, { ...options, subtopology: 1, partition })
    })
  }

  pipe(...values: string[]): void {
    this.writer.pipe(...values.map((value) => ({ value, timestampMs: 5 })))
  }

  counts(): Record<string, number> {
    this.writer.flush()
    const frames = this.writer.read(REPARTITION)
    const counts: Record<string, number> = {}
    for (const reader of this.#readers) {
      reader.pipeFrames(frames)
      reader.emit()
      for (const { key, value } of reader.readAs('counts', windowed(this.#key, size), float64)) {
        const text = typeof key!.key === 'string' ? key!.key : JSON.stringify(key!.key)
        expect(counts[text]).to.equal(undefined)
        counts[text] = value!
      }
    }
    return counts
  }
}

const byFields = fields('type', 'place', 'level')
const rows = [
  '{"type":"a","place":"x","level":"1"}',
  '{"type":"b","place":"x","level":"1"}',
  '{"type":"a","place":"x","level":"1"}',
  '{"type":"a","place":null,"level":"1"}',
  '{"type":"a","place":"x"}',
  '{"type":"\\u0061","place":"x","level":"1"}',
  '{"type":"a","place":null,"level":"1"}',
  '{"type":"x","place":"a","level":"1"}',
  '{"type":"a","place":"x","level":null,"level":"1"}',
  '{"type":"\\ud800","place":null}',
  '{"type":"\ufffd","place":null}',
]
const expected = {
  '{"type":"a","place":"x","level":"1"}': 4,
  '{"type":"b","place":"x","level":"1"}': 1,
  '{"type":"a","place":null,"level":"1"}': 2,
  '{"type":"a","place":"x","level":null}': 1,
  '{"type":"x","place":"a","level":"1"}': 1,
  '{"type":"\\ud800","place":null,"level":null}': 1,
  '{"type":"\ufffd","place":null,"level":null}': 1,
}

describe('grouping by fields', () => {
  const decoders: Record<string, Serde<JsonRow>> = {
    interned,
    plain,
    any: json.any<JsonRow>(),
  }
  for (const [name, decode] of Object.entries(decoders)) {
    it(`counts by the values of the fields, of ${name} rows`, () => {
      const topology = job(byFields, (stream) =>
        stream.parse('parse', { decode, malformed: 'fail' }).groupBy('grouped', byFields),
      )
      const partitions = { [REPARTITION]: 3 }
      const grouping = new Grouping(topology, byFields, { partitions })
      grouping.pipe(...rows.slice(0, 5))
      grouping.pipe(...rows.slice(5))
      expect(grouping.counts()).to.deep.equal(expected)
      grouping.pipe(...rows)
      const doubled = Object.entries(expected).map(([key, count]) => [key, count * 2])
      expect(grouping.counts()).to.deep.equal(Object.fromEntries(doubled))
    })
  }

  it('goes on when the dictionary of a column was given up', () => {
    const byType = fields('type')
    const topology = job(byType, (stream) =>
      stream.parse('parse', { decode: interned, malformed: 'fail' }).groupBy('grouped', byType),
    )
    const grouping = new Grouping(topology, byType)
    const row = (i: number): string => `{"type":"t${i}","place":null}`
    for (let from = 0; from < 66_000; from += 1_000) {
      grouping.pipe(...Array.from({ length: 1_000 }, (_, i) => row(from + i)))
    }
    grouping.counts()
    grouping.pipe(row(65_999), row(3), row(3), row(70_000))
    expect(grouping.counts()).to.deep.equal({
      '{"type":"t65999"}': 2,
      '{"type":"t3"}': 3,
      '{"type":"t70000"}': 1,
    })
  })

  it('goes by what was mapped from the row', () => {
    const byType = fields('type')
    const topology = job(byType, (stream) =>
      stream
        .parse('parse', { decode: interned, malformed: 'fail' })
        .mapValues('upper', ({ type }) => ({ type: type.toUpperCase() }))
        .groupBy('grouped', byType),
    )
    const grouping = new Grouping(topology, byType)
    grouping.pipe(...rows.slice(0, 3))
    expect(grouping.counts()).to.deep.equal({ '{"type":"A"}': 2, '{"type":"B"}': 1 })
  })
})

describe('grouping by a function', () => {
  const topology = job(utf8, (stream) =>
    stream
      .parse('parse', { decode: interned, malformed: 'fail' })
      .groupBy('grouped', ({ type, place }) => (place === null ? null : type + place), utf8),
  )

  it('counts by what it gives, and drops and counts null keys', () => {
    const grouping = new Grouping(topology, utf8)
    grouping.pipe(...rows)
    expect(grouping.counts()).to.deep.equal({ ax: 5, bx: 1, xa: 1 })
    expect(grouping.writer.drops).to.deep.equal(Array(4).fill(['grouped', 'null-key']))
  })

  it('names the node when it throws or gives what the serde cannot write', () => {
    const giving = (key: () => unknown) =>
      new TestTask(job(int32, (stream) => stream.groupBy('grouped', key as () => number, int32)))
    const broken = giving(() => {
      throw new Error('no key')
    })
    const place = 'topic calls, partition 0, offset 0: grouped: '
    expect(messageOf(() => broken.pipe({ value: 'x' }))).to.equal(`${place}no key`)
    const mistaken = giving(() => 'text')
    expect(messageOf(() => mistaken.pipe({ value: 'x' }))).to.equal(`${place}text is no int32`)
  })
})

describe('grouping in place', () => {
  it('counts by the key as it came, and drops and counts null keys', () => {
    const task = new TestTask(job(utf8, (stream) => stream.groupByKey('grouped', utf8)))
    for (const key of ['a', null, 'b', 'a']) task.pipe({ key, value: null })
    task.emit()
    const counts = task.readAs('counts', windowed(utf8, size), float64)
    expect(counts.map(({ key, value }) => [key!.key, value])).to.deep.equal([
      ['a', 2],
      ['b', 1],
    ])
    expect(task.drops).to.deep.equal([['counts', 'null-key']])
  })

  it('names the node when the serde cannot write the key', () => {
    const wrong = int32 as unknown as Serde<string>
    const task = new TestTask(job(wrong, (stream) => stream.groupByKey('grouped', wrong)))
    expect(messageOf(() => task.pipe({ key: 'k' }))).to.equal(
      'topic calls, partition 0, offset 0: grouped: k is no int32',
    )
  })

  it('shows siblings the record without the grouping', () => {
    const keys: unknown[] = []
    const topology = defineTopology('job', ({ source }) => {
      const stream = source('in', calls)
      stream.groupByKey('grouped', utf8).windowedBy(windows).count('counts', { emit: 'on-update' })
      stream
        .peek('look', (_value, { key }) => keys.push(key))
        .to('copy', topic('copies', { key: utf8, value: bytes }))
    })
    const task = new TestTask(topology)
    task.pipe({ key: 'a', value: 'x' })
    expect(keys).to.deep.equal(['a'])
    expect(task.readAs('copies', utf8, utf8)).to.deep.equal([
      { key: 'a', value: 'x', timestampMs: 0 },
    ])
  })
})

describe('the writer of a repartition topic', () => {
  const topology = job(utf8, (stream) =>
    stream.groupBy('grouped', (value) => Buffer.from(value).toString(), utf8),
  )
  const written = (task: TestTask) =>
    task.read(REPARTITION).map(({ value, partition }) => {
      const { writer, streamTimeMs, sentAtMs, rowCount } = new FrameReader().read(
        value!,
        0,
        value!.length,
      )
      return { partition, writer, streamTimeMs, sentAtMs, rowCount }
    })

  it('sends each key where Java’s partitioner would', () => {
    const task = new TestTask(topology, { partitions: { [REPARTITION]: 7 } })
    const keys = Array.from({ length: 50 }, (_, i) => `key-${i}`)
    task.pipe(...keys.map((value) => ({ value })))
    task.flush()
    const rowsOf = Array<number>(7).fill(0)
    for (const key of keys) rowsOf[partitionFor(Buffer.from(key), 7)]! += 1
    expect(written(task).map(({ rowCount }) => rowCount)).to.deep.equal(rowsOf)
  })

  it('tells its time to partitions without rows when it is to tell all, once', () => {
    const task = new TestTask(topology, { partition: 2, partitions: { [REPARTITION]: 3 } })
    task.nowMs = 77
    task.pipe({ value: 'a', timestampMs: 5 })
    task.flush(5, false)
    const own = partitionFor(Buffer.from('a'), 3)
    const frame = { writer: 2, streamTimeMs: 5, sentAtMs: 77 }
    expect(written(task)).to.deep.equal([{ ...frame, partition: own, rowCount: 1 }])
    task.flush(5, true)
    const others = [0, 1, 2].filter((partition) => partition !== own)
    expect(written(task)).to.deep.equal(
      others.map((partition) => ({ ...frame, partition, rowCount: 0 })),
    )
    task.flush(5, true)
    expect(written(task)).to.deep.equal([])
  })

  it('splits frames before they grow over what brokers take', () => {
    const task = new TestTask(topology)
    const values = Array.from({ length: 4_096 }, (_, i) => `${i}`.padStart(500, 'x'))
    task.pipe(...values.map((value, timestampMs) => ({ value, timestampMs })))
    task.flush()
    const frames = task.read(REPARTITION)
    expect(frames).to.have.length.within(4, 6)
    for (const { value } of frames) expect(value!.length).to.be.lessThan(600_000)
    const reader = new TestTask(topology, { subtopology: 1 })
    expect(reader.pipeFrames(frames)).to.equal(4_096)
    reader.emit()
    expect(
      new Set(reader.readAs('counts', windowed(utf8, size), float64).map(({ key }) => key!.key)),
    ).to.have.property('size', 4_096)
  })
})
