// A backlog in order of event time stays in order, however unevenly its partitions are read.
import { expect } from 'chai'
import { batchCount } from '../support/batch-count.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import {
  droppedIn,
  expectTables,
  generatedCalls,
  inputOf,
  runOnce,
  writeInput,
} from '../support/police-job.ts'

const ROWS = 12_000
const SLOW = 2
const HOUR_MS = 3_600_000

interface Case {
  readonly partitions: number
  readonly workers: number
  readonly driftMs?: number
}

const cases: readonly Case[] = [
  { partitions: 4, workers: 2 },
  { partitions: 4, workers: 2, driftMs: HOUR_MS },
  { partitions: 4, workers: 1, driftMs: -1 },
  { partitions: 4, workers: 4, driftMs: -1 },
  { partitions: 3, workers: 2, driftMs: 0 },
  { partitions: 8, workers: 3, driftMs: HOUR_MS },
]

describe('no row is late on an uneven backlog', function () {
  this.timeout(60_000)
  const logs = embeddedLogs()
  const calls = generatedCalls(ROWS)
  const expected = batchCount(calls)

  /** Ten rows of the slow partition for one of each other; the slow one gives twenty rows a poll. */
  const inputs = (partitions: number) => {
    const others = Array.from({ length: partitions }, (_, i) => i).filter((i) => i !== SLOW)
    return calls.map((call, i) => {
      const place = i % (10 + others.length)
      return { ...inputOf(call), partition: others[place] ?? SLOW }
    })
  }

  for (const { partitions, workers, driftMs } of cases) {
    const drift = driftMs === undefined ? 'by default' : `of ${driftMs} ms`
    it(`with ${partitions} partitions on ${workers} workers and a drift ${drift}`, async () => {
      const broker = await logs.open(`uneven-${partitions}-${workers}-${driftMs}`)
      await writeInput(broker, inputs(partitions), partitions, {
        rowsMax: (partition) => (partition === SLOW ? 20 : 1_000),
      })
      const { metrics } = await runOnce(broker, {
        'topic.partitions': partitions,
        'num.stream.threads': workers,
        ...(driftMs === undefined ? {} : { 'source.alignment.max.drift.ms': driftMs }),
      })
      expect(droppedIn(metrics)).to.equal(0)
      await expectTables(broker, expected)
    })
  }

  for (const driftMs of [24 * HOUR_MS, -1]) {
    it(`with stops on the way, and a drift of ${driftMs} ms`, async () => {
      const broker = await logs.open(`stops-${driftMs}`)
      const all = inputs(4)
      const part = ROWS / 4
      for (let from = 0; from < ROWS; from += part) {
        await writeInput(broker, all.slice(from, from + part), 4, {
          rowsMax: (partition) => (partition === SLOW ? 20 : 1_000),
        })
        const { metrics } = await runOnce(broker, {
          'num.stream.threads': 4,
          'source.alignment.max.drift.ms': driftMs,
        })
        expect(droppedIn(metrics), `after row ${from}`).to.equal(0)
      }
      await expectTables(broker, expected)
    })
  }

  it('with partitions that are empty, or end early', async () => {
    const broker = await logs.open('empty')
    // Partition 3 has nothing; 0 ends after a tenth, 1 begins after nine tenths.
    const placed = calls.map((call, i) => {
      const at = i < ROWS / 10 ? 0 : i > (ROWS * 9) / 10 ? 1 : SLOW
      return { ...inputOf(call), partition: at }
    })
    await writeInput(broker, placed, 4)
    const { metrics } = await runOnce(broker, {
      'num.stream.threads': 2,
      'source.alignment.max.drift.ms': HOUR_MS,
    })
    expect(droppedIn(metrics)).to.equal(0)
    await expectTables(broker, expected)
  })
})
