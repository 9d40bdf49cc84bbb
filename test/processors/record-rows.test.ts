// Repartition topics whose rows are records of their own: what others find there, and how tasks read them.
import { expect } from 'chai'
import { ORIGIN_HEADER } from '../../processors/row-origin.ts'
import { ProcessingError } from '../../processors/processor.ts'
import { json } from '../../topology/serdes/json.ts'
import { float64, utf8 } from '../../topology/serdes/primitive.ts'
import { topic } from '../../topology/topic.ts'
import { defineTopology } from '../../topology/topology.ts'
import { batchOf, TestTask, type InputRow, type OutputRow } from './support.ts'

interface Sale {
  readonly shop: string
  readonly cents: number
}

const REPARTITION = 'app-by-shop-repartition'
const topology = defineTopology('job', ({ source }) => {
  source('in', topic('sales', { key: utf8, value: json.any<Sale>() }))
    .groupBy('by-shop', ({ shop }) => shop, utf8, json.any<Sale>())
    .count('sold', { emit: 'on-update' })
    .toStream('updates')
    .to('out', topic('counts', { key: utf8, value: float64 }))
})

const sale = (shop: string, timestampMs: number, trace?: string): InputRow => ({
  key: 'k',
  value: JSON.stringify({ shop, cents: 5 }),
  timestampMs,
  headers: trace === undefined ? [] : [{ key: 'trace', value: Buffer.from(trace) }],
})

/** What a task writes for some rows, in one flush. */
function written(
  rows: readonly InputRow[],
  format: 'frames' | 'records' = 'records',
  partition = 0,
) {
  const task = new TestTask(topology, { partition, repartitionFormat: format })
  task.nowMs = 7_000
  task.pipe(...rows)
  task.flush()
  return task.read(REPARTITION)
}

const countsOf = (task: TestTask): [string | null, number | null][] => {
  return task.readAs('counts', utf8, float64).map(({ key, value }) => [key, value])
}

describe('a repartition topic of records', () => {
  it('has key, value, time and headers of each row as the DSL writes them, and who wrote it', () => {
    const [first, second, told, ...more] = written([sale('a', 5, 'x'), sale('b', 6)])
    expect(more).to.deep.equal([])
    expect(Buffer.from(first!.key!).toString()).to.equal('a')
    expect(JSON.parse(Buffer.from(first!.value!).toString())).to.deep.equal({ shop: 'a', cents: 5 })
    expect(first!.headers).to.deep.equal({ [ORIGIN_HEADER]: '1 0', trace: 'x' })
    expect([first!.timestampMs, second!.timestampMs]).to.deep.equal([5, 6])
    expect(second!.headers).to.deep.equal({ [ORIGIN_HEADER]: '1 0' })
    expect(told).to.deep.equal({
      key: null,
      value: null,
      timestampMs: 7_000,
      partition: 0,
      headers: { [ORIGIN_HEADER]: '1 0 6 6 7000' },
    })
  })

  it('is read beside frames, whatever was written first', () => {
    for (const [one, other] of [
      ['frames', 'records'],
      ['records', 'frames'],
    ] as const) {
      const reader = new TestTask(topology, { subtopology: 1 })
      reader.pipeFrames([...written([sale('a', 1)], one), ...written([sale('a', 2)], other)])
      expect(countsOf(reader), one).to.deep.equal([
        ['a', 1],
        ['a', 2],
      ])
      expect(reader.streamTimeMs).to.equal(2)
    }
  })

  it('may be committed between any two rows, and mixes those of several writers', () => {
    const [one, two] = [
      written([sale('a', 1), sale('b', 2)]),
      written([sale('c', 3)], 'records', 1),
    ]
    const mixed = [one[0]!, two[0]!, one[1]!, two[1]!, one[2]!]
    const reader = new TestTask(topology, { subtopology: 1, writers: 2 })
    const headersOf = ({ headers }: OutputRow) =>
      Object.entries(headers).map(([key, value]) => ({ key, value: Buffer.from(value) }))
    const { frames } = reader
    frames.begin(
      batchOf(
        mixed.map((row) => ({ ...row, headers: headersOf(row) })),
        40,
      ),
    )
    const offsets: unknown[] = []
    for (let i = 0; i < 3; i++) {
      expect(frames.run(Infinity, 1)).to.equal(1)
      expect(frames.isWithinFrame).to.equal(false)
      offsets.push(frames.nextOffset)
    }
    expect(offsets).to.deep.equal([41, 42, 43])
    expect(frames.run(Infinity)).to.equal(0)
    expect(frames.isEmpty).to.equal(true)
    expect(countsOf(reader).map(([key]) => key)).to.deep.equal(['a', 'c', 'b'])
    expect(reader.streamTimeMs).to.equal(2)
  })

  it('tells in between where a flush is large: brokers go by that time when they delete', () => {
    const large = Array.from({ length: 20 }, (_, i) => sale('x'.repeat(50_000), i))
    const told = written(large).filter(({ value }) => value === null)
    expect(told).to.have.length.within(3, 5)
    for (const { timestampMs } of told) expect(timestampMs).to.equal(7_000)
  })

  it('is young to brokers, which delete by age, however old the records are that it is made of', () => {
    const nowMs = 1_700_000_000_000
    for (const repartitionFormat of ['frames', 'records'] as const) {
      const task = new TestTask(topology, { repartitionFormat })
      task.nowMs = nowMs
      task.oldestMs = 1_500_000_000_000
      task.pipe(sale('a', 1_500_000_000_000))
      task.flush()
      expect(task.read(REPARTITION).at(-1)!.timestampMs).to.be.within(nowMs - 3_600_000, nowMs)
    }
  })

  it('is refused where something else has written to it, or a version that is unknown', () => {
    const reader = new TestTask(topology, { subtopology: 1 })
    const row = { key: Buffer.from('a'), value: null, timestampMs: 0, partition: 0 }
    const bad: [headers: OutputRow['headers'], message: string][] = [
      [{ trace: '1' }, 'offset 0: neither a frame nor a record with the header'],
      [{ [ORIGIN_HEADER]: '2 0' }, 'offset 1: its header __millrace.origin is of a version'],
      [{ [ORIGIN_HEADER]: '1 x' }, 'offset 2: its header __millrace.origin is of a version'],
      [{ [ORIGIN_HEADER]: '1 3' }, 'offset 3: written by task 3 of 1'],
    ]
    for (const [headers, message] of bad) {
      expect(() => reader.pipeFrames([{ ...row, headers }])).to.throw(
        ProcessingError,
        `topic ${REPARTITION}, partition 0, ${message}`,
      )
    }
  })
})
