import { mkdirSync, readdirSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { unpack } from '../../broker/packed-batch.ts'
import { keyOf, valueOf } from '../../broker/record-batch.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import type { RecordBatch } from '../../broker/record-batch.ts'
import { ReplayError } from '../../data/replay-error.ts'
import { sortByTime } from '../../data/time-sort.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const utf8 = new TextEncoder()

/** Batches of `size` rows with these times; keys number them in the order of coming. */
async function* batchesOf(times: readonly number[], size: number): AsyncGenerator<RecordBatch> {
  const builder = new RecordBatchBuilder()
  for (const [index, timestampMs] of times.entries()) {
    builder.append(utf8.encode(`k${index}`), utf8.encode(`v${index}`), timestampMs)
    if (builder.count === size) yield await Promise.resolve(unpack(builder.pack()))
  }
  if (builder.count > 0) yield unpack(builder.pack())
}

async function collect(sorted: AsyncIterable<RecordBatch>): Promise<[string, number][]> {
  const rows: [string, number][] = []
  for await (const batch of sorted) {
    for (let row = 0; row < batch.count; row++) {
      const [key, value] = [keyOf(batch, row), valueOf(batch, row)].map((bytes) =>
        Buffer.from(bytes ?? []).toString(),
      )
      expect(value).to.equal(key?.replace('k', 'v'))
      rows.push([key ?? '', batch.timestamps[row] ?? NaN])
    }
  }
  return rows
}

function expected(times: readonly number[]): [string, number][] {
  const rows = times.map((timestampMs, index): [string, number] => [`k${index}`, timestampMs])
  return rows.sort(([, a], [, b]) => a - b)
}

describe('sorting by time', () => {
  const path = temporaryDirectory()

  it('keeps the order of coming among rows of one time, in memory as in runs', async () => {
    mkdirSync(path('property'))
    const times = fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 120 })
    const size = fc.integer({ min: 1, max: 9 })
    const memory = fc.constantFrom(1, 100, 1_000, 1_000_000)
    await fc.assert(
      fc.asyncProperty(times, size, memory, async (list, rows, memoryBytes) => {
        const options = { memoryBytes, directory: path('property') }
        const sorted = await collect(sortByTime(batchesOf(list, rows), options))
        expect(sorted).to.deep.equal(expected(list))
      }),
      { numRuns: 60 },
    )
    expect(readdirSync(path('property'))).to.deep.equal([])
  })

  it('merges runs before there are too many to read at once', async () => {
    mkdirSync(path('many'))
    const times = Array.from({ length: 2_000 }, (_, i) => (i * 7919) % 100)
    const options = { memoryBytes: 1, directory: path('many') }
    let filesMax = 0
    const rows: [string, number][] = []
    for await (const batch of sortByTime(batchesOf(times, 10), options)) {
      const [directory = ''] = readdirSync(path('many'))
      filesMax = Math.max(filesMax, readdirSync(path(`many/${directory}`)).length)
      rows.push(...(await collect(batchesIn(batch))))
    }
    expect(rows).to.deep.equal(expected(times))
    expect(filesMax).to.be.within(2, 64)
    expect(readdirSync(path('many'))).to.deep.equal([])
  })

  it('writes nothing when everything fits into memory', async () => {
    const options = { memoryBytes: 1_000_000, directory: path('does/not/exist') }
    const sorted = await collect(sortByTime(batchesOf([3, 1, 2], 2), options))
    expect(sorted.map(([, timestampMs]) => timestampMs)).to.deep.equal([1, 2, 3])
  })

  it('removes its runs when the reader stops early', async () => {
    mkdirSync(path('early'))
    const options = { memoryBytes: 1, directory: path('early') }
    for await (const batch of sortByTime(batchesOf([3, 1, 2], 1), options)) {
      expect(batch.count).to.be.greaterThan(0)
      break
    }
    expect(readdirSync(path('early'))).to.deep.equal([])
  })

  it('says what to do when there is no room for runs', async () => {
    const options = { memoryBytes: 1, directory: path('does/not/exist') }
    const error = await collect(sortByTime(batchesOf([2, 1], 1), options)).catch(
      (reason: unknown) => reason,
    )
    expect(error).to.be.instanceOf(ReplayError).with.property('code', 'MILLRACE_REPLAY_SORT')
    expect((error as ReplayError).message).to.include('replay.sort.memory.bytes')
  })
})

async function* batchesIn(batch: RecordBatch): AsyncGenerator<RecordBatch> {
  yield await Promise.resolve(batch)
}
