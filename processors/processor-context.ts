// What user code is given to make a processor: the task's clocks, its stores, and where the record in work
// was read. Processors of streams and of tables add to it what they can do beside.
import { TopologyError } from '../topology/errors.ts'
import { GlobalStore } from '../topology/global-store.ts'
import { GlobalTable } from '../topology/global-table.ts'
import type { BaseProcessorContext } from '../topology/process.ts'
import type { StoreGetter, StoreSpec } from '../topology/processor-stores.ts'
import { Table } from '../topology/table.ts'
import type { OnFailure } from './failures.ts'
import { metadataOf } from './headers.ts'
import type { ProcessStores } from './process-stores.ts'
import type { TaskContext } from './processor.ts'
import type { QueryableStore } from './queryable.ts'

type AnyTable = Table<unknown, unknown>
type StoreKind = QueryableStore['kind']
type GlobalState = GlobalStore<StoreSpec<unknown, unknown>> | GlobalTable<unknown, unknown>

/** A node whose user code may ask for stores. */
export interface StoreUser {
  readonly name: string
  readonly stores: readonly StoreSpec<unknown, unknown>[]
  /** Names of the tables that it reads. */
  readonly tables?: readonly string[]
}

/** What a task has for its processors. */
export interface ProcessorSurroundings {
  readonly stores: ProcessStores
  /** The store of a table, where it is kept in one. */
  readonly tableOf?: (name: string) => QueryableStore | undefined
  readonly failed: OnFailure
  readonly context: TaskContext
}

/** @param isAtWork whether a record is in work, and not a punctuator. */
export function processorContext(
  node: StoreUser,
  { stores, tableOf, failed, context }: ProcessorSurroundings,
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
    store: storeGetter(node, stores, tableOf),
    schedule(type, everyMs, punctuator) {
      if (!(everyMs >= 1)) {
        const why = `a punctuator is called each millisecond at most, not each ${everyMs} ms; give it more`
        throw new TopologyError(node.name, why)
      }
      const guarded = context.guardPunctuator?.(type, punctuator) ?? punctuator
      return context.schedule(type, everyMs, (timeMs) => {
        try {
          guarded(timeMs)
        } catch (cause) {
          failed(cause)
        }
      })
    },
  }
}

function storeGetter(
  node: StoreUser,
  stores: ProcessStores,
  tableOf: ProcessorSurroundings['tableOf'],
): StoreGetter {
  return ((spec: StoreSpec<unknown, unknown> | GlobalState | AnyTable, kind?: StoreKind) => {
    if (spec instanceof Table) return readTable(node, spec.origin, kind ?? 'key-value', tableOf)
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

/** Only the table itself writes: the type of what is given has no more than reading. */
function readTable(
  node: StoreUser,
  name: string,
  kind: StoreKind,
  tableOf: ProcessorSurroundings['tableOf'],
): unknown {
  const found = node.tables?.includes(name) === true ? tableOf?.(name) : undefined
  if (found === undefined) {
    throw new TopologyError(
      node.name,
      `table ${name} was not declared with it: name it in its tables`,
    )
  }
  if (found.kind === kind) return found.store
  const how = found.kind === 'key-value' ? 'store(table)' : `store(table, '${found.kind}')`
  throw new TopologyError(node.name, `table ${name} is kept as ${found.kind}: ask for it by ${how}`)
}
