// The eighth row: where records come from beside Kafka's own clients, sources of `millrace connect` and posts.
import { BytesSI, CountsPerSecond, Seconds, Short } from '@grafana/grafana-foundation-sdk/units'
import { timeSeries, type NumberedPanel } from '../panels.ts'
import { rate, series } from '../selectors.ts'

const polled = 'kafka_connect_source_last_poll_timestamp_seconds'

/** Tables that are read, and records that are posted. */
export function sources(): NumberedPanel[] {
  return [
    timeSeries({
      title: 'Rows read from tables',
      description:
        'Rows that sources have committed to their topics. A step up to `batch.max.rows` rows each `poll.interval.ms` is a table that is read as fast as it is looked at.',
      unit: CountsPerSecond,
      width: 8,
      height: 8,
      queries: [
        {
          expr: rate('kafka_connect_source_record_write_total', 'table', 'topic'),
          legend: '{{table}} to {{topic}}',
        },
      ],
    }),
    timeSeries({
      title: 'Rows not read yet',
      description:
        'Rows of tables that were there at the last look and are not in their topics yet, at most: numbers that `incrementing.column.name` skipped count as well. It falls with each commit, and faster with more `batch.max.rows`.',
      unit: Short,
      width: 8,
      height: 8,
      queries: [
        {
          expr: `max by (instance, table) (${series('kafka_connect_source_lag_records')})`,
          legend: '{{table}}',
        },
      ],
    }),
    timeSeries({
      title: 'Source lag by time of change',
      description:
        'How far the last row that is in the topic is behind the last look, by `timestamp.column.name`; 0 when all that was there is read. `timestamp.delay.interval.ms` is not in it.',
      unit: Seconds,
      width: 8,
      height: 8,
      queries: [
        {
          expr: `max by (instance, table) (${series('kafka_connect_source_lag_seconds')})`,
          legend: '{{table}}',
        },
      ],
    }),
    timeSeries({
      title: 'Since tables were looked at',
      description:
        'What was written since is not in the topic. It saws up to `poll.interval.ms`; more is a database that does not answer, or a long writer that `writers.wait` waits for.',
      unit: Seconds,
      width: 8,
      height: 8,
      queries: [
        { expr: `time() - max by (instance) (${series(polled)})`, legend: '{{instance}}' },
        {
          expr: `max by (instance) (${series('kafka_connect_source_writers_wait_seconds')})`,
          legend: '{{instance}}, waits for writers',
        },
      ],
    }),
    timeSeries({
      title: 'Source polls and failures',
      description:
        'Looks at all tables, one each `poll.interval.ms`, and tries that failed, by the code of the error: the next one waits up to `connection.backoff.ms`.',
      unit: CountsPerSecond,
      width: 8,
      height: 8,
      queries: [
        { expr: rate('kafka_connect_source_poll_total'), legend: 'polls' },
        {
          expr: `${rate('kafka_connect_source_retries_total', 'code')} or 0 * sum(${series('kafka_connect_source_running')})`,
          legend: 'failed {{code}}',
        },
      ],
    }),
    timeSeries({
      title: 'Posted records',
      description:
        'Records that were posted over HTTP and went to the broker, by topic. Above `server.ingest.records.per.second` posts get 429.',
      unit: CountsPerSecond,
      width: 8,
      height: 8,
      queries: [
        {
          expr: rate('kafka_rest_records_total', 'topic', 'result'),
          legend: '{{topic}} {{result}}',
        },
      ],
    }),
    timeSeries({
      title: 'Posts by status',
      description:
        'Posts that were answered. 429: `server.ingest.records.per.second` or `server.ingest.buffer.bytes` was used up; 401: not `server.ingest.token`; 422: values that the job cannot read.',
      unit: CountsPerSecond,
      width: 8,
      height: 8,
      queries: [{ expr: rate('kafka_rest_requests_total', 'code'), legend: '{{code}}' }],
    }),
    timeSeries({
      title: 'Bytes of posts',
      description:
        'Bytes that came a second, and those that wait for an answer: at `server.ingest.buffer.bytes` posts get 429.',
      unit: BytesSI,
      width: 8,
      height: 8,
      queries: [
        { expr: rate('kafka_rest_request_bytes_total'), legend: 'a second' },
        { expr: `sum(${series('kafka_rest_waiting_bytes')})`, legend: 'waiting' },
      ],
    }),
    timeSeries({
      title: 'Sources that read',
      description:
        'Those that run and have reached their database; 0 while one tries to, again and again up to `connection.attempts`.',
      unit: Short,
      width: 8,
      height: 8,
      queries: [
        {
          expr: `sum by (instance) (${series('kafka_connect_source_running')})`,
          legend: '{{instance}}',
        },
      ],
    }),
    timeSeries({
      title: 'Since rows came',
      description:
        'Time since rows were last committed. A table that nobody writes to has none: compare it with `poll.interval.ms` only where rows come all the time.',
      unit: Seconds,
      width: 8,
      height: 8,
      queries: [
        {
          expr: `time() - (max by (instance) (${series('kafka_connect_source_last_commit_timestamp_seconds')}) > 0)`,
          legend: '{{instance}}',
        },
      ],
    }),
  ]
}
