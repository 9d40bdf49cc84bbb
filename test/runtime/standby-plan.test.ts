// Who keeps copies of whose state: every instance comes to the same answer by itself.
import { expect } from 'chai'
import fc from 'fast-check'
import type { MemberPartitions } from '../../broker/ports.ts'
import type { TaskSpec } from '../../runtime/plan.ts'
import { standbysOf } from '../../runtime/standby-plan.ts'

const TOPIC = 'orders'
const tasks = Array.from({ length: 12 }, (_, partition): TaskSpec => {
  const inputs = [{ topic: TOPIC, alignmentSlot: -1 }]
  return { taskId: `1_${partition}`, subtopology: 1, partition, inputs, stores: ['counts'] }
})

/** The members by name with their partitions, as `self` is told of them. */
const groupOf = (owned: Readonly<Record<string, readonly number[]>>, self: string) =>
  Object.entries(owned).map(([name, partitions]): MemberPartitions => ({
    name,
    isSelf: name === self,
    partitions: partitions.map((partition) => ({ topic: TOPIC, partition })),
  }))

/** By task who keeps copies. */
function keepers(owned: Readonly<Record<string, readonly number[]>>, replicas: number) {
  const by = new Map(tasks.map(({ taskId }) => [taskId, [] as string[]]))
  for (const self of Object.keys(owned)) {
    for (const { taskId } of standbysOf(tasks, groupOf(owned, self), replicas)) {
      by.get(taskId)!.push(self)
    }
  }
  return by
}

const shared = (instances: number): Record<string, number[]> =>
  Object.fromEntries(
    Array.from({ length: instances }, (_, i) => [
      `instance-${i}`,
      tasks.map(({ partition }) => partition).filter((partition) => partition % instances === i),
    ]),
  )

describe('copies of state', () => {
  it('are as many as wanted, or as there are other instances, and none is with the owner', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.nat(4), (instances, replicas) => {
        const owned = shared(instances)
        for (const [taskId, names] of keepers(owned, replicas)) {
          expect(names).to.have.length(Math.min(replicas, instances - 1))
          for (const name of names) expect(owned[name]).not.to.include(Number(taskId.slice(2)))
        }
      }),
    )
  })

  it('are spread over all instances', () => {
    const names = new Set([...keepers(shared(4), 1).values()].flat())
    expect(names.size).to.equal(4)
  })

  it('stay where they are while others come and go', () => {
    const owned = shared(4)
    const before = keepers(owned, 1)
    const after = keepers({ ...owned, 'instance-new': [] }, 1)
    for (const [taskId, [name]] of after) {
      if (name !== 'instance-new') expect(before.get(taskId)).to.deep.equal([name])
    }
    expect([...after.values()].flat()).to.include('instance-new')
  })

  it('are kept of tasks that nobody runs just now', () => {
    const names = [...keepers({ one: [], other: [] }, 1).values()]
    expect(names.every(({ length }) => length === 1)).to.equal(true)
  })

  it('are of tasks with stores only', () => {
    const stateless = tasks.map((task) => ({ ...task, stores: [] }))
    expect(standbysOf(stateless, groupOf(shared(2), 'instance-0'), 1)).to.deep.equal([])
  })
})
