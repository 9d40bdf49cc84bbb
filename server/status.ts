// What the application is doing right now: its threads, tasks, stores and topics, out of the same metrics
// that /metrics serves. routes.ts answers /status with it.
import type { MetricFamily } from '../runtime/metrics/snapshot.ts'
import type { ThreadTasks } from '../runtime/stream-client.ts'
import { samplesOf, sumsBy } from './families.ts'
import type { Status, StoreStatus, TaskStatus, ThreadStatus, TopicStatus } from './wire.ts'

/** What the metrics do not tell of an application. */
export interface ApplicationState {
  readonly runId: string
  readonly state: string
  readonly threads: readonly ThreadTasks[]
}

/** Kafka Streams' states of a thread, by their ordinals. */
const THREAD_STATES = [
  'CREATED',
  'STARTING',
  'PARTITIONS_REVOKED',
  'PARTITIONS_ASSIGNED',
  'RUNNING',
  'PENDING_SHUTDOWN',
  'DEAD',
]

/** The status of an application, from its metrics and what it says of itself. */
export function statusOf(
  applicationId: string,
  { runId, state, threads }: ApplicationState,
  problems: readonly string[],
  families: readonly MetricFamily[],
): Status {
  return {
    applicationId,
    runId,
    state,
    problems,
    threads: threadsOf(threads, families),
    tasks: tasksOf(threads, families),
    stores: storesOf(families),
    topics: topicsOf(families),
  }
}

function threadsOf(
  threads: ApplicationState['threads'],
  families: readonly MetricFamily[],
): ThreadStatus[] {
  const states = sumsBy(families, 'kafka_stream_thread_state', 'thread_id')
  return threads.map(({ threadId, tasks }) => ({
    threadId,
    state: THREAD_STATES[states.get(threadId) ?? -1] ?? 'unknown',
    tasks: tasks.length,
  }))
}

function tasksOf(
  threads: ApplicationState['threads'],
  families: readonly MetricFamily[],
): TaskStatus[] {
  const processed = sumsBy(families, 'kafka_stream_task_process_total', 'task_id')
  const buffered = sumsBy(families, 'kafka_stream_task_buffered_records', 'task_id')
  const streamTime = sumsBy(families, 'kafka_stream_task_stream_time_seconds', 'task_id')
  const restored = sumsBy(families, 'kafka_stream_task_restored_records_total', 'task_id')
  const remaining = sumsBy(families, 'kafka_stream_task_restore_remaining_records', 'task_id')
  const lags = sumsBy(families, 'kafka_stream_task_standby_lag_records', 'task_id')
  const tasks = threads.flatMap(({ threadId, tasks: taskIds, standbys }) =>
    [...taskIds, ...standbys].map((taskId): TaskStatus => {
      const isStandby = standbys.includes(taskId)
      const streamTimeS = streamTime.get(taskId)
      const restoreRemaining = remaining.get(taskId) ?? 0
      return {
        taskId,
        threadId,
        state: isStandby ? 'standby' : restoreRemaining > 0 ? 'restoring' : 'running',
        processed: processed.get(taskId) ?? 0,
        buffered: buffered.get(taskId) ?? null,
        streamTimeMs:
          streamTimeS === undefined || streamTimeS < 0 ? null : Math.round(streamTimeS * 1_000),
        restored: restored.get(taskId) ?? 0,
        restoreRemaining,
        standbyLag: isStandby ? (lags.get(taskId) ?? 0) : null,
        dropped: droppedBy(taskId, families),
      }
    }),
  )
  return tasks.sort((a, b) => a.taskId.localeCompare(b.taskId, 'en', { numeric: true }))
}

function droppedBy(taskId: string, families: readonly MetricFamily[]): Record<string, number> {
  const samples = samplesOf(families, 'kafka_stream_task_dropped_records_total')
  return Object.fromEntries(
    samples
      .filter(({ labels, value }) => labels['task_id'] === taskId && value > 0)
      .map(({ labels, value }) => [labels['reason'] ?? '', value]),
  )
}

function storesOf(families: readonly MetricFamily[]): StoreStatus[] {
  const bytes = sumsBy(families, 'kafka_stream_state_size_bytes', 'store')
  return [...sumsBy(families, 'kafka_stream_state_keys', 'store')].map(([store, keys]) => ({
    store,
    keys,
    bytes: bytes.get(store) ?? 0,
  }))
}

function topicsOf(families: readonly MetricFamily[]): TopicStatus[] {
  const consumed = sumsBy(families, 'kafka_stream_topic_records_consumed_total', 'topic')
  const produced = sumsBy(families, 'kafka_stream_topic_records_produced_total', 'topic')
  const lags = sumsBy(families, 'kafka_consumer_records_lag', 'topic')
  return [...new Set([...consumed.keys(), ...produced.keys(), ...lags.keys()])].map((topic) => ({
    topic,
    consumed: consumed.get(topic) ?? 0,
    produced: produced.get(topic) ?? 0,
    lag: lags.get(topic) ?? null,
  }))
}
