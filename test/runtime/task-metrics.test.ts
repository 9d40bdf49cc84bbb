// What a task tells of its stores, its punctuators and its input: each compared with what the test's own
// processors, and the rows that it put in, say.
import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEnvironment, type OpenedEnvironment } from '../../broker/lmdb.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { defineTopology, keyValueStore, milliseconds, utf8, type Topology } from '../../index.ts'
import { sumOf } from '../support/police-job.ts'
import { strings, texts } from '../support/texts.ts'
import { TaskSimulation } from '../support/task-simulation.ts'

const OPERATIONS = 'kafka_stream_state_operations_total'
const TOPICS = ['left', 'right', 'out']
const IDLE_MS = 1_000

/** What the topology's own processors have done. */
interface Done {
  puts: number
  gets: number
  scans: number
  calls: number
}

/** Two inputs in the order of event time; a processor with a store and a clock; a coalesced aggregate. */
function topologyOf(done: Done): Topology {
  const last = keyValueStore('last', strings)
  return defineTopology('job', ({ source }) => {
    const both = source('left', texts('left')).merge('both', source('right', texts('right')))
    both.process<string, string>('remember', {
      stores: [last],
      make: (context) => {
        context.schedule('wall-clock', milliseconds(2), () => {
          done.calls += 1
          done.scans += 1
          for (const { key } of context.store(last).all()) if (key === 'b') break
        })
        return (value, { key }) => {
          const store = context.store(last)
          done.gets += 1
          if (store.get(key) === value) return
          store.put(key, value)
          done.puts += 1
        }
      },
    })
    both
      .groupByKey('by-key')
      .aggregate('joined', {
        initialize: () => '',
        add: (all, value) => `${all}${value}`,
        value: utf8,
        emit: 'on-update-coalesced',
      })
      .to('out', texts('out'))
  })
}

describe('the metrics of a task', () => {
  let directory = ''
  let environment: OpenedEnvironment
  let simulation: TaskSimulation
  let done: Done

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-task-metrics-'))
    environment = openEnvironment(directory)
    done = { puts: 0, gets: 0, scans: 0, calls: 0 }
    simulation = new TaskSimulation({
      topology: topologyOf(done),
      applicationId: 'metrics',
      partitions: new Map(TOPICS.map((topic) => [topic, 1])),
      driftMs: -1,
      isAtHand: ({ topic }) => !away.has(topic),
      maxTaskIdleMs: IDLE_MS,
      environment,
    })
  })
  afterEach(() => {
    away.clear()
    simulation.close()
    environment.close()
    rmSync(directory, { recursive: true, force: true })
  })

  const away = new Set<string>()
  const metric = (name: string, labels = {}): number => sumOf(simulation.metrics, name, labels)
  const step = (times: number): void => {
    for (let i = 0; i < times; i++) simulation.tasks.forEach((task) => simulation.step(task))
  }
  const put = (topic: string, ...rows: [key: string, value: string, timeMs: number][]): void => {
    const builder = new RecordBatchBuilder()
    for (const [key, value, timeMs] of rows) {
      builder.append(Buffer.from(key), Buffer.from(value), timeMs)
    }
    simulation.append({ topic, partition: 0 }, builder)
  }

  it('count what processors do to their stores, and leave no iterator open', () => {
    put('left', ['a', 'x', 1], ['b', 'x', 2], ['a', 'x', 3], ['c', 'y', 4])
    put('right', ['a', 'z', 5])
    step(IDLE_MS + 10)
    expect(done).to.include({ puts: 4, gets: 5 }).and.property('scans').above(100)
    const of = (operation: string): number => metric(OPERATIONS, { store: 'last', operation })
    expect([of('put'), of('get'), of('all')]).to.deep.equal([done.puts, done.gets, done.scans])
    expect(of('delete')).to.equal(0)
    // An aggregate looks for what it had and puts what it has.
    expect(metric(OPERATIONS, { store: 'joined', operation: 'put' })).to.equal(5)
    expect(metric(OPERATIONS, { store: 'joined', operation: 'get' })).to.equal(5)
    expect(simulation.tasks[0]!.stores.openIteratorsOf('last')).to.equal(0)
  })

  it('count updates that were held back, and those that went out as one with another', () => {
    put('left', ['a', 'x', 1], ['b', 'x', 2], ['a', 'y', 3], ['a', 'z', 4])
    step(IDLE_MS + 10)
    const results = simulation
      .batchesOf({ topic: 'out', partition: 0 })
      .reduce((sum, { count }) => sum + count, 0)
    expect(results).to.be.within(2, 4)
    expect(metric('kafka_stream_record_cache_requests_total', { store: 'joined' })).to.equal(4)
    const saved = metric('kafka_stream_record_cache_hits_total', { store: 'joined' })
    expect(saved).to.equal(4 - results)
  })

  it('tell the bytes of rows that were read and wait, and nothing of them once they are run', () => {
    away.add('right')
    put('left', ['a', 'one', 1], ['bc', 'three', 2])
    put('right', ['d', 'two', 1])
    step(3)
    // The other input has rows that may be earlier: all of these wait.
    expect(metric('kafka_stream_task_buffered_records')).to.equal(2)
    expect(metric('kafka_stream_task_input_buffer_bytes')).to.equal(
      'aone'.length + 'bcthree'.length,
    )
    away.clear()
    step(IDLE_MS + 10)
    expect(metric('kafka_stream_task_process_total')).to.equal(3)
    expect(metric('kafka_stream_task_input_buffer_bytes')).to.equal(0)
  })

  it('tell apart the time of reading and of punctuators, one observation each', () => {
    put('left', ['a', 'x', 1])
    put('right', ['a', 'x', 2])
    step(20)
    const countOf = (operation: string): number => {
      const family = simulation.metrics.find(
        ({ name }) => name === 'kafka_stream_thread_latency_seconds',
      )
      const sample = family?.samples.find(({ labels }) => labels['operation'] === operation)
      return sample?.cumulativeCounts.at(-1) ?? 0
    }
    expect([countOf('poll'), countOf('punctuate')]).to.deep.equal([2, done.calls])
    expect(done.calls).to.be.above(5)
    for (const phase of ['poll', 'punctuate']) {
      expect(metric('kafka_stream_thread_phase_seconds_total', { phase }), phase).to.be.above(0)
    }
  })

  it('say how many bytes of a store are saved', () => {
    put('left', ['a', 'x', 1], ['b', 'y', 2])
    put('right', ['a', 'x', 3])
    step(IDLE_MS + 10)
    const task = simulation.tasks[0]!
    expect(task.stores.savedBytesOf('joined')).to.equal(0)
    const update = task.checkpoint()!
    task.save(update)
    const saved = update.stores.find(({ name }) => name === 'joined')!
    expect(task.stores.savedBytesOf('joined')).to.equal(saved.bytes.length).and.be.above(0)
  })
})
