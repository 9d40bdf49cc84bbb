// The sixth row: what the stores hold, how much of it commits save, what is still to be restored, and copies.
import {
  BytesSI,
  OpsPerSecond,
  PercentUnit,
  RecordsPerSecond,
  Seconds,
  Short,
} from '@grafana/grafana-foundation-sdk/units'
import { timeSeries, type NumberedPanel } from '../panels.ts'
import { quantile, rate, series, share } from '../selectors.ts'

/** Sizes on top, then what is done to the stores, then copies. */
export function state(): NumberedPanel[] {
  return [...sizes(), ...work(), ...tasks(), ...copies()]
}

function sizes(): NumberedPanel[] {
  return [
    timeSeries({
      title: 'State rows',
      description:
        'Entries of each store; Spark calls it Total State Rows. Windows stay for their size and grace: it grows with both, and with `source.alignment.max.drift.ms`.',
      unit: Short,
      width: 8,
      height: 8,
      queries: [
        { expr: `sum by (store) (${series('kafka_stream_state_keys')})`, legend: '{{store}}' },
      ],
    }),
    timeSeries({
      title: 'State size',
      description:
        'Bytes of each store: in the memory of its threads, beyond `state.memory.max.bytes` in a file (spilled), on disk as it is saved under `state.dir` or in the log, and in the cache the list of counts that changed since the last emission (`emit.interval.ms`).',
      unit: BytesSI,
      width: 8,
      height: 8,
      queries: [
        {
          expr: `sum by (store, medium) (${series('kafka_stream_state_size_bytes')})`,
          legend: '{{store}} {{medium}}',
        },
      ],
    }),
    timeSeries({
      title: 'Rows updated and removed',
      description:
        'Entries that commits have saved; Spark calls it Updated State Rows. A longer `commit.interval.ms` saves an entry that changes often fewer times. Removed ones were deleted, or went with windows that were over.',
      unit: RecordsPerSecond,
      width: 8,
      height: 8,
      queries: [
        {
          expr: rate('kafka_stream_state_rows_updated_total', 'store'),
          legend: '{{store}}',
        },
        {
          expr: rate('kafka_stream_state_rows_removed_total', 'store'),
          legend: '{{store}} removed',
        },
      ],
    }),
  ]
}

/** What processors do to their stores. */
function work(): NumberedPanel[] {
  return [
    timeSeries({
      title: 'Store operations',
      description:
        'What is done to the stores: a put for each window that a record counts in, a get and a put for each that an aggregate takes, a flush for each save. `commit.interval.ms` moves the flushes.',
      unit: OpsPerSecond,
      width: 8,
      height: 8,
      queries: [
        {
          expr: rate('kafka_stream_state_operations_total', 'store', 'operation'),
          legend: '{{store}} {{operation}}',
        },
      ],
    }),
    timeSeries({
      title: 'Store operation p99',
      description:
        'What 99 of 100 operations on stores take at most, by kind. Measured with `metrics.recording.level` at DEBUG, else there is nothing here.',
      unit: Seconds,
      width: 8,
      height: 8,
      queries: [
        {
          expr: quantile(0.99, 'kafka_stream_state_operation_latency_seconds', 'operation'),
          legend: '{{operation}}',
        },
      ],
    }),
    timeSeries({
      title: 'Cache hit ratio',
      description:
        'Share of the updates of a store that took the place of one that had not gone out yet: so many fewer results are written. A longer `emit.interval.ms` raises it.',
      unit: PercentUnit,
      width: 8,
      height: 8,
      queries: [
        {
          expr: share(
            'kafka_stream_record_cache_hits_total',
            'kafka_stream_record_cache_requests_total',
            'store',
          ),
          legend: '{{store}}',
        },
      ],
    }),
  ]
}

/** What restarts cost, what holds on to a store, and which tasks have one. */
function tasks(): NumberedPanel[] {
  return [
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
    timeSeries({
      title: 'Open iterators',
      description:
        'Iterators over stores that processors have begun, and neither read to their end nor left. One that grows without end is forgotten by a processor; a scan that is long keeps its task busy beyond `max.poll.records`.',
      unit: Short,
      width: 8,
      height: 8,
      queries: [
        {
          expr: `sum by (store) (${series('kafka_stream_state_open_iterators')})`,
          legend: '{{store}}',
        },
      ],
      thresholds: { base: 'green', steps: [[5, 'orange']] },
    }),
    timeSeries({
      title: 'Tasks by kind',
      description:
        'Tasks that run, that are being restored, and copies of the state of others, which `num.standby.replicas` asks for.',
      unit: Short,
      width: 8,
      height: 8,
      queries: [{ expr: `sum by (kind) (${series('kafka_stream_tasks')})`, legend: '{{kind}}' }],
    }),
  ]
}

/** What an instance keeps for others, and what of its own memory has no room for. */
function copies(): NumberedPanel[] {
  return [
    timeSeries({
      title: 'Standby lag',
      description:
        'Changelog records that the copies of state lack: what a takeover would still have to read. They yield to tasks that run; `num.standby.replicas` says how many there are.',
      unit: Short,
      width: 8,
      height: 8,
      queries: [
        {
          expr: `sum by (task_id) (${series('kafka_stream_task_standby_lag_records')})`,
          legend: '{{task_id}}',
        },
      ],
    }),
    timeSeries({
      title: 'Standby updates',
      description:
        'Changelog records read for copies of the state of others (`num.standby.replicas`): about one a store for each of their commits.',
      unit: RecordsPerSecond,
      width: 8,
      height: 8,
      queries: [
        {
          expr: rate('kafka_stream_task_standby_updated_records_total', 'task_id'),
          legend: '{{task_id}}',
        },
      ],
    }),
    timeSeries({
      title: 'Pages of state',
      description:
        'Pages of keys and values that went to a file and came back, because the stores of an instance have more than `state.memory.max.bytes`. Many reads: what is used at a time has no room in memory.',
      unit: OpsPerSecond,
      width: 8,
      height: 8,
      queries: [
        {
          expr: rate('kafka_stream_state_page_reads_total', 'store'),
          legend: '{{store}} read',
        },
        {
          expr: rate('kafka_stream_state_page_writes_total', 'store'),
          legend: '{{store}} written',
        },
      ],
    }),
  ]
}
