// Operators on tables without aggregation: sources, filters and maps of changes. A record holds the new
// value and, where the table sends it, the one before.
import type { TableFilterNode, TableMapValuesNode, ToTableNode } from '../topology/table-nodes.ts'
import type { TablePlan } from '../topology/table-plan.ts'
import type { OnFailure } from './failures.ts'
import type { Forward, StreamRecord, TaskContext } from './processor.ts'
import { addTableStore, putInTable, valueIn, type TableStore } from './table-store.ts'

type UserFunction = (value: unknown, record: StreamRecord) => unknown

/** The store that a table's plan asks for, among those of the task. */
export function openTableStore(
  name: string,
  { store }: Pick<TablePlan, 'store'>,
  context: TaskContext,
): TableStore | undefined {
  return store === undefined ? undefined : addTableStore(name, store, context)
}

/** Kafka's KTableSource: older updates are applied, too; each one goes on, changed or not. */
export function toTable(
  node: Pick<ToTableNode, 'name'>,
  plan: TablePlan,
  store: TableStore | undefined,
  next: Forward,
  failed: OnFailure,
  context: TaskContext,
): Forward {
  const isPut = putting(store, plan, failed, context)
  return (record) => {
    const { key, value, oldValue, isLatest } = record
    if (key === null || key === undefined) {
      context.drop(node.name, 'null-key')
      return
    }
    record.oldValue = null
    if (isPut(record)) next(record)
    record.value = value
    record.oldValue = oldValue
    record.isLatest = isLatest
  }
}

/** Kafka's KTableFilter: what is no longer kept becomes a tombstone. */
export function tableFilter(
  node: TableFilterNode,
  plan: TablePlan,
  store: TableStore | undefined,
  next: Forward,
  failed: OnFailure,
  context: TaskContext,
): Forward {
  const keep = tableKeeper(node)
  const worksOutOld = plan.sendsOldValues && store === undefined
  const apply = changeOf(keep, worksOutOld, failed)
  const isPut = putting(store, plan, failed, context)
  return (record) => {
    const { value, oldValue, isLatest } = record
    if (!apply(record)) return
    if (store !== undefined && plan.sendsOldValues) {
      record.oldValue = valueIn(store, record.key)
    }
    // A key that was not there, and is not now, is nobody's business.
    const isNothing = plan.sendsOldValues && record.oldValue === null && record.value === null
    // History has a deletion of what was not there, too.
    if (!isNothing || plan.readsHistory) {
      if (isPut(record)) next(record)
    }
    record.value = value
    record.oldValue = oldValue
    record.isLatest = isLatest
  }
}

/** Kafka's KTableMapValues and KTableTransformValues, by what makes the values. */
export function tableMapValues(
  compute: UserFunction,
  plan: TablePlan,
  store: TableStore | undefined,
  next: Forward,
  failed: OnFailure,
  context: TaskContext,
): Forward {
  const apply = changeOf(compute, plan.sendsOldValues && store === undefined, failed)
  const isPut = putting(store, plan, failed, context)
  return (record) => {
    const { value, oldValue, isLatest } = record
    if (!apply(record)) return
    if (isPut(record)) next(record)
    record.value = value
    record.oldValue = oldValue
    record.isLatest = isLatest
  }
}

/** What a filter makes of a value: itself, or null. */
export function tableKeeper(node: TableFilterNode): UserFunction {
  const keep = node.keep as unknown as UserFunction
  return (value, record) => {
    if (value === null || value === undefined) return null
    return Boolean(keep(value, record)) !== node.isNegated ? value : null
  }
}

/** What a map makes of a value; null stays null. */
export function tableMapper(node: TableMapValuesNode): UserFunction {
  const map = node.map as unknown as UserFunction
  return (value, record) => {
    return value === null || value === undefined ? null : (map(value, record) ?? null)
  }
}

/** Puts what user code makes of new and old value in their places; false where it failed. */
function changeOf(
  compute: UserFunction,
  worksOutOld: boolean,
  failed: OnFailure,
): (record: StreamRecord) => boolean {
  return (record) => {
    let value: unknown
    let oldValue: unknown
    try {
      value = compute(record.value, record)
      oldValue = worksOutOld ? compute(record.oldValue, record) : null
    } catch (cause) {
      failed(cause)
      return false
    }
    record.value = value
    record.oldValue = oldValue
    return true
  }
}

/**
 * Puts a record's value into the store that there may be, and the one before in its place where that is wanted;
 * false where it is too old, or its serde cannot write it.
 */
function putting(
  store: TableStore | undefined,
  { sendsOldValues }: TablePlan,
  failed: OnFailure,
  context: TaskContext,
): (record: StreamRecord) => boolean {
  if (store === undefined) return () => true
  return (record) => {
    try {
      record.oldValue = sendsOldValues ? valueIn(store, record.key) : null
      return putInTable(store, record, record.value, record.timestampMs, context)
    } catch (cause) {
      failed(cause)
      return false
    }
  }
}
