// Where a task that starts goes on reading: by its own checkpoint or by the group. The task calls it once.
import type { TopicPartitionOffset } from '../broker/ports.ts'
import type { TaskProcessors } from '../processors/build.ts'
import type { TaskToOpen } from './messages.ts'
import { TaskInput } from './task-input.ts'
import type { TaskSurroundings } from './task-surroundings.ts'

/**
 * Stores belong to the positions they were saved with; with changelogs the group may be ahead of those,
 * by input that changed none of them, and where it has forgotten them they still hold. Where there are no
 * changelogs and nothing is left of the stores, they are made anew from all that the topics have: too late,
 * but never too small. A task without stores goes by the group: its partition may have been another's since.
 * @param restored the positions that the stores were saved with, if they were.
 * @param streamTimeMs what the task has reached, epoch ms; -1 for nothing.
 */
export function openInputs(
  { spec: { inputs, partition, stores }, inputs: bounds }: TaskToOpen,
  restored: readonly TopicPartitionOffset[] | undefined,
  streamTimeMs: number,
  {
    alignment,
    plan,
    heads,
  }: Pick<TaskSurroundings, 'alignment' | 'plan'> & Pick<TaskProcessors, 'heads'>,
): TaskInput[] {
  const isStateful = stores.length > 0
  return inputs.map((spec, i) => {
    const { offset, inputStart } = bounds[i]!
    const saved = restored?.find(({ topic }) => topic === spec.topic)?.offset
    const unlogged = restored === undefined ? inputStart : (saved ?? offset)
    const known = plan.isLogged ? Math.max(saved ?? 0, offset) : unlogged
    const at = isStateful ? known : offset
    if (spec.alignmentSlot >= 0) {
      alignment.behind(spec.alignmentSlot, -Infinity)
      alignment.reached(spec.alignmentSlot, streamTimeMs)
    }
    return new TaskInput(spec, partition, heads.get(spec.topic)!, at)
  })
}
