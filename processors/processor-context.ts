// What user code is given to make a processor: the task's clocks, its stores, and where the record in work
// was read. Processors of streams and of tables add to it what they can do beside.
import { TopologyError } from '../topology/errors.ts'
import { GlobalStore } from '../topology/global-store.ts'
import { GlobalTable } from '../topology/global-table.ts'
import type { BaseProcessorContext } from '../topology/process.ts'
import type { StoreGetter, StoreSpec } from '../topology/processor-stores.ts'
import type { OnFailure } from './failures.ts'
import { metadataOf } from './headers.ts'
import type { ProcessStores } from './process-stores.ts'
import { StreamRecord, type TaskContext } from './processor.ts'

type GlobalState = GlobalStore<StoreSpec<unknown, unknown>> | GlobalTable<unknown, unknown>

/** A node whose user code may ask for stores. */
export interface StoreUser {
  readonly name: string
  readonly stores: readonly StoreSpec<unknown, unknown>[]
}

/** What a task has for its processors. */
export interface ProcessorSurroundings {
  readonly stores: ProcessStores
  readonly failed: OnFailure
  readonly context: TaskContext
}

/** @param isAtWork whether a record is in work, and not a punctuator. */
export function processorContext(
  node: StoreUser,
  { stores, failed, context }: ProcessorSurroundings,
  isAtWork: () => boolean,
): BaseProcessorContext {
  return {
    partition: context.partition,
    get streamTimeMs() {
      return context.streamTimeMs
    },
    get wallClockMs() {
      return context.nowMs
    },
    get recordMetadata() {
      return isAtWork() ? metadataOf(context) : undefined
    },
    store: storeGetter(node, stores),
    schedule(type, everyMs, punctuator) {
      if (!(everyMs >= 1)) {
        const why = `a punctuator is called each millisecond at most, not each ${everyMs} ms; give it more`
        throw new TopologyError(node.name, why)
      }
      return context.schedule(type, everyMs, (timeMs) => {
        try {
          punctuator(timeMs)
        } catch (cause) {
          failed(new StreamRecord(), cause)
        }
      })
    },
  }
}

function storeGetter(node: StoreUser, stores: ProcessStores): StoreGetter {
  return ((spec: StoreSpec<unknown, unknown> | GlobalState) => {
    if (spec instanceof GlobalStore || spec instanceof GlobalTable) {
      const { name } = spec instanceof GlobalStore ? spec.store : spec
      const global = stores.get(name)
      if (global !== undefined) return global
      throw new TopologyError(node.name, `${name} is no global store of this topology`)
    }
    const isDeclared = node.stores.some((declared) => declared.name === spec.name)
    const store = isDeclared ? stores.get(spec.name) : undefined
    if (store !== undefined) return store
    const why = `store ${spec.name} was not declared with it: name it in its stores`
    throw new TopologyError(node.name, why)
  }) as StoreGetter
}
