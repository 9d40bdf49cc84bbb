// Every metric of Millrace, as data: what the slabs lay out, /metrics serves and the board queries.
// Names and meaning are Kafka Streams', units are Prometheus' base units.
import {
  byDropReason,
  byNode,
  byOperator,
  byPartition,
  byStore,
  byTask,
  byTopic,
  counter,
  gauge,
  histogram,
  LATENCY_BUCKETS,
  LATENESS_BUCKETS,
  oneOf,
  OPERATION_BUCKETS,
  reading,
  type MetricType,
} from './definition.ts'

const perThread = { perThread: true }
const highest = { aggregation: 'max' } as const
const lowest = { aggregation: 'min' } as const

const threads = {
  kafka_stream_info: reading('Constant 1; the labels say what is running.', [
    'client_id',
    'version',
    'commit_id',
    'run_id',
    'config_hash',
  ]),
  kafka_stream_config_info: reading('Constant 1; one series for each setting in effect.', [
    'key',
    'value',
  ]),
  kafka_stream_config_last_reload_successful: reading(
    'Whether the configuration files are in effect: 1, or 0 while their last edit is refused.',
    [],
  ),
  kafka_stream_config_last_reload_success_timestamp_seconds: reading(
    'When settings were last taken over, in seconds since the epoch.',
    [],
  ),
  kafka_stream_config_pending_restart_keys: reading(
    'Edited settings that take effect only at the next start.',
    [],
  ),
  kafka_stream_client_state: gauge(
    'State of the application: 0 CREATED, 1 REBALANCING, 2 RUNNING, 3 PENDING_SHUTDOWN, 4 NOT_RUNNING, 5 PENDING_ERROR, 6 ERROR.',
    [],
    highest,
  ),
  kafka_stream_thread_state: gauge(
    'State of a thread: 0 CREATED, 1 STARTING, 2 PARTITIONS_REVOKED, 3 PARTITIONS_ASSIGNED, 4 RUNNING, 5 PENDING_SHUTDOWN, 6 DEAD.',
    [],
    perThread,
  ),
  kafka_stream_alive_stream_threads: gauge('Threads that are running.'),
  kafka_stream_configured_stream_threads: gauge('Threads that num.stream.threads asks for.'),
  kafka_stream_failed_stream_threads_total: counter('Threads that died of an error.'),
  kafka_stream_thread_phase_seconds_total: counter(
    'Time of a thread by what it was doing.',
    [oneOf('phase', 'poll', 'process', 'punctuate', 'commit', 'restore', 'blocked', 'idle')],
    perThread,
  ),
  kafka_stream_thread_latency_seconds: histogram(
    'Duration of one operation of a thread.',
    LATENCY_BUCKETS,
    [oneOf('operation', 'poll', 'process', 'punctuate', 'commit')],
  ),
  kafka_stream_thread_eventloop_utilization_ratio: gauge(
    'Share of its time in which the event loop of a thread worked, and did not wait.',
    [],
    perThread,
  ),
}

const tasks = {
  kafka_stream_task_process_total: counter('Records processed by a task.', [byTask], perThread),
  kafka_stream_task_dropped_records_total: counter('Records dropped by a task, by reason.', [
    byTask,
    byDropReason,
  ]),
  kafka_stream_task_record_lateness_seconds: histogram(
    'How far records were behind the stream time of their task.',
    LATENESS_BUCKETS,
  ),
  kafka_stream_task_buffered_records: gauge('Records read and not yet processed.', [byTask]),
  kafka_stream_task_input_buffer_bytes: gauge('Bytes of records read and not yet processed.', [
    byTask,
  ]),
  kafka_stream_task_stream_time_seconds: gauge(
    'Highest record timestamp seen by a task, in seconds since the epoch.',
    [byTask],
    highest,
  ),
  kafka_stream_task_restore_remaining_records: gauge(
    'Changelog records to restore before a task can run.',
    [byTask],
  ),
  kafka_stream_task_restored_records_total: counter('Changelog records restored.', [byTask]),
  kafka_stream_task_discarded_states_total: counter(
    'States of a task that were damaged, or in use when the machine went down: deleted, and restored from changelogs.',
    [byTask],
  ),
  kafka_stream_task_standby_lag_records: gauge(
    "Changelog records that the copy of a task's state lacks.",
    [byTask],
  ),
  kafka_stream_task_standby_updated_records_total: counter(
    "Changelog records read for copies of tasks' state.",
    [byTask],
  ),
  kafka_stream_tasks: gauge('Tasks that run, that are restored, and copies of others.', [
    oneOf('kind', 'active', 'restoring', 'standby'),
  ]),
  kafka_stream_processor_node_record_e2e_latency_seconds: histogram(
    'Time from the timestamp of a record until a source or sink handled it.',
    LATENCY_BUCKETS,
    [byNode],
  ),
  kafka_stream_processor_node_process_total: counter(
    'Records that came to an operator of a task.',
    [byOperator],
    { level: 'DEBUG' },
  ),
}

const topics = {
  kafka_stream_topic_records_consumed_total: counter('Records read from a topic.', [byTopic]),
  kafka_stream_topic_bytes_consumed_total: counter('Bytes read from a topic.', [byTopic]),
  kafka_stream_topic_records_produced_total: counter('Records written to a topic.', [byTopic]),
  kafka_stream_topic_bytes_produced_total: counter('Bytes written to a topic.', [byTopic]),
}

/** What is done to a store; the latencies have the same names. */
const storeOperation = oneOf(
  'operation',
  ...['put', 'get', 'delete', 'range', 'all', 'fetch', 'flush', 'restore'],
)

const stores = {
  kafka_stream_state_keys: gauge('Entries of a store.', [byStore]),
  kafka_stream_state_size_bytes: gauge(
    'Size of a store: in memory, beyond the bound of that in a file, as it is saved on this machine, and in the list of updates held back.',
    [byStore, oneOf('medium', 'memory', 'spilled', 'disk', 'cache')],
  ),
  kafka_stream_state_open_iterators: gauge(
    'Iterators over a store that were begun, and neither read to their end nor left.',
    [byStore],
  ),
  kafka_stream_state_operations_total: counter('Operations on a store.', [byStore, storeOperation]),
  kafka_stream_state_page_reads_total: counter(
    'Pages of a store that were read back from the file that holds what memory has no room for.',
    [byStore],
  ),
  kafka_stream_state_page_writes_total: counter(
    'Pages of a store that were written to the file that holds what memory has no room for.',
    [byStore],
  ),
  kafka_stream_state_rows_updated_total: counter('Entries of a store that commits have saved.', [
    byStore,
  ]),
  kafka_stream_state_rows_removed_total: counter(
    'Entries that a store gave up: deleted, or of windows that were over.',
    [byStore],
  ),
  kafka_stream_state_rows_dropped_by_watermark_total: counter(
    'Records dropped because the window of the store that they belonged to had closed.',
    [byStore],
  ),
  kafka_stream_state_update_seconds_total: counter(
    'Time of the tasks that have the store in which they ran records, reading included.',
    [byStore],
  ),
  kafka_stream_state_commit_seconds_total: counter(
    'Time in which changes of the store were packed to be saved.',
    [byStore],
  ),
  kafka_stream_state_operation_latency_seconds: histogram(
    'Duration of one operation on a store.',
    OPERATION_BUCKETS,
    [byStore, storeOperation],
    { level: 'DEBUG' },
  ),
  kafka_stream_record_cache_requests_total: counter(
    'Updates of a store that were held back for the next emission.',
    [byStore],
  ),
  kafka_stream_record_cache_hits_total: counter(
    'Updates of a store that took the place of one held back: what went out once for both.',
    [byStore],
  ),
}

/** The parts of a commit cycle, named as Spark names the parts of a micro-batch. */
const queryOperation = oneOf('operation', 'getBatch', 'addBatch', 'walCommit', 'commitOffsets')

const query = {
  kafka_stream_query_batch_id: gauge('Number of the last commit cycle.', [], highest),
  kafka_stream_query_batch_duration_seconds: histogram(
    'Duration of a commit cycle.',
    LATENCY_BUCKETS,
  ),
  kafka_stream_query_operation_seconds_total: counter('Time in the parts of commit cycles.', [
    queryOperation,
  ]),
  kafka_stream_query_trigger_interval_seconds: gauge('The commit interval.', [], highest),
  kafka_stream_query_watermark_timestamp_seconds: gauge(
    'Lowest stream time of all tasks, in seconds since the epoch.',
    [],
    lowest,
  ),
  kafka_stream_query_input_rows_total: counter('Records read in commit cycles.'),
  kafka_stream_query_output_rows_total: counter('Records written in commit cycles.'),
  kafka_stream_query_state_rows_updated_total: counter('Entries of stores that were written.'),
  kafka_stream_query_rows_dropped_by_watermark_total: counter(
    'Records dropped because their window had closed.',
  ),
}

const clients = {
  kafka_consumer_records_lag: gauge(
    'Records of a partition that are not read yet.',
    [byPartition],
    {
      seriesMax: 256,
    },
  ),
  kafka_consumer_assigned_partitions: gauge('Partitions assigned to this instance.'),
  kafka_consumer_rebalances_total: counter('Changes of the assignment.', [
    oneOf('reason', 'assigned', 'revoked', 'lost'),
  ]),
  kafka_consumer_rebalance_duration_seconds: histogram(
    'Time that a change of the assignment took.',
    LATENCY_BUCKETS,
  ),
  kafka_producer_record_errors_total: counter('Records that could not be delivered.', [byTopic]),
  kafka_producer_record_retries_total: counter('Requests of the producer that were sent again.'),
  kafka_producer_queue_records: gauge('Records written and not yet acknowledged.'),
  kafka_producer_queue_bytes: gauge('Bytes written and not yet acknowledged.'),
  kafka_producer_txn_commits_total: counter('Transactions committed.'),
  kafka_producer_txn_aborts_total: counter('Transactions aborted.'),
  kafka_producer_txn_commit_duration_seconds: histogram(
    'Duration of the commit of a transaction.',
    LATENCY_BUCKETS,
  ),
  kafka_client_data_path_info: reading(
    'Constant 1; how records get to the threads, and why if it is the slow way.',
    ['path', 'reason'],
  ),
  kafka_client_broker_rtt_seconds: reading('Round trip to a broker.', ['client', 'broker', 'stat']),
  kafka_client_errors_total: counter('Commits that the broker refused or did not answer.', [
    oneOf('code', 'unreachable', 'produce', 'commit', 'other'),
  ]),
}

/** All metrics by name. */
export const METRICS = { ...threads, ...tasks, ...topics, ...stores, ...query, ...clients }

export type MetricName = keyof typeof METRICS

/** The names of the metrics of one type. */
export type NameOf<T extends MetricType> = {
  [K in MetricName]: (typeof METRICS)[K]['type'] extends T ? K : never
}[MetricName]
