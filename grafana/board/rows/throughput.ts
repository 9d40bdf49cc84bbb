// The second row: how much goes through, and whether it is enough.
import { BytesPerSecondSI, RecordsPerSecond, Short } from '@grafana/grafana-foundation-sdk/units'
import { timeSeries, type NumberedPanel } from '../panels.ts'
import { countRate, rate, series } from '../selectors.ts'

/** Rates on top, their sizes and trend below. */
export function throughput(): NumberedPanel[] {
  return [
    timeSeries({
      title: 'Input, process and output rate',
      description:
        'Input is what topics gave, processed what tasks did with it, output what was written. `num.stream.threads` and `max.poll.records` move the rates, `emit.interval.ms` the output.',
      unit: RecordsPerSecond,
      width: 12,
      height: 8,
      queries: [
        { expr: rate('kafka_stream_topic_records_consumed_total'), legend: 'input' },
        { expr: rate('kafka_stream_task_process_total'), legend: 'processed' },
        { expr: rate('kafka_stream_topic_records_produced_total'), legend: 'output' },
      ],
    }),
    timeSeries({
      title: 'Lag by partition',
      description:
        'The ten partitions with most records to read. One far above the rest: keys are skewed; all alike: more `num.stream.threads` help, up to `topic.partitions`.',
      unit: Short,
      width: 12,
      height: 8,
      queries: [
        {
          expr: `topk(10, sum by (topic, partition) (${series('kafka_consumer_records_lag')}))`,
          legend: '{{topic}}-{{partition}}',
        },
      ],
      thresholds: {
        base: 'green',
        steps: [
          [1e4, 'orange'],
          [1e5, 'red'],
        ],
      },
    }),
    timeSeries({
      title: 'Bytes by topic',
      description:
        'Read above zero, written below. `topic.format.police.calls` chooses among the formats of a topic, `producer.compression.type` what Kafka stores of it.',
      unit: BytesPerSecondSI,
      width: 8,
      height: 7,
      queries: [
        { expr: rate('kafka_stream_topic_bytes_consumed_total', 'topic'), legend: 'in {{topic}}' },
        {
          expr: `-${rate('kafka_stream_topic_bytes_produced_total', 'topic')}`,
          legend: 'out {{topic}}',
        },
      ],
    }),
    timeSeries({
      title: 'Input rows per batch',
      description:
        'Records in one commit cycle; Spark calls it Input Rows. A longer `commit.interval.ms` makes larger batches.',
      unit: Short,
      width: 8,
      height: 7,
      queries: [
        {
          expr: `${rate('kafka_stream_query_input_rows_total')} / ${countRate('kafka_stream_query_batch_duration_seconds')}`,
          legend: 'rows',
        },
      ],
    }),
    timeSeries({
      title: 'Backlog growth',
      description:
        'How fast the lag grows; below zero it shrinks. Above zero for long: raise `num.stream.threads`, or the input is more than this machine can do.',
      unit: RecordsPerSecond,
      width: 8,
      height: 7,
      queries: [
        { expr: `deriv(sum(${series('kafka_consumer_records_lag')})[2m:])`, legend: 'growth' },
      ],
      thresholds: { base: 'green', steps: [[0.5, 'orange']] },
    }),
  ]
}
