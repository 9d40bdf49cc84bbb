// What `millrace reset` says: what it will do, one line a thing, and then one line a step that was done.
import type { OffsetChange, ResetPlan, ResetStep } from '../runtime/reset.ts'
import { grouped } from './progress.ts'

/** Everything that the reset does, and what it leaves alone although somebody may wonder. */
export function planText(plan: ResetPlan, address: string, areMembersKnown: boolean): string {
  const { applicationId, topics, strangers, offsets, missing, state } = plan
  const lines = [
    `reset of ${applicationId} on ${address}`,
    ...topics.map(({ name, partitions }) => `topics   delete ${name}, partitions: ${partitions}`),
    ...(topics.length === 0 ? ['topics   no internal topics are there'] : []),
    ...strangers.map((name) => `topics   keep ${name}: it is none of this job`),
    ...offsets.map(offsetLine),
    ...missing.map((name) => `offsets  ${name} is not there: nothing to set`),
    stateLine(state),
  ]
  if (!areMembersKnown) {
    lines.push(
      'members  unknown: that takes the native addon; --execute is refused by Kafka while there are any',
    )
  }
  return `${lines.join('\n')}\n`
}

function offsetLine({ topic, partition, from, offset }: OffsetChange): string {
  return `offsets  set ${topic}/${partition} to ${offset}, committed: ${from ?? 'none'}`
}

function stateLine(state: ResetPlan['state']): string {
  if (state === undefined) return 'state    nothing is there'
  const { where, tasks, bytes } = state
  const size = bytes === undefined ? '' : `, bytes: ${grouped(bytes)}`
  return `state    delete what ${tasks.length} tasks have in ${where}${size}`
}

/** A step that was done. */
export function doneText(step: ResetStep, { topics, offsets, state }: ResetPlan): string {
  const what = {
    topics: `${topics.length} deleted`,
    offsets: `${offsets.length} set`,
    state: state === undefined ? 'nothing to delete' : 'deleted',
  }
  return `done: ${step.padEnd(8)} ${what[step]}\n`
}
