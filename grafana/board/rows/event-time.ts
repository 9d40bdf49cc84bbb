// The fourth row: how far event time has come, and what came too late for it.
import { RecordsPerSecond, Seconds } from '@grafana/grafana-foundation-sdk/units'
import { timeSeries, type NumberedPanel } from '../panels.ts'
import { quantile, rate, series } from '../selectors.ts'

/** The gap to the clock on the wall, lateness, and drops. */
export function eventTime(): NumberedPanel[] {
  return [
    timeSeries({
      title: 'Global watermark gap',
      description:
        'Wall clock less the lowest stream time of all tasks; Spark calls it so, too. A replay of old records stands far behind by nature; live it is the lag in event time. One slow partition holds it up: `source.alignment.max.drift.ms`.',
      unit: Seconds,
      width: 8,
      height: 8,
      queries: [
        {
          expr: `time() - min(${series('kafka_stream_query_watermark_timestamp_seconds')} > 0)`,
          legend: 'watermark',
        },
        {
          expr: `topk(1, time() - max by (task_id) (${series('kafka_stream_task_stream_time_seconds')} > 0))`,
          legend: 'slowest task {{task_id}}',
        },
      ],
    }),
    timeSeries({
      title: 'Lateness of records',
      description:
        'How far records were behind the stream time of their task when they came. What is later than the grace of a window is dropped; `source.alignment.max.drift.ms` keeps sources of one job together.',
      unit: Seconds,
      width: 8,
      height: 8,
      queries: [0.5, 0.99].map((q) => ({
        expr: quantile(q, 'kafka_stream_task_record_lateness_seconds'),
        legend: `p${q * 100}`,
      })),
    }),
    timeSeries({
      title: 'Dropped by reason',
      description:
        'Records that ended without a result, and why. expired-window: its window was closed, a longer grace or a smaller `source.alignment.max.drift.ms` helps; malformed ones are in the dead-letter topic.',
      unit: RecordsPerSecond,
      width: 8,
      height: 8,
      queries: [
        {
          expr: rate('kafka_stream_task_dropped_records_total', 'reason'),
          legend: '{{reason}}',
        },
      ],
      thresholds: { base: 'green', steps: [[0.1, 'orange']] },
    }),
  ]
}
