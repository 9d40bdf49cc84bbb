// Where a task that starts goes on reading: by its own checkpoint or by the group. The task calls it once.
import type { TaskPosition } from '../broker/ports.ts'
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
  restored: readonly TaskPosition[] | undefined,
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

/**
 * Takes up how far event time had come in a task's inputs, by the group, which alone knows it where another instance
 * ran the task and it has no state, and by what was saved here. @returns the task's stream time by that, epoch ms; -1
 * for none.
 */
export function restoreTimes(
  { spec, inputs: bounds }: TaskToOpen,
  restored: readonly TaskPosition[] = [],
  { heads }: Pick<TaskProcessors, 'heads'>,
): number {
  const times = spec.inputs.map(({ topic }, i) => {
    const saved = restored.find((at) => at.topic === topic)?.partitionTimeMs ?? -1
    const timeMs = Math.max(saved, bounds[i]!.partitionTimeMs ?? -1)
    const head = heads.get(topic)!
    if (!('writers' in head)) head.restoreTime(timeMs)
    return timeMs
  })
  return Math.max(-1, ...times)
}
