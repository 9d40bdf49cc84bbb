// Holds the records of a stream back until updates of the table they join may have come out of order long
// enough (KIP-923, Kafka's time-ordered buffer of a stream-table join); then each sees its own time's table.
import { EntryList } from '../state/entry-list.ts'
import { MemoryWindowStore } from '../state/stores/window-store.ts'
import { waitingStoreOf, type StreamTableJoinNode } from '../topology/join-nodes.ts'
import { RecordView, withHeaders } from './headers.ts'
import type { OperatorTime } from './operator-time.ts'
import { StreamRecord, type Forward, type TaskContext } from './processor.ts'
import { waitingSerde, type Waiting } from './waiting-serde.ts'

/** Where records wait, by their time. */
export type WaitingStore = MemoryWindowStore<unknown, unknown>

/** The store of a join with grace, among those of the task. */
export function openWaiting(node: StreamTableJoinNode, context: TaskContext): WaitingStore {
  const store: WaitingStore = new MemoryWindowStore({
    name: waitingStoreOf(node),
    key: node.key!,
    value: waitingSerde(node.value!),
    sizeMs: 0,
    retentionMs: Infinity,
    retainDuplicates: true,
  })
  context.addStore(store)
  return store
}

/** Lets records through to `join` when their time has come, the earliest first. */
export function waitingFor(
  graceMs: number,
  store: WaitingStore,
  time: OperatorTime,
  join: Forward,
  context: TaskContext,
): Forward {
  const due = new EntryList()
  const waited = new StreamRecord()
  const seen = new RecordView(context)
  const letThrough = (nowMs: number): void => {
    due.size = 0
    store.collectTimes(due, -Infinity, nowMs - graceMs + 1)
    const rows = Array.from({ length: due.size }, (_, i) => {
      const entry = due.entries[i]!
      const waiting = store.valueAt(entry) as Waiting
      return [store.keyAt(entry), waiting, store.startAt(entry)] as const
    })
    store.expireThrough(nowMs - graceMs)
    for (const [key, { value, headers }, startMs] of rows) {
      waited.key = key
      waited.value = value
      waited.timestampMs = startMs
      withHeaders(context, headers, waited, join)
    }
  }
  if (context.eventTime.goesOnWhenIdle) {
    context.onEmit(() => {
      const beforeMs = time.nowMs
      if (time.catchUp() === beforeMs) return
      store.expireThrough(beforeMs - graceMs)
      letThrough(time.nowMs)
    })
  }
  return (record) => {
    const { key, value, timestampMs } = record
    // What has nothing to be looked up by does not move the time.
    if (key === null || key === undefined || value === null || value === undefined) {
      join(record)
      return
    }
    // What went out before a restart is in the log of the store still.
    store.expireThrough(time.nowMs - graceMs)
    const nowMs = time.advance(timestampMs)
    // Nothing else waits for the time that has just come: the store would not take it any more.
    if (timestampMs <= nowMs - graceMs) {
      join(record)
      return
    }
    store.put(key, { value, headers: seen.headers } satisfies Waiting, timestampMs)
    letThrough(nowMs)
  }
}
