import { expect } from 'chai'
import type { MetricName } from '../../runtime/metrics/catalogue.ts'
import type { MetricFamily } from '../../runtime/metrics/snapshot.ts'
import { statusOf } from '../../server/status.ts'

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number]

const family = (name: MetricName, ...samples: Sample[]): MetricFamily => ({
  name,
  type: 'gauge',
  help: '',
  buckets: [],
  samples: samples.map(([labels, value]) => ({ labels, value, cumulativeCounts: [] })),
})

const families = [
  family(
    'kafka_stream_thread_state',
    [{ thread_id: 'stream-thread-1' }, 4],
    [{ thread_id: 'stream-thread-2' }, 6],
  ),
  family(
    'kafka_stream_task_process_total',
    [{ task_id: '0_0', thread_id: 'stream-thread-1' }, 5],
    [{ task_id: '0_0', thread_id: 'stream-thread-2' }, 7],
  ),
  family('kafka_stream_task_buffered_records', [{ task_id: '0_0' }, 3]),
  family('kafka_stream_task_stream_time_seconds', [{ task_id: '0_0' }, 1.5]),
  family('kafka_stream_task_restored_records_total', [{ task_id: '1_10' }, 40]),
  family('kafka_stream_task_restore_remaining_records', [{ task_id: '1_10' }, 60]),
  family('kafka_stream_task_standby_lag_records', [{ task_id: '0_1' }, 7]),
  family(
    'kafka_stream_task_dropped_records_total',
    [{ task_id: '0_0', reason: 'malformed' }, 2],
    [{ task_id: '0_0', reason: 'null-key' }, 0],
  ),
  family('kafka_stream_state_keys', [{ store: 'counts' }, 12]),
  family('kafka_stream_state_size_bytes', [{ store: 'counts', medium: 'memory' }, 4_096]),
  family('kafka_stream_topic_records_consumed_total', [{ topic: 'calls' }, 12]),
  family(
    'kafka_consumer_records_lag',
    [{ topic: 'calls', partition: '0' }, 4],
    [{ topic: 'calls', partition: '1' }, 5],
  ),
]

describe('the status', () => {
  const application = {
    runId: 'run',
    state: 'REBALANCING',
    threads: [
      { threadId: 'stream-thread-1', tasks: ['1_10', '1_9'], standbys: ['0_1'] },
      { threadId: 'stream-thread-2', tasks: ['0_0'], standbys: [] },
    ],
  }
  const status = statusOf('app', application, ['stream-thread-2 died'], families)

  it('says who runs what, and in what state', () => {
    expect(status).to.deep.include({ applicationId: 'app', runId: 'run', state: 'REBALANCING' })
    expect(status.problems).to.deep.equal(['stream-thread-2 died'])
    expect(status.threads).to.deep.equal([
      { threadId: 'stream-thread-1', state: 'RUNNING', tasks: 2 },
      { threadId: 'stream-thread-2', state: 'DEAD', tasks: 1 },
    ])
  })

  it('has the tasks in the order of their numbers, with what their threads before did', () => {
    expect(status.tasks.map(({ taskId }) => taskId)).to.deep.equal(['0_0', '0_1', '1_9', '1_10'])
    expect(status.tasks[0]).to.deep.equal({
      taskId: '0_0',
      threadId: 'stream-thread-2',
      state: 'running',
      processed: 12,
      buffered: 3,
      streamTimeMs: 1_500,
      restored: 0,
      restoreRemaining: 0,
      standbyLag: null,
      dropped: { malformed: 2 },
    })
  })

  it('says how far a restore is', () => {
    expect(status.tasks[3]).to.deep.include({
      state: 'restoring',
      restored: 40,
      restoreRemaining: 60,
      buffered: null,
      streamTimeMs: null,
    })
  })

  it('says how far the copy of a task that another instance runs is behind', () => {
    expect(status.tasks[1]).to.deep.include({
      taskId: '0_1',
      threadId: 'stream-thread-1',
      state: 'standby',
      standbyLag: 7,
    })
  })

  it('has the sizes of stores and the lag of topics', () => {
    expect(status.stores).to.deep.equal([{ store: 'counts', keys: 12, bytes: 4_096 }])
    expect(status.topics).to.deep.equal([{ topic: 'calls', consumed: 12, produced: 0, lag: 9 }])
  })
})
