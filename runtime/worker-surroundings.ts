// What a stream thread gives its tasks: settings as they are at each step, and what the thread has one of.
import { SourceAlignment } from './alignment.ts'
import { CarefulRows } from './crashing-rows.ts'
import type { ThreadConfig, ThreadSpec } from './messages.ts'
import type { TaskSurroundings } from './task-surroundings.ts'
import { Vitals } from './vitals.ts'

type OfThread =
  | 'topology'
  | 'port'
  | 'outputs'
  | 'metrics'
  | 'phases'
  | 'unmatched'
  | 'globals'
  | 'readerOf'
  | 'memory'
  | 'logSizes'

/**
 * The surroundings of the tasks of one thread.
 * @param config looked into at each step: its fields may change.
 */
export function surroundingsOf(
  { plan, alignment, careful, vitals }: Omit<ThreadSpec, 'control'>,
  config: ThreadConfig,
  thread: Pick<TaskSurroundings, OfThread>,
): TaskSurroundings {
  return {
    ...thread,
    plan,
    formats: config.topicFormats,
    droppedStores: config.droppedStores,
    repartitionFormat: config.repartitionFormat,
    time: config,
    get rowsMax() {
      return config.maxPollRecords
    },
    get recordingLevel() {
      return config.metricsRecordingLevel
    },
    alignment: new SourceAlignment(
      alignment,
      plan.alignmentSlots,
      () => config.sourceAlignmentMaxDriftMs,
    ),
    careful: careful && new CarefulRows(careful, new Vitals(vitals), plan),
  }
}
