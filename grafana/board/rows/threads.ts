// The fifth row: what the threads do with their time, and how the work is spread.
import { MappingType, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'
import {
  BytesSI,
  NoUnit,
  PercentUnit,
  RecordsPerSecond,
  Short,
} from '@grafana/grafana-foundation-sdk/units'
import { sharedSeries, stateTimeline, timeSeries, type NumberedPanel } from '../panels.ts'
import { rate, rateWhere, series } from '../selectors.ts'

const phases = 'kafka_stream_thread_phase_seconds_total'

const STATES: Readonly<Record<string, readonly [text: string, colour: string]>> = {
  1: ['STARTING', 'blue'],
  4: ['RUNNING', 'green'],
  5: ['PENDING_SHUTDOWN', 'yellow'],
  6: ['DEAD', 'red'],
}

const stateNames: ValueMapping = {
  type: MappingType.ValueToText,
  options: Object.fromEntries(
    Object.entries(STATES).map(([value, [text, color]], index) => [value, { text, color, index }]),
  ),
}

/** Time, states, and the share of each task. */
export function threads(): NumberedPanel[] {
  return [
    sharedSeries({
      title: 'Time in phase',
      description:
        'What the threads did: poll reads records, process runs them, punctuate calls what asked to be called by a clock, commit makes results and state durable, blocked waits for the broker to take results, idle has nothing to read. Much blocked: `buffered.bytes.max` is reached.',
      unit: PercentUnit,
      width: 8,
      height: 8,
      queries: [
        {
          expr: `${rate(phases, 'phase')} / on() group_left() ${rate(phases)}`,
          legend: '{{phase}}',
        },
      ],
    }),
    timeSeries({
      title: 'Busy ratio',
      description:
        'Share of time in which a thread was not idle, and in which its event loop worked: waiting for the broker is busy, but no work. All near 1 with a lag: more of `num.stream.threads`, if there are cores; one alone: its partitions have most of the keys.',
      unit: PercentUnit,
      width: 8,
      height: 8,
      queries: [
        {
          expr: `1 - ${rateWhere('phase="idle"', phases, 'thread_id')}`,
          legend: '{{thread_id}}',
        },
        {
          expr: `max by (thread_id) (${series('kafka_stream_thread_eventloop_utilization_ratio')})`,
          legend: '{{thread_id}}, event loop',
        },
      ],
      thresholds: {
        base: 'green',
        steps: [
          [0.8, 'orange'],
          [0.95, 'red'],
        ],
      },
    }),
    stateTimeline({
      title: 'Thread state',
      description:
        'A thread that dies is replaced, and its tasks are restored in the new one. One that hangs for `worker.hang.timeout.ms` is told of, not ended.',
      unit: NoUnit,
      width: 8,
      height: 8,
      queries: [
        {
          expr: `max by (thread_id) (${series('kafka_stream_thread_state')})`,
          legend: '{{thread_id}}',
        },
      ],
    }).mappings([stateNames]),
    timeSeries({
      title: 'Process rate by task',
      description:
        'The ten busiest tasks. One far above the rest has the keys that most records bear; `topic.partitions` spreads the others, not a single key.',
      unit: RecordsPerSecond,
      width: 8,
      height: 8,
      queries: [
        {
          expr: `topk(10, ${rate('kafka_stream_task_process_total', 'task_id')})`,
          legend: '{{task_id}}',
        },
      ],
    }),
    timeSeries({
      title: 'Buffered records',
      description:
        'Records that tasks have read and not run yet, the ten highest. Tasks that wait for others in event time hold them: `source.alignment.max.drift.ms`.',
      unit: Short,
      width: 8,
      height: 8,
      queries: [
        {
          expr: `topk(10, sum by (task_id) (${series('kafka_stream_task_buffered_records')}))`,
          legend: '{{task_id}}',
        },
      ],
    }),
    timeSeries({
      title: 'Buffered bytes',
      description:
        'Bytes of these records, the ten highest tasks. `max.poll.records` limits what a task runs at once of what it has read.',
      unit: BytesSI,
      width: 8,
      height: 8,
      queries: [
        {
          expr: `topk(10, sum by (task_id) (${series('kafka_stream_task_input_buffer_bytes')}))`,
          legend: '{{task_id}}',
        },
      ],
    }),
  ]
}
