// Metrics of what stands beside the threads: records that are posted over HTTP, and sources of
// `millrace connect`. They have no slots in the slabs: who counts them keeps them. Names are those of Kafka's
// REST proxy and of Kafka Connect where they have them.
import type { Labels } from './layout.ts'
import type { MetricSample } from './snapshot.ts'

/** What a metric is, and the labels of its series. */
export interface SideMetric {
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly labels: readonly string[]
}

const counter = (help: string, ...labels: readonly string[]) =>
  ({ type: 'counter', help, labels }) as const
const gauge = (help: string, ...labels: readonly string[]) =>
  ({ type: 'gauge', help, labels }) as const

/** Told at /metrics of a job that records may be posted to. */
export const INGEST_METRICS = {
  kafka_rest_requests_total: counter('Posts that were answered, by the status.', 'code'),
  kafka_rest_records_total: counter(
    'Records of posts that went to the broker: written, or refused by it.',
    'topic',
    'result',
  ),
  kafka_rest_request_bytes_total: counter('Bytes of the posts that were read.'),
  kafka_rest_waiting_bytes: gauge('Bytes of posts that are not answered yet.'),
}

/** Told at /metrics of `millrace connect --metrics PORT`. */
export const SOURCE_METRICS = {
  kafka_connect_source_record_write_total: counter(
    'Rows that were committed to a topic.',
    'table',
    'topic',
  ),
  kafka_connect_source_poll_total: counter('Looks at all tables.'),
  kafka_connect_source_retries_total: counter(
    'Tries that failed and were repeated, by the code of the error.',
    'code',
  ),
  kafka_connect_source_running: gauge('Whether the source reads: 0 while it tries to.'),
  kafka_connect_source_lag_records: gauge(
    'Rows of a table that were there when it was last looked at and are not read yet, at most (mode incrementing).',
    'table',
  ),
  kafka_connect_source_lag_seconds: gauge(
    'The same by the column of time, from the last row that is read to the last look (modes timestamp).',
    'table',
  ),
  kafka_connect_source_last_poll_timestamp_seconds: gauge(
    'When all tables were last looked at, in seconds since the epoch; not there before.',
  ),
  kafka_connect_source_last_commit_timestamp_seconds: gauge(
    'When rows were last committed, in seconds since the epoch; 0 before.',
  ),
  kafka_connect_source_writers_wait_seconds: gauge(
    'How long a poll has waited for transactions that write to a table, when it was last told.',
  ),
}

/** All of them by name. */
export const SIDE_METRICS = { ...INGEST_METRICS, ...SOURCE_METRICS }

export type SideMetricName = keyof typeof SIDE_METRICS

/** The names of those of one type. */
export type SideNameOf<T extends SideMetric['type']> = {
  [K in SideMetricName]: (typeof SIDE_METRICS)[K]['type'] extends T ? K : never
}[SideMetricName]

/** A family of samples, as what makes the text of /metrics takes it. */
export interface SideFamily {
  readonly name: SideMetricName
  readonly type: SideMetric['type']
  readonly help: string
  readonly buckets: readonly number[]
  readonly samples: readonly MetricSample[]
}

/** The family of a metric with these samples. */
export function sideFamily(name: SideMetricName, samples: readonly MetricSample[]): SideFamily {
  const { type, help } = SIDE_METRICS[name]
  return { name, type, help, buckets: [], samples }
}

/** A sample without labels. */
export const single = (value: number): readonly MetricSample[] => [sampleOf({}, value)]

/** Totals that only rise, by their labels; those must be bounded. */
export class SideCounts {
  readonly #samples = new Map<string, MetricSample>()

  /** The series so far. */
  get samples(): readonly MetricSample[] {
    return [...this.#samples.values()]
  }

  /** Adds to one of them; it begins at 0. */
  add(labels: Labels, value: number): void {
    const key = Object.values(labels).join('\n')
    this.#samples.set(key, sampleOf(labels, (this.#samples.get(key)?.value ?? 0) + value))
  }
}

/** A sample of a gauge or a counter. */
export const sampleOf = (labels: Labels, value: number): MetricSample => ({
  labels,
  value,
  cumulativeCounts: [],
})
