// Partitions that are read at very different speeds stay together in event time. The tasks run in one
// thread, so that each step can be looked at.
import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import topology from '../../jobs/police-calls/topology.ts'
import { openEnvironment, type OpenedEnvironment } from '../../broker/lmdb.ts'
import { valueOf } from '../../broker/record-batch.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { createRandom } from '../../data/random.ts'
import type { PoliceCall } from '../../data/police-calls/police-call.ts'
import type { Task } from '../../runtime/task.ts'
import {
  batchCount,
  differences,
  epochMsOf,
  keyOfRow,
  type CountedRow,
  type FinalTable,
} from '../support/batch-count.ts'
import { RESULT_TOPICS } from '../support/final-tables.ts'
import { CALLS, droppedIn, generatedCalls } from '../support/police-job.ts'
import { seed } from '../support/killing.ts'
import { TaskSimulation } from '../support/task-simulation.ts'

const ROWS = 6_000
const PARTITIONS = 4
const SLOW = 2
const HOUR_MS = 3_600_000
const STEPS_MAX = 1_000_000

describe('no row is late on slow partitions', function () {
  this.timeout(30_000)
  const calls = generatedCalls(ROWS)
  const expected = batchCount(calls)
  let directory: string
  let environment: OpenedEnvironment
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-simulation-'))
    environment = openEnvironment(directory)
  })
  after(() => {
    environment.close()
    rmSync(directory, { recursive: true, force: true })
  })

  /** Times of a partition's rows by offset; runs the job and checks the invariant at each step. */
  const run = (
    placeOf: (index: number) => number,
    driftMs: number,
    isAtHand: (partition: number) => boolean,
  ) => {
    const simulation = new TaskSimulation({
      topology,
      applicationId: 'simulated',
      partitions: new Map([
        [CALLS, PARTITIONS],
        ...[...Object.values(RESULT_TOPICS), 'police.calls.dead-letter'].map(
          (topic) => [topic, PARTITIONS] as const,
        ),
      ]),
      driftMs,
      isAtHand: ({ topic, partition }) => topic !== CALLS || isAtHand(partition),
      environment,
    })
    const times = fill(simulation, calls, placeOf)
    const sources = simulation.tasks.filter(({ starts }) => starts[0]!.topic === CALLS)
    let ahead = -Infinity
    for (let steps = 0, idle = 0; idle < 3 * simulation.tasks.length; steps++) {
      const task = simulation.tasks[steps % simulation.tasks.length]!
      const others = sources.filter((each) => each !== task)
      const slowestMs = Math.min(...others.map((each) => nextTimeOf(each, times)))
      const rows = simulation.step(task)
      const isBacklog = simulation.tasks.some((each) => simulation.hasUnread(each))
      idle = rows > 0 || isBacklog ? 0 : idle + 1
      if (rows > 0 && task.starts[0]!.topic === CALLS) {
        ahead = Math.max(ahead, task.streamTimeMs - slowestMs)
      }
      expect(steps, 'steps: the tasks wait for each other').to.be.lessThan(STEPS_MAX)
    }
    expect(droppedIn(simulation.metrics)).to.equal(0)
    for (const name of ['byType', 'byOutcome', 'sliding'] as const) {
      const actual = tableOf(simulation, RESULT_TOPICS[name])
      expect(differences(actual, expected[name])).to.deep.equal([])
    }
    simulation.close()
    return { aheadMs: ahead, steps: simulation.nowMs }
  }

  const slowly = () => {
    let polls = 0
    return (partition: number): boolean => partition !== SLOW || polls++ % 10 === 0
  }
  const evenly = (index: number): number => index % PARTITIONS

  it('when one of them is read ten times less often', () => {
    const { aheadMs } = run(evenly, 24 * HOUR_MS, slowly())
    expect(aheadMs).to.be.within(HOUR_MS, 24 * HOUR_MS)
  })

  it('and one that is ahead waits as soon as it is further than the drift', () => {
    expect(run(evenly, HOUR_MS, slowly()).aheadMs).to.be.within(1, HOUR_MS)
  })

  it('also with a drift of nothing at all: rows then run in order of time', () => {
    expect(run(evenly, 0, slowly()).aheadMs).to.be.at.most(0)
  })

  it('without alignment, too: the windows wait for the slowest', () => {
    expect(run(evenly, -1, slowly()).aheadMs).to.be.greaterThan(24 * HOUR_MS)
  })

  it('while a partition without any rows holds nobody up', () => {
    const { steps } = run((index) => index % 3, HOUR_MS, slowly())
    expect(steps).to.be.lessThan(100_000)
  })

  it('and one that is done before the others, or begins after them, neither', () => {
    const placeOf = (index: number): number => (index < ROWS / 3 ? 0 : index < ROWS / 2 ? SLOW : 3)
    expect(run(placeOf, HOUR_MS, slowly()).steps).to.be.lessThan(100_000)
  })

  it(`whatever is at hand when (MILLRACE_SEED=${seed})`, () => {
    for (let round = 0; round < 5; round++) {
      const random = createRandom(seed, round)
      const shares = Array.from({ length: PARTITIONS }, () => 0.02 + random.next())
      const places = calls.map(() => random.below(PARTITIONS))
      const driftMs = [0, HOUR_MS, 24 * HOUR_MS, -1][random.below(4)]!
      run(
        (index) => places[index]!,
        driftMs,
        (partition) => random.next() < shares[partition]!,
      )
    }
  })
})

/** Writes the calls in lumps of fifty; gives the event times of each partition's rows. */
function fill(
  simulation: TaskSimulation,
  calls: readonly PoliceCall[],
  placeOf: (index: number) => number,
): number[][] {
  const times: number[][] = Array.from({ length: PARTITIONS }, () => [])
  const rows = times.map(() => new RecordBatchBuilder())
  const utf8 = new TextEncoder()
  const send = (partition: number): void => {
    if (rows[partition]!.count > 0) simulation.append({ topic: CALLS, partition }, rows[partition]!)
  }
  calls.forEach((call, i) => {
    const partition = placeOf(i)
    const timestampMs = epochMsOf(call.call_date_time)
    times[partition]!.push(timestampMs)
    rows[partition]!.append(
      utf8.encode(call.crime_id),
      utf8.encode(JSON.stringify(call)),
      timestampMs,
    )
    if (rows[partition]!.count === 50) send(partition)
  })
  rows.forEach((_, partition) => send(partition))
  return times
}

/** Event time of the next row of a source task, Infinity when it has none. */
function nextTimeOf({ starts }: Task, times: readonly number[][]): number {
  const { partition, offset } = starts[0]!
  return times[partition]![offset] ?? Infinity
}

/** The last value of each key that was written to a topic. */
function tableOf(simulation: TaskSimulation, topic: string): FinalTable {
  const table: FinalTable = new Map()
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for (const batch of simulation.batchesOf({ topic, partition })) {
      for (let row = 0; row < batch.count; row++) {
        const text = new TextDecoder().decode(valueOf(batch, row))
        const value = JSON.parse(text) as CountedRow
        table.set(keyOfRow(value), value)
      }
    }
  }
  return table
}
