// Aggregates without windows: of a stream (Kafka's KStreamAggregate and KStreamReduce), and of a table that
// was grouped anew (KTableAggregate and KTableReduce). Both emit through a coalescer where a job asks for it.
import type { Aggregation, AggregateNode } from '../topology/node.ts'
import type { TableAggregateNode } from '../topology/table-nodes.ts'
import type { TablePlan } from '../topology/table-plan.ts'
import { Coalescer } from './coalescer.ts'
import type { OnFailure } from './failures.ts'
import { keyNames } from './key-names.ts'
import type { Forward, StreamRecord, TaskContext } from './processor.ts'
import { addTableStore, putInTable, type TableStore } from './table-store.ts'

type Add = (aggregate: unknown, value: unknown, record: StreamRecord) => unknown

/** The store of an aggregate, among those of the task. */
export function openAggregateStore(
  node: AggregateNode | TableAggregateNode,
  context: TaskContext,
): TableStore {
  return addTableStore(node.name, node, context)
}

/** `makeNext` is called when the aggregate has its place among those that emit. */
export function aggregate(
  node: AggregateNode,
  plan: TablePlan,
  store: TableStore,
  makeNext: () => Forward,
  failed: OnFailure,
  context: TaskContext,
): Forward {
  const emit = emitterOf(node, makeNext, context)
  const { initialize } = node
  const add = node.add as unknown as Add
  return (record) => {
    const { key, value, timestampMs } = record
    if (isNull(key) || isNull(value)) {
      context.drop(node.name, isNull(key) ? 'null-key' : 'null-value')
      return
    }
    let before: unknown
    let after: unknown
    let resultMs: number
    let isPut: boolean
    try {
      const entry = store.find(key)
      before = entry < 0 ? null : store.valueAt(entry)
      resultMs = entry < 0 ? timestampMs : Math.max(timestampMs, store.timestampAt(entry))
      if (entry < 0 && initialize === undefined) after = value
      else {
        before ??= initialize!()
        // What `add` changes in place must not change what was before.
        after = add(
          plan.sendsOldValues ? copyOf(store, entry, before, initialize) : before,
          value,
          record,
        )
      }
      isPut = putInTable(store, record, after, resultMs, context)
    } catch (cause) {
      failed(cause)
      return
    }
    if (isPut) {
      emit(record, after ?? null, plan.sendsOldValues ? before : null, resultMs)
    }
    record.isLatest = true
  }
}

/** A value as it was, apart from the one that is kept as the old one. */
function copyOf(
  store: TableStore,
  entry: number,
  before: unknown,
  initialize: Aggregation['initialize'],
): unknown {
  if (typeof before !== 'object') return before
  return entry < 0 ? initialize!() : store.valueAt(entry)
}

/** Rows leave a group before they come to it; a group is forwarded once for each change that reaches it. */
export function tableAggregate(
  node: TableAggregateNode,
  plan: TablePlan,
  store: TableStore,
  makeNext: () => Forward,
  failed: OnFailure,
  context: TaskContext,
): Forward {
  const emit = emitterOf(node, makeNext, context)
  const apply = changeApplier(node, store)
  return (record) => {
    const { key, timestampMs } = record
    const entry = store.find(key)
    const before = plan.sendsOldValues && entry >= 0 ? store.valueAt(entry) : null
    const storedMs = entry < 0 ? -1 : store.timestampAt(entry)
    let result: Applied
    let resultMs: number
    let isPut: boolean
    try {
      result = apply(record, entry)
      resultMs = result.isOlderCounted ? Math.max(timestampMs, storedMs) : timestampMs
      isPut = putInTable(store, record, result.value, resultMs, context)
    } catch (cause) {
      failed(cause)
      return
    }
    if (isPut) {
      emit(record, result.value, before, resultMs)
    }
    record.isLatest = true
  }
}

interface Applied {
  readonly value: unknown
  /** Whether the time of what was stored counts for the result. */
  readonly isOlderCounted: boolean
}

function changeApplier(node: TableAggregateNode, store: TableStore) {
  const { initialize } = node
  const add = node.add as unknown as Add
  const subtract = node.subtract as unknown as Add
  return (record: StreamRecord, entry: number): Applied => {
    const { value, oldValue } = record
    let current: unknown = entry < 0 ? null : store.valueAt(entry)
    let isOlderCounted = false
    if (!isNull(oldValue) && !isNull(current)) {
      current = subtract(current, oldValue, record)
      isOlderCounted = true
    }
    if (!isNull(value)) {
      if (initialize !== undefined) {
        current = add(isNull(current) ? initialize() : current, value, record)
        isOlderCounted ||= entry >= 0
      } else if (isNull(current)) {
        current = value
      } else {
        current = add(current, value, record)
        isOlderCounted = true
      }
    }
    return { value: current ?? null, isOlderCounted }
  }
}

type Emit = (record: StreamRecord, value: unknown, oldValue: unknown, timestampMs: number) => void

function emitterOf(
  node: AggregateNode | TableAggregateNode,
  makeNext: () => Forward,
  context: TaskContext,
): Emit {
  if (node.emit === 'on-update-coalesced') {
    const held = new Coalescer(node.name, makeNext, context)
    const nameOf = keyNames(node.key)
    return ({ key }, value, oldValue, timestampMs) => {
      const name = nameOf(key)
      if (!held.replace(name, value, timestampMs)) held.add(name, key, value, oldValue, timestampMs)
    }
  }
  const next = makeNext()
  return (record, value, oldValue, timestampMs) => {
    const { value: valueBefore, oldValue: oldBefore, timestampMs: timeBefore } = record
    record.value = value
    record.oldValue = oldValue
    record.timestampMs = timestampMs
    next(record)
    record.value = valueBefore
    record.oldValue = oldBefore
    record.timestampMs = timeBefore
  }
}

function isNull(value: unknown): boolean {
  return value === null || value === undefined
}
