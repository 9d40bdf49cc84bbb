// Runs processors of the user's own (Kafka's KStreamProcess and its fixed-key twin): stores, punctuators and
// forwarding, by the Processor API of topology/process.ts.
import { MemoryKeyValueStore } from '../state/stores/key-value-store.ts'
import { TopologyError } from '../topology/errors.ts'
import type {
  BaseProcessorContext,
  FixedKeyProcessorContext,
  ForwardedRecord,
  ProcessNode,
  ProcessorContext,
  StoreSpec,
} from '../topology/process.ts'
import type { KeyValueStore } from '../topology/store-contracts.ts'
import type { OnFailure } from './failures.ts'
import { StreamRecord, userError, type Forward, type TaskContext } from './processor.ts'
import { forwardWithKey } from './stateless.ts'

/** The stores of a task's processors, by name: those that share a store get the same. */
export type ProcessStores = Map<string, MemoryKeyValueStore<unknown, unknown>>

/** Opens the stores of a node that are not open yet. */
export function openProcessStores(
  node: ProcessNode,
  stores: ProcessStores,
  context: TaskContext,
): void {
  for (const { name, key, value } of node.stores) {
    if (stores.has(name)) continue
    const store = new MemoryKeyValueStore<unknown, unknown>({ name, key, value })
    context.addStore(store)
    stores.set(name, store)
  }
}

type Run = (value: unknown, record: StreamRecord) => void

/** What makes the processors when all are there, by node: in the order of definition, as Kafka's init. */
export type Starts = Map<string, () => void>

/** The processor is made when `starts` are called. */
export function userProcessor(
  node: ProcessNode,
  stores: ProcessStores,
  next: Forward,
  failed: OnFailure,
  context: TaskContext,
  starts: Starts,
): Forward {
  /** The record in work, or the one that a punctuator sends. */
  let current: StreamRecord | undefined
  const own = new StreamRecord()
  const base = baseContext(node, stores, failed, context)
  const forward = ({ key, value, timestampMs }: ForwardedRecord<unknown, unknown>): void => {
    const record = current ?? own
    if (current === undefined) own.timestampMs = context.streamTimeMs
    send(record, key, value, timestampMs ?? record.timestampMs, next)
  }
  const forwardValue = (value: unknown, timestampMs?: number): void => {
    if (current === undefined) {
      throw new TopologyError(
        node.name,
        'no record is in work: a punctuator needs process() to forward',
      )
    }
    const { value: before, timestampMs: timeBefore } = current
    current.value = value
    current.timestampMs = timestampMs ?? timeBefore
    next(current)
    current.value = before
    current.timestampMs = timeBefore
  }
  // Getters must stay getters.
  const given = Object.defineProperty(base, 'forward', {
    value: node.isFixedKey ? forwardValue : forward,
  }) as ProcessorContext<unknown, unknown> & FixedKeyProcessorContext<unknown>
  let run: Run
  starts.set(node.name, () => {
    try {
      run = node.make(given as never) as unknown as Run
    } catch (cause) {
      throw userError(node.name, cause)
    }
  })
  return (record) => {
    const before = current
    current = record
    try {
      run(record.value, record)
    } catch (cause) {
      failed(record, cause)
    } finally {
      current = before
    }
  }
}

function baseContext(
  node: ProcessNode,
  stores: ProcessStores,
  failed: OnFailure,
  context: TaskContext,
): BaseProcessorContext {
  return {
    partition: context.partition,
    get streamTimeMs() {
      return context.streamTimeMs
    },
    get wallClockMs() {
      return context.nowMs
    },
    store<K, V>(spec: StoreSpec<K, V>): KeyValueStore<K, V> {
      const isDeclared = node.stores.some((declared) => declared.name === spec.name)
      const store = isDeclared ? stores.get(spec.name) : undefined
      if (store !== undefined) return store as unknown as KeyValueStore<K, V>
      const why = `store ${spec.name} was not declared with it: name it in its stores`
      throw new TopologyError(node.name, why)
    },
    schedule: (type, everyMs, punctuator) =>
      context.schedule(type, everyMs, (timeMs) => {
        try {
          punctuator(timeMs)
        } catch (cause) {
          failed(new StreamRecord(), cause)
        }
      }),
  }
}

function send(
  record: StreamRecord,
  key: unknown,
  value: unknown,
  timestampMs: number,
  next: Forward,
): void {
  const { value: valueBefore, timestampMs: timeBefore } = record
  record.value = value
  record.timestampMs = timestampMs
  forwardWithKey(record, key, next)
  record.value = valueBefore
  record.timestampMs = timeBefore
}
