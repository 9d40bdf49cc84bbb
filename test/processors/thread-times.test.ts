// Event time on topics with many partitions: told for all tasks of a thread at once.
import { expect } from 'chai'
import type { FrameTimes } from '../../processors/frame.ts'
import { ThreadTimes } from '../../processors/thread-times.ts'
import { float64, utf8 } from '../../topology/serdes/primitive.ts'
import { topic } from '../../topology/topic.ts'
import { defineTopology } from '../../topology/topology.ts'
import { TestTask, type OutputRow } from './support.ts'

const PARTITIONS = 100
const WRITERS = 20
/** Longer than it takes until they are told again. */
const INTERVAL_MS = 1_000

interface Message extends FrameTimes {
  readonly partition: number
  readonly writers: readonly number[]
}

/** What is told at a wall clock. */
function toldAt(times: ThreadTimes, nowMs: number): Message[] {
  const told: Message[] = []
  times.tellIfDue(nowMs, (partition, writers, of) => told.push({ partition, writers, ...of }))
  return told
}

describe('the times that tasks of a thread tell together', () => {
  it('are the lowest, once for each partition, whoever went on', () => {
    const times = new ThreadTimes(PARTITIONS)
    expect(toldAt(times, 0)).to.deep.equal([])
    for (let writer = 0; writer < WRITERS; writer++) times.reached(writer, 50 + writer, 40 + writer)
    expect(times.isTold).to.equal(false)
    const told = toldAt(times, INTERVAL_MS)
    expect(times.isTold).to.equal(true)
    expect(told.map(({ partition }) => partition)).to.deep.equal([...Array(PARTITIONS).keys()])
    expect(told[7]).to.deep.equal({
      partition: 7,
      writers: [...Array(WRITERS).keys()],
      streamTimeMs: 50,
      vouchedMs: 40,
      sentAtMs: INTERVAL_MS,
    })
    times.reached(3, 90, 90)
    expect(times.isTold, 'it was not the slowest').to.equal(true)
    times.reached(0, 70, 70)
    expect(toldAt(times, INTERVAL_MS + 1), 'not with each row').to.deep.equal([])
    expect(toldAt(times, 2 * INTERVAL_MS)[0]).to.include({ streamTimeMs: 51, vouchedMs: 41 })
  })

  it('leave out tasks without a time, and those that have gone; who comes is told of', () => {
    const times = new ThreadTimes(PARTITIONS)
    toldAt(times, 0)
    times.reached(0, -1, -1)
    times.reached(1, 20, 20)
    times.reached(2, 30, 30)
    expect(toldAt(times, 1_000)[0]).to.deep.include({ writers: [1, 2], streamTimeMs: 20 })
    times.leave(1)
    expect(toldAt(times, 2_000)[0]).to.deep.include({ writers: [2], streamTimeMs: 30 })
    times.reached(5, 30, 30)
    expect(toldAt(times, 3_000)[0]).to.deep.include({ writers: [2, 5], streamTimeMs: 30 })
    times.reached(6, 10, 10)
    expect(toldAt(times, 4_000)[0]).to.deep.include({ writers: [2, 5, 6], streamTimeMs: 10 })
    expect(times.toldMs, 'no frame tells more than its own task has come to').to.equal(10)
  })

  it('are not held up by a clock that is set back', () => {
    const times = new ThreadTimes(PARTITIONS)
    toldAt(times, 1_000_000)
    times.reached(0, 5, 5)
    expect(toldAt(times, 0)).to.have.length(PARTITIONS)
  })
})

describe('tasks behind a repartition topic with many partitions', () => {
  const REPARTITION = 'app-by-value-repartition'
  const topology = defineTopology('job', ({ source }) => {
    source('in', topic('values', { key: utf8, value: utf8 }))
      .groupBy('by-value', (value) => value, utf8, utf8)
      .count('counts', { emit: 'on-update' })
      .toStream('updates')
      .to('out', topic('counts', { key: utf8, value: float64 }))
  })

  for (const repartitionFormat of ['frames', 'records'] as const) {
    it(`go by what all have told together, with ${repartitionFormat}`, () => {
      const together = new ThreadTimes(PARTITIONS)
      const partitions = { [REPARTITION]: PARTITIONS }
      const tasks = Array.from(
        { length: WRITERS },
        (_, partition) =>
          new TestTask(topology, {
            partition,
            partitions,
            repartitionFormat,
            limits: { together },
          }),
      )
      const reader = new TestTask(topology, { subtopology: 1, writers: WRITERS })
      const own = (rows: OutputRow[]) => rows.filter(({ partition }) => partition === 0)
      const flush = (nowMs: number): OutputRow[] =>
        tasks.flatMap((task) => {
          task.nowMs = nowMs
          task.flush()
          return task.read(REPARTITION)
        })
      flush(1)
      tasks.forEach((task, i) => task.pipe({ value: `${i}`, timestampMs: 500 + i }))
      const first = flush(2)
      expect(first.length, 'rows alone').to.be.at.most(WRITERS * 2)
      reader.pipeFrames(own(first))
      expect(reader.streamTimeMs).to.equal(-1)
      const told = flush(INTERVAL_MS)
      expect(told).to.have.length(PARTITIONS)
      reader.pipeFrames(own(told))
      expect(reader.frames.writers.streamTimeMs).to.equal(500)
      tasks[0]!.pipe({ value: '0', timestampMs: 800 })
      reader.pipeFrames(own([...flush(INTERVAL_MS + 1), ...flush(2 * INTERVAL_MS)]))
      expect(reader.frames.writers.streamTimeMs).to.equal(501)
    })
  }
})
