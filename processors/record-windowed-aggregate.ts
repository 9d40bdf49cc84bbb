// Aggregates over windows that records make, sliding windows and sessions, as nodes of a task: their stores,
// the user's functions, when final results are looked for.
import { MemorySessionStore } from '../state/stores/session-store.ts'
import { MemoryWindowStore } from '../state/stores/window-store.ts'
import type { WindowedAggregateNode } from '../topology/node.ts'
import type { TablePlan } from '../topology/table-plan.ts'
import type { OnFailure } from './failures.ts'
import type { Forward, StreamRecord, TaskContext } from './processor.ts'
import { SessionAggregate, sessionStore, type SessionMerge } from './session-windows.ts'
import { SlidingWindowAggregate, slidingStore } from './sliding-windows.ts'
import {
  finalStaysMs,
  reducing,
  type WindowAggregation,
  type WindowedSurroundings,
} from './window-aggregation.ts'
import { windowedOutput } from './windowed-output.ts'

/** The store of an aggregate over sliding windows or sessions. */
export type RecordWindowedStore =
  MemoryWindowStore<unknown, unknown> | MemorySessionStore<unknown, unknown>

type Add = (aggregate: unknown, value: unknown, record: StreamRecord) => unknown

/** Opens the store; undefined for windows that records do not make. */
export function openRecordWindowedStore(
  { name, key, value, windows }: WindowedAggregateNode,
  context: TaskContext,
): RecordWindowedStore | undefined {
  const spec = { name, key, value } as Parameters<typeof sessionStore>[0]
  let store: RecordWindowedStore
  if (windows.kind === 'sliding-windows') store = slidingStore(spec, windows)
  else if (windows.kind === 'session-windows') store = sessionStore(spec)
  else return undefined
  context.addStore(store)
  return store
}

/** `makeNext` is called when the aggregate has its place among those that emit. */
export function recordWindowedAggregate(
  node: WindowedAggregateNode,
  plan: TablePlan,
  store: RecordWindowedStore,
  makeNext: () => Forward,
  failed: OnFailure,
  context: TaskContext,
): Forward {
  const { name, emit } = node
  const time = context.timeOf(name)
  const around = (): WindowedSurroundings => ({
    time,
    sendsOldValues: plan.sendsOldValues,
    finalStaysMs: finalStaysMs(emit, plan, node.retentionMs ?? 0),
    aggregation: aggregationOf(node),
    emit,
    forward: windowedOutput(node, makeNext, context),
    drop: (reason) => context.drop(name, reason),
  })
  let close: (nowMs: number) => void = () => undefined
  context.onEmit(() => close(time.catchUp()))
  const aggregate = aggregateOf(node, store, around())
  close = (nowMs) => aggregate.close(nowMs)
  return (record) => {
    try {
      aggregate.process(record)
    } catch (cause) {
      failed(cause)
    }
  }
}

function aggregateOf(
  node: WindowedAggregateNode,
  store: RecordWindowedStore,
  around: WindowedSurroundings,
): SlidingWindowAggregate | SessionAggregate {
  const { windows, retentionMs } = node
  if (windows.kind === 'sliding-windows' && store instanceof MemoryWindowStore) {
    return new SlidingWindowAggregate(store, windows, retentionMs, around)
  }
  if (windows.kind === 'session-windows' && store instanceof MemorySessionStore) {
    return new SessionAggregate(store, windows, retentionMs, mergeOf(node), around)
  }
  throw new Error(`${node.name} has a store of other windows`)
}

function aggregationOf({ initialize, add: erased }: WindowedAggregateNode): WindowAggregation {
  const add = erased as unknown as Add
  if (initialize !== undefined) {
    return { initialize, add: (aggregate, record) => add(aggregate, record.value, record) }
  }
  return reducing((aggregate, record) => add(aggregate, record.value, record))
}

/** How two sessions become one; a reduce reduces their values, as Kafka does. */
function mergeOf({ add: erased, merge }: WindowedAggregateNode): SessionMerge {
  if (merge !== undefined) return merge as unknown as SessionMerge
  const add = erased as unknown as (one: unknown, other: unknown, record: unknown) => unknown
  return (one, other, key) => (one === null ? other : add(one, other, { key, timestampMs: -1 }))
}
