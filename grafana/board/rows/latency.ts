// The third row: how long it takes, and which part of it.
import { Seconds } from '@grafana/grafana-foundation-sdk/units'
import {
  heatmap,
  stackedSeries,
  timeSeries,
  type NumberedPanel,
  type Thresholds,
} from '../panels.ts'
import { bucketIncrease, countRate, mean, quantile, rate, series } from '../selectors.ts'

const e2e = 'kafka_stream_processor_node_record_e2e_latency_seconds'
const batch = 'kafka_stream_query_batch_duration_seconds'
const slow: Thresholds = {
  base: 'green',
  steps: [
    [1, 'orange'],
    [5, 'red'],
  ],
}

/** End to end on top, the commit cycle and its parts below. */
export function latency(): NumberedPanel[] {
  return [
    timeSeries({
      title: 'End-to-end latency',
      description:
        'From the timestamp of a record until a source or sink handled it. `emit.interval.ms`, `poll.ms` and `commit.interval.ms` move it; while there is a lag, only `num.stream.threads` does.',
      unit: Seconds,
      width: 8,
      height: 8,
      queries: [0.5, 0.95, 0.99].map((q) => ({ expr: quantile(q, e2e), legend: `p${q * 100}` })),
      thresholds: slow,
    }),
    heatmap({
      title: 'End-to-end latency, all records',
      description:
        'The same as a picture: two bands mean two kinds of records, such as those that wait for `emit.interval.ms` and those that do not.',
      unit: Seconds,
      width: 8,
      height: 8,
      queries: [{ expr: bucketIncrease(e2e), legend: '{{le}}' }],
    }),
    timeSeries({
      title: 'Batch duration',
      description:
        'Duration of a commit cycle; Spark calls it Batch Duration. Above the line of `commit.interval.ms` the job falls behind.',
      unit: Seconds,
      width: 8,
      height: 8,
      queries: [
        { expr: quantile(0.95, batch), legend: 'p95' },
        { expr: mean(batch), legend: 'mean' },
        {
          expr: `max(${series('kafka_stream_query_trigger_interval_seconds')})`,
          legend: 'commit interval',
        },
      ],
    }),
    stackedSeries({
      title: 'Operation duration in a batch',
      description:
        'The parts of a commit cycle by Spark’s names: getBatch reads, addBatch processes, walCommit writes state, commitOffsets commits. A longer `commit.interval.ms` spreads the last two over more records.',
      unit: Seconds,
      width: 12,
      height: 8,
      queries: [
        {
          expr: `${rate('kafka_stream_query_operation_seconds_total', 'operation')} / on() group_left() ${countRate(batch)}`,
          legend: '{{operation}}',
        },
      ],
    }),
    timeSeries({
      title: 'Thread operation p99',
      description:
        'Slow steps of the threads: a long process step delays all partitions of its thread. A smaller `max.poll.records` shortens it.',
      unit: Seconds,
      width: 12,
      height: 8,
      queries: [
        {
          expr: quantile(0.99, 'kafka_stream_thread_latency_seconds', 'operation'),
          legend: '{{operation}}',
        },
      ],
    }),
  ]
}
