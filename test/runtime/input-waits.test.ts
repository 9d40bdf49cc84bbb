// How long a task with several inputs waits for one that is empty. Steps are a millisecond apart, and the
// test says what is at hand.
import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEnvironment, type OpenedEnvironment } from '../../broker/lmdb.ts'
import { valueOf } from '../../broker/record-batch.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { defineTopology, type TopologyBuilder } from '../../index.ts'
import { strings, texts } from '../support/texts.ts'
import { TaskSimulation } from '../support/task-simulation.ts'

const TOPICS = ['left', 'right', 'out']

const merged = ({ source }: TopologyBuilder): void => {
  const right = source('right', texts('right'))
  source('left', texts('left')).merge('both', right).to('out', texts('out'))
}

/** The right side comes through a repartition topic, on which its task tells how far it is. */
const repartitioned = ({ source }: TopologyBuilder): void => {
  const right = source('right', texts('right'))
    .filter('some', (value) => value !== 'none')
    .repartition('again', { ...strings, partitions: 1 })
  source('left', texts('left')).merge('both', right).to('out', texts('out'))
}

describe('a task that has one of its inputs empty', () => {
  let directory = ''
  let environment: OpenedEnvironment
  const open: TaskSimulation[] = []
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-waits-'))
    environment = openEnvironment(directory)
  })
  afterEach(() => open.splice(0).forEach((simulation) => simulation.close()))
  after(() => {
    environment.close()
    rmSync(directory, { recursive: true, force: true })
  })

  const start = (maxTaskIdleMs: number, build = merged, options: object = {}) => {
    const away = new Set<string>()
    const simulation = new TaskSimulation({
      topology: defineTopology('job', build),
      applicationId: 'waits',
      partitions: new Map(TOPICS.map((topic) => [topic, 1])),
      driftMs: -1,
      isAtHand: ({ topic }) => !away.has(topic),
      maxTaskIdleMs,
      environment,
      ...options,
    })
    open.push(simulation)
    return {
      away,
      simulation,
      put: (topic: string, ...timesMs: number[]) => {
        const rows = new RecordBatchBuilder()
        for (const timeMs of timesMs)
          rows.append(Buffer.from('k'), Buffer.from(`${topic} ${timeMs}`), timeMs)
        simulation.append({ topic, partition: 0 }, rows)
      },
      /** Steps all tasks so often. */
      step: (times = 1): void => {
        for (let i = 0; i < times; i++) simulation.tasks.forEach((task) => simulation.step(task))
      },
      get out(): string[] {
        return simulation
          .batchesOf({ topic: 'out', partition: 0 })
          .flatMap((batch) =>
            Array.from({ length: batch.count }, (_, row) =>
              String(Buffer.from(valueOf(batch, row)!)),
            ),
          )
      },
    }
  }

  it('goes on with what is there, unless more is known to come', () => {
    const job = start(0)
    job.put('left', 1, 5)
    job.step()
    expect(job.out).to.deep.equal(['left 1', 'left 5'])
    job.away.add('right')
    job.put('right', 6)
    job.put('left', 8)
    job.step(1_000)
    expect(job.out).to.have.length(2)
    job.away.clear()
    job.step()
    expect(job.out.slice(2)).to.deep.equal(['right 6', 'left 8'])
  })

  it('waits so long for one that has nothing to fetch, and no longer', () => {
    const job = start(100)
    job.put('left', 5)
    job.step(100)
    expect(job.out).to.deep.equal([])
    job.step()
    expect(job.out).to.deep.equal(['left 5'])
    // It has waited for this input, and does so again when something has come there.
    job.put('left', 6)
    job.step()
    expect(job.out).to.deep.equal(['left 5', 'left 6'])
    job.put('right', 7)
    job.step()
    job.put('left', 8)
    job.step(50)
    expect(job.out.slice(2)).to.deep.equal(['right 7'])
    job.step(60)
    expect(job.out.slice(2)).to.deep.equal(['right 7', 'left 8'])
  })

  it('runs what comes within that time in the order of event time', () => {
    const job = start(100)
    job.put('left', 5, 9)
    job.step(90)
    job.put('right', 3, 7)
    job.step(200)
    expect(job.out).to.deep.equal(['right 3', 'left 5', 'right 7', 'left 9'])
  })

  it('waits for what it knows of without a limit, also where it waits for nothing else', () => {
    for (const maxTaskIdleMs of [0, 10]) {
      const job = start(maxTaskIdleMs)
      job.away.add('right')
      job.put('right', 6)
      job.put('left', 5)
      job.step(1_000)
      expect(job.out).to.deep.equal([])
    }
  })

  it('waits for nothing at all with -1', () => {
    const job = start(-1)
    job.away.add('right')
    job.put('right', 3)
    job.put('left', 5)
    job.step()
    expect(job.out).to.deep.equal(['left 5'])
  })

  it('does not wait for one that is read to where it is to stop', () => {
    const job = start(1_000, merged, { stopAt: 1 })
    job.put('right', 1)
    job.put('left', 5)
    job.step()
    expect(job.out).to.deep.equal(['right 1', 'left 5'])
    expect(job.simulation.tasks[0]!.isDone).to.equal(true)
  })

  it('holds up no other partition while it waits for what may never come', () => {
    const job = start(100, repartitioned, { driftMs: 0 })
    job.put('left', 5)
    job.put('right', 9)
    job.step(10)
    // The task that writes what is waited for runs ahead of 5, so that it comes.
    expect(job.out).to.deep.equal(['left 5'])
  })

  it('does not wait for a writer that has told of a later time, though not of rows', () => {
    const job = start(60_000, repartitioned)
    const rows = new RecordBatchBuilder()
    rows.append(Buffer.from('k'), Buffer.from('none'), 50)
    job.simulation.append({ topic: 'right', partition: 0 }, rows)
    job.put('left', 5)
    job.step(2_000)
    expect(job.out).to.deep.equal(['left 5'])
  })
})
