// Small processors for what the DSL's own operators do not exercise.
import {
  keyValueStore,
  milliseconds,
  type FixedKeyProcessorContext,
  type ProcessorContext,
  type RecordContext,
  type KeyValueStore,
  type KeyValueStoreSpec,
  type Stream,
} from '../../index.ts'
import { Unsupported, type CaseNode, type FunctionSpec } from './case.ts'
import { keySerde, valueSerde } from './codecs.ts'
import { number, text, type Key } from './functions.ts'

type CaseStream = Stream<Key, unknown>
type Record = RecordContext<Key>
type Result = { copies: number; value: unknown; timestampMs: number }

function applying(
  spec: FunctionSpec,
  store: KeyValueStore<unknown, unknown> | undefined,
): (value: unknown, record: Record) => Result {
  return (value, { key, timestampMs }) => {
    switch (spec.fn) {
      case 'runningCount': {
        if (key === null) return { copies: 1, value: 0, timestampMs }
        const count = (number(store!.get(key) ?? null) ?? 0) + 1
        store!.put(key, count)
        return { copies: 1, value: count, timestampMs }
      }
      case 'dedupe': {
        if (key === null) return { copies: 1, value, timestampMs }
        const before = store!.get(key) ?? null
        store!.put(key, value)
        return { copies: before === value ? 0 : 1, value, timestampMs }
      }
      case 'shiftTs':
        return { copies: 1, value, timestampMs: Math.max(0, timestampMs + Number(spec.byMs)) }
      case 'repeat':
        return { copies: Number(spec.times), value, timestampMs }
      default:
        throw new Unsupported(`processor ${spec.fn}`)
    }
  }
}

const storeOf = (node: CaseNode): KeyValueStoreSpec<unknown, unknown> | undefined =>
  typeof node.store === 'string'
    ? keyValueStore<unknown, unknown>(`store.${node.store}`, {
        key: keySerde,
        value: valueSerde,
      })
    : undefined

/** The ops `process` and `processValues`. */
export function processing(stream: CaseStream, name: string, node: CaseNode): CaseStream {
  const spec = node.processor as FunctionSpec
  const store = storeOf(node)
  const stores = store === undefined ? [] : [store]
  if (node.op === 'processValues') {
    return stream.processValues(name, {
      stores,
      make(context: FixedKeyProcessorContext<unknown>) {
        const apply = applying(spec, store && context.store(store))
        return (value, record) => {
          const result = apply(value, record)
          for (let i = 0; i < result.copies; i++) context.forward(result.value, result.timestampMs)
        }
      },
    })
  }
  return stream.process(name, {
    stores,
    make(context: ProcessorContext<Key, unknown>) {
      const apply = applying(spec, store && context.store(store))
      return (value, record) => {
        if (spec.fn === 'swap') {
          context.forward({ key: text(value), value: text(record.key) })
          return
        }
        const { copies, value: result, timestampMs } = apply(value, record)
        const { key } = record
        for (let i = 0; i < copies; i++) context.forward({ key, value: result, timestampMs })
      }
    },
  })
}

/** The op `punctuate`: nothing but how many records there were, each interval. */
export function punctuating(stream: CaseStream, name: string, node: CaseNode): CaseStream {
  const type = node.type === 'streamTime' ? 'stream-time' : 'wall-clock'
  return stream.process(name, {
    make(context: ProcessorContext<Key, unknown>) {
      let records = 0
      context.schedule(type, milliseconds(Number(node.intervalMs)), (timeMs) => {
        context.forward({ key: 'punct', value: records, timestampMs: timeMs })
      })
      return () => {
        records += 1
      }
    },
  })
}
