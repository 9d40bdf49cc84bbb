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

  it('goes over to other numbers of threads with equal shares, and moves no more than it must', () => {
    const numbers = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 5 })
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 9 }), ([first = 1, ...more], partitions) => {
        const assignment = new Assignment(first)
        const tasks = tasksOf(2, partitions)
        assignment.add(tasks)
        for (const threads of more) {
          const { tasks: leaving, from } = assignment.resize(threads)
          expect([...from.values()].flat().sort()).to.deep.equal(ids(leaving))
          assignment.add(leaving)
          expect(assignment.size).to.equal(tasks.length)
          const shares = Array.from({ length: threads }, (_, thread) => assignment.tasksOf(thread))
          expect(ids(shares.flat())).to.deep.equal(ids(tasks))
          for (const part of [0, 1]) {
            const same = shares.map((own) => own.filter((t) => t.subtopology === part).length)
            expect(Math.max(...same) - Math.min(...same)).to.be.at.most(1)
          }
          const { tasks: again } = assignment.resize(threads)
          expect(again).to.deep.equal([])
        }
      }),
    )
  })

  it('moves a share of each sub-topology to a thread that is new, and nothing else', () => {
    const assignment = new Assignment(1)
    assignment.add(tasksOf(2, 4))
    const { tasks, from } = assignment.resize(2)
    expect(tasks.map(({ subtopology }) => subtopology).sort()).to.deep.equal([0, 0, 1, 1])
    expect([...from.keys()]).to.deep.equal([0])
    expect([...assignment.add(tasks).keys()]).to.deep.equal([1])
  })
})
