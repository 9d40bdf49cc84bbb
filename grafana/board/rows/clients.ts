// The seventh row: the clients of Kafka. With the embedded log only the rebalances have data.
import { BytesSI, CountsPerSecond, Seconds, Short } from '@grafana/grafana-foundation-sdk/units'
import { timeSeries, type NumberedPanel } from '../panels.ts'
import { increase, quantile, rate, series } from '../selectors.ts'

const transaction = 'kafka_producer_txn_commit_duration_seconds'

/** Membership, the way to the broker, and transactions. */
export function clients(): NumberedPanel[] {
  return [
    timeSeries({
      title: 'Rebalances',
      description:
        'Changes of the partitions that this instance has. lost: it was given up for dead, `consumer.session.timeout.ms` or a machine that stood still.',
      unit: Short,
      width: 8,
      height: 8,
      queries: [
        { expr: increase('kafka_consumer_rebalances_total', 'reason'), legend: '{{reason}}' },
      ],
    }),
    timeSeries({
      title: 'Round trip to the brokers',
      description:
        'Time until a broker of `bootstrap.servers` answers. A fetch waits for records up to 0.1 s, so only what lies above that is slow.',
      unit: Seconds,
      width: 8,
      height: 8,
      queries: [
        {
          expr: `max by (client, broker, stat) (${series('kafka_client_broker_rtt_seconds')})`,
          legend: '{{client}} {{broker}} {{stat}}',
        },
      ],
    }),
    timeSeries({
      title: 'Producer queue',
      description:
        'Bytes that were written and the broker has not taken. At `buffered.bytes.max` a thread waits.',
      unit: BytesSI,
      width: 8,
      height: 8,
      queries: [{ expr: `sum(${series('kafka_producer_queue_bytes')})`, legend: 'queued' }],
    }),
    timeSeries({
      title: 'Producer queue, records',
      description:
        'Records that were written and the broker has not acknowledged. It rises and falls with each commit (`commit.interval.ms`); one that only rises has a broker that takes nothing.',
      unit: Short,
      width: 8,
      height: 8,
      queries: [{ expr: `sum(${series('kafka_producer_queue_records')})`, legend: 'queued' }],
    }),
    timeSeries({
      title: 'Errors and retries',
      description:
        'Commits that came to nothing, by why: they are tried again. Records that could not be delivered, by topic; requests that the producer sent again. unreachable: `bootstrap.servers` does not answer; commit: a transaction was undone.',
      unit: CountsPerSecond,
      width: 8,
      height: 8,
      queries: [
        { expr: rate('kafka_client_errors_total', 'code'), legend: '{{code}}' },
        {
          expr: rate('kafka_producer_record_errors_total', 'topic'),
          legend: 'not delivered: {{topic}}',
        },
        { expr: rate('kafka_producer_record_retries_total'), legend: 'retries' },
      ],
      thresholds: { base: 'green', steps: [[0.01, 'red']] },
    }),
    timeSeries({
      title: 'Transactions',
      description:
        'With `processing.guarantee` at exactly_once_v2: how long the commit of one takes, which results wait for.',
      unit: Seconds,
      width: 8,
      height: 8,
      queries: [0.5, 0.99].map((q) => ({ expr: quantile(q, transaction), legend: `p${q * 100}` })),
    }),
  ]
}
