// What becomes of the tasks of several threads when the group takes partitions away: no thread waits for another.
import { expect } from 'chai'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TopicPartition } from '../../broker/ports.ts'
import { Assignment } from '../../runtime/assignment.ts'
import type { Plan, TaskSpec } from '../../runtime/plan.ts'
import { silentLog } from '../../runtime/run-log.ts'
import { TaskMoves, type MovesParts } from '../../runtime/task-moves.ts'

const THREADS = 2
const partitions: TopicPartition[] = [0, 1, 2].map((partition) => ({ topic: 'in', partition }))
const tasks: TaskSpec[] = partitions.map(({ topic, partition }) => ({
  taskId: `0_${partition}`,
  subtopology: 0,
  partition,
  inputs: [{ topic, alignmentSlot: -1 }],
  stores: ['counts'],
}))

/** Threads that answer when the test lets them, and what was asked of them and of the committer, in order. */
function moving() {
  const steps: string[] = []
  const answers: (() => void)[] = []
  const assignment = new Assignment(THREADS)
  assignment.add(tasks)
  const request = (thread: number, { kind, taskIds }: { kind: string; taskIds: string[] }) => {
    steps.push(`thread ${thread}: ${kind} ${taskIds.join(' ')}`)
    return new Promise<void>((answer) => answers.push(answer))
  }
  const parts = {
    assignment,
    plan: { tasks } as unknown as Plan,
    threads: { request },
    committer: { inTurn: (work: () => unknown) => work() },
    status: { assigned: () => undefined, rebalanced: () => undefined },
    group: { abort: () => Promise.resolve() },
    log: silentLog,
    commit: () => Promise.resolve(steps.push('commit')),
    rewind: () => Promise.resolve(steps.push('rewind')),
  } as unknown as MovesParts
  const moves = new TaskMoves(parts)
  /** What was asked since, while nobody has answered; then all answer. */
  const asked = async (): Promise<string[]> => {
    await nextTurn()
    for (const answer of answers.splice(0)) answer()
    return steps.splice(0)
  }
  return { moves, asked, assignment }
}

describe('tasks of several threads whose partitions go', () => {
  const gone = partitions.slice(0, 2)

  it('are sealed by all threads at once, committed together, and closed by all at once; others stay', async () => {
    const { moves, asked, assignment } = moving()
    const revoked = moves.revoked(gone)
    expect(await asked()).to.deep.equal(['thread 0: seal 0_0', 'thread 1: seal 0_1'])
    expect(await asked()).to.deep.equal(['commit', 'thread 0: close 0_0', 'thread 1: close 0_1'])
    await revoked
    expect([0, 1].map((thread) => assignment.tasksOf(thread))).to.deep.equal([[tasks[2]], []])
  })

  it('are undone and closed, and never committed, where another has them already', async () => {
    const { moves, asked } = moving()
    const lost = moves.lost(gone)
    expect(await asked()).to.deep.equal(['rewind', 'thread 0: close 0_0', 'thread 1: close 0_1'])
    await lost
  })
})
