// Rows on their way through a repartition topic, before they are packed: what waits for each partition.
import { expect } from 'chai'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { FrameReader } from '../../processors/frame.ts'
import { FrameRows } from '../../processors/frame-rows.ts'
import { GroupKeys } from '../../processors/group-keys.ts'
import type { TaskContext } from '../../processors/processor.ts'
import type { WriterSpec } from '../../processors/repartition-writer.ts'
import { utf8 } from '../../topology/serdes/primitive.ts'

const PARTITIONS = 1_000
const WRITERS = 200
const BYTES_MAX = 50_000_000
const RECORD_BYTES_MAX = 1_000_000

function writer(
  groups: GroupKeys,
  rows: Map<number, RecordBatchBuilder>,
  partition = 3,
): FrameRows {
  const rowsOf = (to: number): RecordBatchBuilder => {
    if (!rows.has(to)) rows.set(to, new RecordBatchBuilder())
    return rows.get(to)!
  }
  const context = {
    partition,
    output: () => ({ partitions: PARTITIONS, recordBytesMax: RECORD_BYTES_MAX, rowsOf }),
  }
  const spec = { node: 'by-name', topic: 'repartition', value: utf8, carriesHeaders: false }
  return new FrameRows(spec as unknown as WriterSpec, groups, context as unknown as TaskContext)
}

describe('rows that wait for their frames', () => {
  const times = { streamTimeMs: 7, sentAtMs: 8, vouchedMs: 9 }

  it('take memory for the partitions that they go to, and not for all', () => {
    const groups = new GroupKeys(utf8)
    const before = process.memoryUsage().rss
    const writers = Array.from({ length: WRITERS }, () => writer(groups, new Map()))
    const bytes = process.memoryUsage().rss - before
    expect(writers).to.have.length(WRITERS)
    expect(bytes).to.be.lessThan(BYTES_MAX)
  })

  it('take memory for those that wait, and not for all partitions that rows have ever gone to', () => {
    const groups = new GroupKeys(utf8)
    const id = groups.idOf('a')
    const rows = new RecordBatchBuilder()
    const everywhere = { get: () => rows, has: () => true } as unknown as Map<number, typeof rows>
    const before = process.memoryUsage()
    const writers = Array.from({ length: WRITERS }, () => writer(groups, everywhere))
    for (const written of writers) {
      written.learn(id)
      for (let to = 0; to < PARTITIONS; to++) {
        written.add(to, id, 1, 'value')
        written.end(to, times)
      }
      rows.clear()
    }
    const after = process.memoryUsage()
    const bytes = after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed
    expect(bytes).to.be.lessThan(BYTES_MAX)
  })

  it('have their key in each frame, whichever was written before', () => {
    const groups = new GroupKeys(utf8)
    const rows = new Map<number, RecordBatchBuilder>()
    const written = writer(groups, rows)
    const ids = ['a', 'b'].map((key) => groups.idOf(key))
    for (const id of ids) written.learn(id)
    const order = [0, 1, 1, 0, 0, 1]
    for (const of of order) {
      written.add(5, ids[of]!, 1, 'value')
      written.end(5, times)
    }
    const { bytes, ends } = rows.get(5)!.columns
    const keys = order.map((_, at) => {
      const frame = new FrameReader().read(bytes, ends[at * 3]!, ends[at * 3 + 1]!)
      const { keysStart, keyEnds, keyOf } = frame
      expect([...keyOf]).to.deep.equal([0])
      return Buffer.from(frame.bytes.subarray(keysStart, keysStart + keyEnds[0]!)).toString()
    })
    expect(keys).to.deep.equal(order.map((of) => ['a', 'b'][of]))
  })

  it('are in the frame of their partition, however many; another one only tells the time', () => {
    const groups = new GroupKeys(utf8)
    const rows = new Map<number, RecordBatchBuilder>()
    const written = writer(groups, rows)
    const id = groups.idOf('a')
    written.learn(id)
    for (let row = 0; row < 100; row++) written.add(5, id, row, `value ${row}`)
    expect([4, 5].map((partition) => written.hasRows(partition))).to.deep.equal([false, true])
    for (const partition of [5, 4]) written.end(partition, times)
    const frames = [5, 4].map((partition) => {
      const { bytes, ends } = rows.get(partition)!.columns
      const frame = new FrameReader().read(bytes, ends[0]!, ends[1]!)
      return { ...frame, timestamps: [...frame.timestamps] }
    })
    expect(frames.map(({ rowCount, streamTimeMs }) => [rowCount, streamTimeMs])).to.deep.equal([
      [100, 7],
      [0, 7],
    ])
    expect(frames[0]!.timestamps).to.deep.equal(Array.from({ length: 100 }, (_, row) => row))
    expect(written.hasRows(5)).to.equal(false)
  })

  it('take what other tasks of the thread tell behind them, and need no record for it', () => {
    const rows = new RecordBatchBuilder()
    const groups = new GroupKeys(utf8)
    const [first, second] = [
      writer(groups, new Map([[5, rows]])),
      writer(groups, new Map([[5, rows]]), 4),
    ]
    const id = groups.idOf('a')
    first.learn(id)
    first.add(5, id, 1, 'value')
    first.end(5, times)
    for (const streamTimeMs of [10, 11]) second.end(5, { ...times, streamTimeMs })
    expect(rows.count).to.equal(1)
    const { bytes, ends } = rows.columns
    const frame = new FrameReader().read(bytes, ends[0]!, ends[1]!)
    expect([...frame.timestamps]).to.deep.equal([1])
    expect([...frame.told]).to.deep.equal([
      { writer: 4, streamTimeMs: 10, sentAtMs: 8, vouchedMs: 9 },
      { writer: 4, streamTimeMs: 11, sentAtMs: 8, vouchedMs: 9 },
    ])
    second.learn(id)
    second.add(5, id, 2, 'another value')
    second.end(5, times)
    expect(rows.count, 'rows have a record of their own').to.equal(2)
  })
})
