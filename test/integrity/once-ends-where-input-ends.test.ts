// A run to the end of its input ends, also where a broker keeps records of its own behind the last row:
// they have offsets and never come.
import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import topology from '../../jobs/police-calls/topology.ts'
import { openEnvironment, type OpenedEnvironment } from '../../broker/lmdb.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { RESULT_TOPICS } from '../support/final-tables.ts'
import { CALLS, generatedCalls, inputOf, sumOf } from '../support/police-job.ts'
import { TaskSimulation } from '../support/task-simulation.ts'

const ROWS = 10

describe('a run to the end of its input', () => {
  const opened: { directory: string; environment: OpenedEnvironment }[] = []
  after(() => {
    for (const { directory, environment } of opened) {
      environment.close()
      rmSync(directory, { recursive: true, force: true })
    }
  })

  const run = (stopAt: number) => {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-once-'))
    const environment = openEnvironment(directory)
    opened.push({ directory, environment })
    const topics = [CALLS, ...Object.values(RESULT_TOPICS), 'police.calls.dead-letter']
    const simulation = new TaskSimulation({
      topology,
      applicationId: 'once',
      partitions: new Map(topics.map((topic) => [topic, 1])),
      driftMs: -1,
      isAtHand: () => true,
      environment,
      stopAt,
    })
    const rows = new RecordBatchBuilder()
    for (const { key, value, timestampMs } of generatedCalls(ROWS).map(inputOf)) {
      rows.append(Buffer.from(String(key)), Buffer.from(String(value)), timestampMs)
    }
    simulation.append({ topic: CALLS, partition: 0 }, rows)
    const source = simulation.tasks.find(({ starts }) => starts[0]!.topic === CALLS)!
    const before = source.isDone
    for (let i = 0; i < 3; i++) simulation.tasks.forEach((task) => simulation.step(task))
    const processed = sumOf(simulation.metrics, 'kafka_stream_task_process_total', {
      task_id: source.taskId,
    })
    const after = { isDone: source.isDone, position: source.starts[0]!.offset }
    simulation.close()
    return { before, processed, ...after }
  }

  it('takes all rows before its stop and none after', () => {
    expect(run(ROWS)).to.include({ before: false, isDone: true, processed: ROWS, position: ROWS })
    expect(run(7)).to.include({ before: false, isDone: true, processed: 7, position: 7 })
  })

  it('does not wait for control records behind the last row', () => {
    expect(run(ROWS + 2)).to.include({ before: false, isDone: true, processed: ROWS })
  })

  it('has nothing to do where it stops at the beginning', () => {
    expect(run(0)).to.include({ before: true, isDone: true, processed: 0, position: 0 })
  })

  it('goes on and on without a stop', () => {
    expect(run(Infinity)).to.include({ isDone: false, processed: ROWS })
  })
})
