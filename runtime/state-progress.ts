// What a progress report tells of stores. Part of the progress report.
import { MetricRises, sumOfGauge } from './metric-rises.ts'
import type { MetricName } from './metrics/catalogue.ts'
import type { MetricSlab } from './metrics/slab.ts'
import { collectMetric } from './metrics/snapshot.ts'
import type { Plan } from './plan.ts'

/**
 * A store, over all its tasks. Spark's `allRemovalsTimeMs` is not there: what windows give up goes with the records
 * that close them, in the time of the updates.
 */
export interface StateOperatorProgress {
  readonly operatorName: string
  readonly numRowsTotal: number
  /** Saved by the commit. */
  readonly numRowsUpdated: number
  /** What its tasks spent on running records, reading included, all together; whole ms. */
  readonly allUpdatesTimeMs: number
  /** Deleted, or given up with windows that were over. */
  readonly numRowsRemoved: number
  /** What packing its changes took, all tasks together; whole ms. */
  readonly commitTimeMs: number
  readonly memoryUsedBytes: number
  /** Records whose window had closed. */
  readonly numRowsDroppedByWatermark: number
  /** How many tasks have a part of the store, here or elsewhere. */
  readonly numShufflePartitions: number
  /** How many of them are open here. */
  readonly numStateStoreInstances: number
}

/** The stores that have entries here, as they are now, and what was done to them since the last report. */
export function statesOf(
  slabs: readonly MetricSlab[],
  rises: MetricRises,
  plan: Plan,
): StateOperatorProgress[] {
  const by = (name: MetricName): ReadonlyMap<string, number> => rises.by(slabs, name, 'store')
  const updated = by('kafka_stream_state_rows_updated_total')
  const removed = by('kafka_stream_state_rows_removed_total')
  const late = by('kafka_stream_state_rows_dropped_by_watermark_total')
  const updateSeconds = by('kafka_stream_state_update_seconds_total')
  const commitSeconds = by('kafka_stream_state_commit_seconds_total')
  const open = collectMetric(slabs, 'kafka_stream_task_buffered_records')
  const openIds = new Set(open.map(({ labels }) => labels['task_id']))
  return collectMetric(slabs, 'kafka_stream_state_keys').map(({ labels, value }) => {
    const name = labels['store'] ?? ''
    const tasks = plan.tasks.filter(({ stores }) => stores.includes(name))
    return {
      operatorName: name,
      numRowsTotal: value,
      numRowsUpdated: updated.get(name) ?? 0,
      allUpdatesTimeMs: Math.round((updateSeconds.get(name) ?? 0) * 1_000),
      numRowsRemoved: removed.get(name) ?? 0,
      commitTimeMs: Math.round((commitSeconds.get(name) ?? 0) * 1_000),
      memoryUsedBytes: sumOfGauge(
        slabs,
        'kafka_stream_state_size_bytes',
        ({ store, medium }) => store === name && medium === 'memory',
      ),
      numRowsDroppedByWatermark: late.get(name) ?? 0,
      numShufflePartitions: tasks.length,
      numStateStoreInstances: tasks.filter(({ taskId }) => openIds.has(taskId)).length,
    }
  })
}
