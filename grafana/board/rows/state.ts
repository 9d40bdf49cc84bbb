// The sixth row: what the stores hold, how much of it commits save, and what is still to be restored.
import { BytesSI, RecordsPerSecond, Seconds, Short } from '@grafana/grafana-foundation-sdk/units'
import { timeSeries, type NumberedPanel } from '../panels.ts'
import { quantile, rate, series } from '../selectors.ts'

/** Sizes on top, their changes below. */
export function state(): NumberedPanel[] {
  return [
    timeSeries({
      title: 'State rows',
      description:
        'Entries of each store; Spark calls it Total State Rows. Windows stay for their size and grace: it grows with both, and with `source.alignment.max.drift.ms`.',
      unit: Short,
      width: 12,
      height: 8,
      queries: [
        { expr: `sum by (store) (${series('kafka_stream_state_keys')})`, legend: '{{store}}' },
      ],
    }),
    timeSeries({
      title: 'State size',
      description:
        'Memory that each store takes in its threads; what `state.dir` holds of it is about as much.',
      unit: BytesSI,
      width: 12,
      height: 8,
      queries: [
        {
          expr: `sum by (store) (${series('kafka_stream_state_size_bytes')})`,
          legend: '{{store}}',
        },
      ],
    }),
    timeSeries({
      title: 'Rows updated',
      description:
        'Entries that commits have saved; Spark calls it Updated State Rows. A longer `commit.interval.ms` saves an entry that changes often fewer times.',
      unit: RecordsPerSecond,
      width: 8,
      height: 8,
      queries: [
        {
          expr: rate('kafka_stream_state_rows_updated_total', 'store'),
          legend: '{{store}}',
        },
      ],
    }),
    timeSeries({
      title: 'Commit p99',
      description:
        'Time that a thread spends in a commit: packing what changed, and on the embedded log the disk. `commit.interval.ms` says how often.',
      unit: Seconds,
      width: 8,
      height: 8,
      queries: [
        {
          expr: quantile(0.99, 'kafka_stream_thread_latency_seconds', 'operation'),
          legend: '{{operation}}',
        },
      ],
    }),
    timeSeries({
      title: 'Restore remaining',
      description:
        'Changelog records that tasks have to read before they can run; other tasks go on meanwhile. A `state.dir` that survives a restart spares it.',
      unit: Short,
      width: 8,
      height: 8,
      queries: [
        {
          expr: `sum by (task_id) (${series('kafka_stream_task_restore_remaining_records')})`,
          legend: '{{task_id}}',
        },
      ],
      thresholds: { base: 'green', steps: [[1, 'orange']] },
    }),
  ]
}
