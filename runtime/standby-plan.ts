// Which tasks an instance keeps copies of (Kafka Streams' standby tasks). Every instance computes it for itself,
// from what the group's coordinator tells all of them alike; no word goes between them.
import { murmur2 } from '../broker/partitioner.ts'
import { placeOf, type MemberPartitions } from '../broker/ports.ts'
import { inputsOf, type TaskSpec } from './plan.ts'

/**
 * The tasks with stores that `members` puts into the caller's care: of each task the `replicas` instances
 * keep copies that come first in an order which is the task's own, its owner left out. So one that comes
 * or goes moves few of them, and what an instance had is spread over all others.
 */
export function standbysOf(
  tasks: readonly TaskSpec[],
  members: readonly MemberPartitions[],
  replicas: number,
): TaskSpec[] {
  const owners = new Map<string, string>()
  for (const { name, partitions } of members) {
    for (const each of partitions) owners.set(placeOf(each), name)
  }
  return tasks.filter((task) => {
    if (task.stores.length === 0) return false
    const isOwner = new Set(inputsOf(task).map((input) => owners.get(placeOf(input))))
    return members
      .filter(({ name }) => !isOwner.has(name))
      .map(({ name, isSelf }) => ({ name, isSelf, rank: rankOf(task.taskId, name) }))
      .sort((one, other) => one.rank - other.rank || (one.name < other.name ? -1 : 1))
      .slice(0, replicas)
      .some(({ isSelf }) => isSelf)
  })
}

function rankOf(taskId: string, name: string): number {
  return murmur2(Buffer.from(`${taskId}@${name}`)) >>> 0
}
