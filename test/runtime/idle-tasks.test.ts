// Which tasks go on without records, and what they tell and save. The test moves the wall clock.
import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEnvironment, type OpenedEnvironment } from '../../broker/lmdb.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { defineTopology, type TopologyBuilder } from '../../index.ts'
import { strings, texts } from '../support/texts.ts'
import { TaskSimulation } from '../support/task-simulation.ts'

const PARTITIONS = 2
const IDLE_MS = 5_000

const copied = ({ source }: TopologyBuilder): void => {
  source('in', texts('in')).repartition('again', strings).to('out', texts('out'))
}
const merged = ({ source }: TopologyBuilder): void => {
  const other = source('other', texts('other'))
  source('in', texts('in')).merge('both', other).to('out', texts('out'))
}

/** A task that reads a source and frames; of the source of the frames nothing comes through. */
const beside = ({ source }: TopologyBuilder): void => {
  const other = source('other', texts('other'))
    .filter('none', () => false)
    .repartition('again', strings)
  source('in', texts('in')).merge('both', other).to('out', texts('out'))
}

describe('a task without input', () => {
  let directory = ''
  let environment: OpenedEnvironment
  const open: TaskSimulation[] = []
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-idle-'))
    environment = openEnvironment(directory)
  })
  afterEach(() => {
    open.splice(0).forEach((simulation) => simulation.close())
    environment.close()
    rmSync(directory, { recursive: true, force: true })
  })

  const start = (build = copied, options: object = {}) => {
    const away = new Set<number | string>()
    const simulation = new TaskSimulation({
      topology: defineTopology('job', build),
      applicationId: 'idle',
      partitions: new Map(['in', 'other', 'out'].map((topic) => [topic, PARTITIONS])),
      driftMs: -1,
      isAtHand: ({ topic, partition }) => !away.has(topic) && !away.has(partition),
      streamTimeIdleAdvanceMs: IDLE_MS,
      environment,
      ...options,
    })
    open.push(simulation)
    const step = (): void => simulation.tasks.forEach((task) => simulation.step(task))
    return {
      away,
      simulation,
      put: (partition: number, timeMs: number, topic = 'in') => {
        const rows = new RecordBatchBuilder()
        rows.append(Buffer.from('k'), Buffer.from('v'), timeMs)
        simulation.append({ topic, partition }, rows)
      },
      /** So many seconds, with a look at all inputs in each. */
      seconds: (count: number): void => {
        for (let i = 0; i < count; i++) {
          step()
          step()
          simulation.nowMs += 1_000
        }
      },
      timeOf: (taskId: string) =>
        simulation.tasks.find((task) => task.taskId === taskId)!.streamTimeMs,
    }
  }

  it('goes on with the wall clock, and tells those behind the repartition topic', () => {
    const job = start()
    job.put(0, 100)
    job.seconds(5)
    expect(job.timeOf('0_0')).to.equal(100)
    job.seconds(10)
    expect(job.timeOf('0_0')).to.be.within(10_000, 16_000)
    expect(job.timeOf('0_1'), 'no record ever came there').to.equal(-1)
    // The slowest writer decides there, so that both of them must have told.
    expect(job.timeOf('1_0')).to.be.within(9_000, 16_000)
    expect(job.timeOf('1_1')).to.equal(job.timeOf('1_0'))
  })

  it('does not while there is something that it has not fetched yet', () => {
    const job = start()
    job.put(0, 100)
    job.put(1, 100)
    job.seconds(1)
    job.away.add(0)
    job.put(0, 200)
    job.seconds(60)
    expect(job.timeOf('0_0')).to.equal(100)
    expect(job.timeOf('0_1')).to.be.greaterThan(50_000)
    // Nor do those behind it: there may be earlier rows.
    expect(job.timeOf('1_0')).to.equal(100)
  })

  it('nor while it waits for a slower partition, though that is not idle for it', () => {
    const job = start(copied, { driftMs: 10 })
    job.put(1, 50)
    job.seconds(1)
    job.put(0, 100)
    job.put(1, 1_000_000)
    job.away.add(0)
    job.seconds(60)
    expect(job.timeOf('0_1')).to.equal(50)
    job.away.clear()
    job.seconds(2)
    expect(job.timeOf('0_1')).to.equal(1_000_000)
  })

  it('nor while it waits for one of its inputs with a row of another at hand', () => {
    const job = start(merged, { maxTaskIdleMs: 20_000 })
    job.put(0, 100)
    job.put(0, 50, 'other')
    job.seconds(2)
    expect(job.timeOf('0_0')).to.equal(50)
    job.seconds(16)
    expect(job.timeOf('0_0')).to.equal(50)
    job.seconds(5)
    expect(job.timeOf('0_0')).to.equal(100)
  })

  it('goes on while frames only tell it the time', () => {
    const job = start(beside)
    job.put(0, 100)
    job.seconds(1)
    for (let timeMs = 0; timeMs < 20_000; timeMs += 1_000) {
      job.put(0, timeMs, 'other')
      job.put(1, timeMs, 'other')
      // One look at a time, so that frames come in between.
      job.seconds(1)
    }
    const merging = job.simulation.tasks.find(({ starts }) => starts.length === 2)!
    expect(merging.streamTimeMs).to.be.within(19_000, 23_000)
  })

  it('does not hold up others in event time, nor move what they wait for', () => {
    const job = start(copied, { driftMs: 10 })
    job.put(0, 100)
    job.seconds(20)
    job.put(1, 1_000_000)
    job.seconds(1)
    expect(job.timeOf('0_1')).to.equal(1_000_000)
  })

  it('saves how far it went, each time it did, and goes on from there', () => {
    const job = start()
    job.put(0, 100)
    job.seconds(3)
    const { simulation } = job
    const task = simulation.tasks[0]!
    const save = (): boolean => {
      const update = task.checkpoint()
      if (update !== undefined) task.save(update)
      return update !== undefined
    }
    save()
    expect(save()).to.equal(false)
    job.seconds(10)
    expect(save()).to.equal(true)
    const reachedMs = task.streamTimeMs
    expect(reachedMs).to.be.greaterThan(5_000)
    simulation.close()
    open.splice(0)
    const next = start()
    expect(next.timeOf('0_0')).to.equal(reachedMs)
    next.seconds(4)
    expect(next.timeOf('0_0')).to.equal(reachedMs)
  })
})
