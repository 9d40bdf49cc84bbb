// Where a task goes on: with its counts it stays with the position they were saved at, without any it goes
// by the group, for the partition may have been another instance's in the meantime.
import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import topology from '../../jobs/police-calls/topology.ts'
import { openEnvironment, type OpenedEnvironment } from '../../broker/lmdb.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { RESULT_TOPICS } from '../support/final-tables.ts'
import { CALLS, generatedCalls, inputOf } from '../support/police-job.ts'
import { TaskSimulation } from '../support/task-simulation.ts'

const ROWS = 10
/** Where the group stands: other instances went on after this one's last checkpoint. */
const GROUP_OFFSET = 25

describe('a task that has a checkpoint of its own', () => {
  let directory = ''
  let environment: OpenedEnvironment

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-start-'))
    environment = openEnvironment(directory)
  })
  after(() => {
    environment.close()
    rmSync(directory, { recursive: true, force: true })
  })

  const simulationAt = (groupOffset: number): TaskSimulation => {
    const topics = [CALLS, ...Object.values(RESULT_TOPICS), 'police.calls.dead-letter']
    return new TaskSimulation({
      topology,
      applicationId: 'start',
      partitions: new Map(topics.map((topic) => [topic, 1])),
      driftMs: -1,
      isAtHand: () => true,
      environment,
      groupOffset,
    })
  }

  it('starts where its counts were saved, or where it has none by the group', () => {
    const first = simulationAt(0)
    const rows = new RecordBatchBuilder()
    for (const { key, value, timestampMs } of generatedCalls(ROWS).map(inputOf)) {
      rows.append(Buffer.from(String(key)), Buffer.from(String(value)), timestampMs)
    }
    first.append({ topic: CALLS, partition: 0 }, rows)
    for (let i = 0; i < 3; i++) first.tasks.forEach((task) => first.step(task))
    const saved = new Map<string, number>()
    for (const task of first.tasks) {
      task.save(task.checkpoint()!)
      saved.set(task.taskId, task.starts[0]!.offset)
    }
    first.close()
    expect([...saved.values()].every((offset) => offset > 0)).to.equal(true)
    const next = simulationAt(GROUP_OFFSET)
    const starts = next.tasks.map(({ spec, starts: [at] }) => [spec.stores.length > 0, at!.offset])
    next.close()
    expect(starts).to.deep.equal(
      first.tasks.map(({ spec, taskId }) => [
        spec.stores.length > 0,
        spec.stores.length > 0 ? saved.get(taskId) : GROUP_OFFSET,
      ]),
    )
    expect(starts.map(([isStateful]) => isStateful)).to.include.members([true, false])
  })
})
