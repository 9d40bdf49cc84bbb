// Operators without state: each makes a forward function out of its node and what comes next.
import type {
  FilterNode,
  MapNode,
  MapValuesNode,
  PeekNode,
  SelectKeyNode,
} from '../topology/node.ts'
import { userError, type Forward, type StreamRecord } from './processor.ts'

type UserFunction = (value: unknown, record: StreamRecord) => unknown

/** Calls user code, and tells what it throws with the node's name. */
function call(node: string, fn: UserFunction, record: StreamRecord): unknown {
  try {
    return fn(record.value, record)
  } catch (cause) {
    throw userError(node, cause)
  }
}

/** Kafka's KStreamFilter. */
export function filter(node: FilterNode, next: Forward): Forward {
  const keep = node.keep as unknown as UserFunction
  return (record) => {
    if (Boolean(call(node.name, keep, record)) !== node.isNegated) next(record)
  }
}

/** Kafka's KStreamMapValues: the key stays. */
export function mapValues(node: MapValuesNode, next: Forward): Forward {
  const map = node.map as unknown as UserFunction
  return (record) => {
    const { value } = record
    record.value = call(node.name, map, record)
    next(record)
    record.value = value
  }
}

/** Kafka's KStreamMap. */
export function map(node: MapNode, next: Forward): Forward {
  const mapper = node.map as unknown as UserFunction
  return (record) => {
    const { value } = record
    const mapped = call(node.name, mapper, record) as { key: unknown; value: unknown }
    record.value = mapped.value
    withKey(record, mapped.key, next)
    record.value = value
  }
}

/** Kafka's KStreamMap with the value kept. */
export function selectKey(node: SelectKeyNode, next: Forward): Forward {
  const select = node.select as unknown as UserFunction
  return (record) => withKey(record, call(node.name, select, record), next)
}

/** Kafka's KStreamPeek. */
export function peek(node: PeekNode, next: Forward): Forward {
  const look = node.look as unknown as UserFunction
  return (record) => {
    call(node.name, look, record)
    next(record)
  }
}

function withKey(record: StreamRecord, key: unknown, next: Forward): void {
  const { key: keyBefore, keys, keyId } = record
  record.key = key
  record.keys = undefined
  record.keyId = -1
  next(record)
  record.key = keyBefore
  record.keys = keys
  record.keyId = keyId
}
