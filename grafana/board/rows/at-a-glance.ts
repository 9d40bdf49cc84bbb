// The first row: is it well, does it keep up.
import { MappingType, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'
import { NoUnit, RecordsPerSecond, Seconds, Short } from '@grafana/grafana-foundation-sdk/units'
import { stat, type NumberedPanel, type PanelSpec } from '../panels.ts'
import { increaseShown, quantile, rate, series } from '../selectors.ts'

const STATES = [
  ['CREATED', 'blue'],
  ['REBALANCING', 'yellow'],
  ['RUNNING', 'green'],
  ['PENDING_SHUTDOWN', 'yellow'],
  ['NOT_RUNNING', 'red'],
  ['PENDING_ERROR', 'red'],
  ['ERROR', 'red'],
] as const

const stateNames: ValueMapping = {
  type: MappingType.ValueToText,
  options: Object.fromEntries(
    STATES.map(([text, color], i) => [String(i), { text, color, index: i }]),
  ),
}

const lag = `sum(${series('kafka_consumer_records_lag')})`
const processed = rate('kafka_stream_task_process_total')

/** The stats of the first row, three columns each. */
export function atAGlance(): NumberedPanel[] {
  return [
    small({
      title: 'State',
      description:
        'State of the application; of several instances the worst, so that an error is not hidden. Rebalances of Kafka and `worker.hang.timeout.ms` move it.',
      unit: NoUnit,
      queries: [{ expr: `max(${series('kafka_stream_client_state')})` }],
      thresholds: {
        base: 'blue',
        steps: [
          [1, 'yellow'],
          [2, 'green'],
          [3, 'yellow'],
          [4, 'red'],
        ],
      },
    }).mappings([stateNames]),
    small({
      title: 'Input rate',
      description: 'Records read from topics. `max.poll.records` limits what one step reads.',
      unit: RecordsPerSecond,
      queries: [{ expr: rate('kafka_stream_topic_records_consumed_total') }],
    }),
    small({
      title: 'Process rate',
      description:
        'Records processed by all tasks; one that goes through a repartition topic counts in both. `num.stream.threads` moves it, up to `topic.partitions`.',
      unit: RecordsPerSecond,
      queries: [{ expr: processed }],
    }),
    small({
      title: 'Lag',
      description:
        'Records in the topics that are not read yet. It grows while the input is faster than `num.stream.threads` threads.',
      unit: Short,
      queries: [{ expr: lag }],
      thresholds: {
        base: 'green',
        steps: [
          [1e4, 'orange'],
          [1e5, 'red'],
        ],
      },
    }),
    small({
      title: 'Catch-up time',
      description:
        'Time until the lag is gone at this process rate, without new input. `num.stream.threads` shortens it.',
      unit: Seconds,
      queries: [{ expr: `${lag} / (${processed} > 0)` }],
      thresholds: {
        base: 'green',
        steps: [
          [10, 'orange'],
          [60, 'red'],
        ],
      },
    }),
    small({
      title: 'e2e p99',
      description:
        'From the timestamp of a record until a source or sink handled it, for 99 of 100 records; idle while there are none. `emit.interval.ms`, `poll.ms` and `commit.interval.ms` move it.',
      unit: Seconds,
      queries: [{ expr: quantile(0.99, 'kafka_stream_processor_node_record_e2e_latency_seconds') }],
      thresholds: {
        base: 'green',
        steps: [
          [1, 'orange'],
          [5, 'red'],
        ],
      },
    }).noValue('idle'),
    small({
      title: 'Dropped in range',
      description:
        'Records that were not counted: malformed, without a key or time, or too late for their window. `source.alignment.max.drift.ms` and the grace of the job decide how many are too late.',
      unit: Short,
      queries: [{ expr: increaseShown('kafka_stream_task_dropped_records_total') }],
      thresholds: { base: 'green', steps: [[1, 'orange']] },
    }),
    small({
      title: 'Threads missing',
      description:
        'Threads alive less those that `num.stream.threads` asks for: below zero, some have died.',
      unit: NoUnit,
      queries: [
        {
          expr: `sum(${series('kafka_stream_alive_stream_threads')}) - sum(${series('kafka_stream_configured_stream_threads')})`,
        },
      ],
      thresholds: { base: 'red', steps: [[0, 'green']] },
    }),
  ]
}

function small(spec: Omit<PanelSpec, 'width' | 'height'>) {
  return stat({ ...spec, width: 3, height: 4 })
}
