// Which thread gets which task: equal shares of each sub-topology, and tasks stay where they are.
import { expect } from 'chai'
import fc from 'fast-check'
import { Assignment } from '../../runtime/assignment.ts'
import type { TaskSpec } from '../../runtime/plan.ts'

const task = (subtopology: number, partition: number): TaskSpec => ({
  taskId: `${subtopology}_${partition}`,
  subtopology,
  partition,
  inputs: [{ topic: `topic-${subtopology}`, alignmentSlot: -1 }],
  stores: ['counts'],
})
const tasksOf = (subtopologies: number, partitions: number): TaskSpec[] =>
  Array.from({ length: subtopologies }, (_, subtopology) =>
    Array.from({ length: partitions }, (_, partition) => task(subtopology, partition)),
  ).flat()
const ids = (tasks: readonly TaskSpec[] | undefined): string[] =>
  (tasks ?? []).map(({ taskId }) => taskId).sort()

describe('the assignment of tasks to threads', () => {
  it('gives each thread its share of each sub-topology', () => {
    const shape = fc.tuple(fc.integer({ min: 1, max: 8 }), fc.nat(4), fc.nat(12))
    fc.assert(
      fc.property(shape, ([threads, subtopologies, partitions]) => {
        const assignment = new Assignment(threads)
        const tasks = tasksOf(subtopologies, partitions)
        const added = assignment.add(tasks)
        expect(assignment.size).to.equal(tasks.length)
        expect([...added.values()].flat()).to.have.length(tasks.length)
        const loads: number[] = []
        for (let thread = 0; thread < threads; thread++) {
          const own = assignment.tasksOf(thread)
          expect(ids(own)).to.deep.equal(ids(added.get(thread)))
          loads.push(own.length)
          for (let part = 0; part < subtopologies; part++) {
            const same = own.filter(({ subtopology }) => subtopology === part).length
            expect(same).to.be.within(
              Math.floor(partitions / threads),
              Math.ceil(partitions / threads),
            )
          }
        }
        expect(Math.max(...loads) - Math.min(...loads)).to.be.at.most(1)
      }),
    )
  })

  it('leaves tasks where they are, and says so again when they are added again', () => {
    const assignment = new Assignment(3)
    const first = assignment.add(tasksOf(2, 3))
    const again = assignment.add(tasksOf(2, 3))
    expect(again).to.deep.equal(first)
    expect(assignment.size).to.equal(6)
  })

  it('gives new tasks to threads that lost some', () => {
    const assignment = new Assignment(2)
    assignment.add(tasksOf(1, 4))
    const [lost] = [assignment.tasksOf(0)]
    const kept = ids(assignment.tasksOf(1))
    expect(assignment.remove(lost)).to.deep.equal(new Map([[0, lost.map((t) => t.taskId)]]))
    const added = assignment.add([task(0, 7), task(0, 8)])
    expect(ids(added.get(0))).to.deep.equal(['0_7', '0_8'])
    expect(ids(assignment.tasksOf(1))).to.deep.equal(kept)
  })

  it('takes away only what it has', () => {
    const assignment = new Assignment(2)
    assignment.add([task(0, 0)])
    expect(assignment.remove([task(5, 5)])).to.deep.equal(new Map())
    expect(assignment.remove([task(0, 0), task(0, 0)])).to.deep.equal(new Map([[0, ['0_0']]]))
    expect(assignment.size).to.equal(0)
  })
})
