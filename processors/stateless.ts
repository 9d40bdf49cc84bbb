// Operators without state: each makes a forward function out of its node and what comes next.
import type {
  FilterNode,
  FlatMapNode,
  FlatMapValuesNode,
  ForEachNode,
  MapNode,
  MapValuesNode,
  PeekNode,
  SelectKeyNode,
  SplitNode,
} from '../topology/node.ts'
import type { OnFailure } from './failures.ts'
import type { Forward, StreamRecord, TaskContext } from './processor.ts'

type UserFunction = (value: unknown, record: StreamRecord) => unknown
type KeyValue = { key: unknown; value: unknown }

/** Kafka's KStreamFilter. */
export function filter(node: FilterNode, next: Forward, failed: OnFailure): Forward {
  const keep = node.keep as unknown as UserFunction
  return (record) => {
    let isKept: boolean
    try {
      isKept = Boolean(keep(record.value, record)) !== node.isNegated
    } catch (cause) {
      failed(cause)
      return
    }
    if (isKept) next(record)
  }
}

/** Kafka's KStreamMapValues: the key stays. */
export function mapValues(node: MapValuesNode, next: Forward, failed: OnFailure): Forward {
  const map = node.map as unknown as UserFunction
  return (record) => {
    const { value } = record
    let mapped: unknown
    try {
      mapped = map(value, record)
    } catch (cause) {
      failed(cause)
      return
    }
    record.value = mapped
    next(record)
    record.value = value
  }
}

/** Kafka's KStreamFlatMapValues: all values are made before the first goes on. */
export function flatMapValues(node: FlatMapValuesNode, next: Forward, failed: OnFailure): Forward {
  const map = node.map as unknown as UserFunction
  return (record) => {
    const { value } = record
    let mapped: unknown[]
    try {
      mapped = [...(map(value, record) as Iterable<unknown>)]
    } catch (cause) {
      failed(cause)
      return
    }
    for (const one of mapped) {
      record.value = one
      next(record)
    }
    record.value = value
  }
}

/** Kafka's KStreamMap. */
export function map(node: MapNode, next: Forward, failed: OnFailure): Forward {
  const mapper = node.map as unknown as UserFunction
  return (record) => {
    let mapped: KeyValue
    try {
      mapped = mapper(record.value, record) as KeyValue
    } catch (cause) {
      failed(cause)
      return
    }
    forwardPair(record, mapped, next)
  }
}

/** Kafka's KStreamFlatMap: all records are made before the first goes on. */
export function flatMap(node: FlatMapNode, next: Forward, failed: OnFailure): Forward {
  const mapper = node.map as unknown as UserFunction
  return (record) => {
    let mapped: KeyValue[]
    try {
      mapped = [...(mapper(record.value, record) as Iterable<KeyValue>)]
    } catch (cause) {
      failed(cause)
      return
    }
    for (const one of mapped) forwardPair(record, one, next)
  }
}

/** Kafka's KStreamMap with the value kept. */
export function selectKey(node: SelectKeyNode, next: Forward, failed: OnFailure): Forward {
  const select = node.select as unknown as UserFunction
  return (record) => {
    let key: unknown
    try {
      key = select(record.value, record)
    } catch (cause) {
      failed(cause)
      return
    }
    forwardWithKey(record, key, next)
  }
}

/** Kafka's KStreamPeek. */
export function peek(node: PeekNode, next: Forward, failed: OnFailure): Forward {
  return observe(node.look as unknown as UserFunction, next, failed)
}

/** Kafka's KStreamForeach. */
export function forEach(node: ForEachNode, failed: OnFailure): Forward {
  return observe(node.call as unknown as UserFunction, () => undefined, failed)
}

/** Kafka's KStreamBranch; a branch without anything behind it takes its records, and ends them. */
export function split(
  node: SplitNode,
  branches: readonly (Forward | undefined)[],
  failed: OnFailure,
  context: TaskContext,
): Forward {
  const predicates = node.predicates as unknown as readonly UserFunction[]
  return (record) => {
    let index = 0
    try {
      while (index < predicates.length && !predicates[index]!(record.value, record)) index += 1
    } catch (cause) {
      failed(cause)
      return
    }
    const next = branches[index]
    if (next === undefined) context.drop(node.name, 'unrouted')
    else next(record)
  }
}

function observe(look: UserFunction, next: Forward, failed: OnFailure): Forward {
  return (record) => {
    try {
      look(record.value, record)
    } catch (cause) {
      failed(cause)
      return
    }
    next(record)
  }
}

function forwardPair(record: StreamRecord, pair: KeyValue, next: Forward): void {
  const { value } = record
  record.value = pair.value
  forwardWithKey(record, pair.key, next)
  record.value = value
}

/** Forwards a record under another key, which no grouping knows. */
export function forwardWithKey(record: StreamRecord, key: unknown, next: Forward): void {
  const { key: keyBefore, keys, keyId } = record
  record.key = key
  record.keys = undefined
  record.keyId = -1
  next(record)
  record.key = keyBefore
  record.keys = keys
  record.keyId = keyId
}
