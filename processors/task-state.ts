// The stores of a task and the tables that they make, opened in the order of definition before any
// processor is made: an operator finds those of the nodes before it. Used by the builder and by queries.
import { assertNever, type TopologyNode } from '../topology/node.ts'
import { declaredStoresOf } from '../topology/processor-stores.ts'
import type { SuppressNode } from '../topology/table-nodes.ts'
import { isPlainCount, type TablePlan } from '../topology/table-plan.ts'
import type { CountView } from '../state/count-view.ts'
import { MemorySessionStore } from '../state/stores/session-store.ts'
import { MemoryVersionedStore } from '../state/stores/versioned-store.ts'
import type { Windowed } from '../topology/windows.ts'
import { openAggregateStore } from './aggregate.ts'
import { openProcessStores, queryableStore, type ProcessStores } from './process-stores.ts'
import { StreamRecord, type TaskContext } from './processor.ts'
import type { QueryableStore } from './queryable.ts'
import { openRecordWindowedStore, type RecordWindowedStore } from './record-windowed-aggregate.ts'
import { openSubscriptions, type SubscriptionStore } from './foreign-answer.ts'
import type { JoinStores } from './stream-join.ts'
import { openJoinStores } from './stream-join-node.ts'
import { openSuppressBuffer, type HeldChanges } from './suppress-node.ts'
import { openTableStore, tableKeeper, tableMapper } from './table.ts'
import type { TableStore } from './table-store.ts'
import { openWaiting, type WaitingStore } from './waiting-join.ts'
import { joinView } from './table-join.ts'
import { transformedView } from './table-transform.ts'
import { TableViews, type TableView } from './table-view.ts'
import { countAsAggregate, openWindowedStore, type WindowedStore } from './windowed-store.ts'

/** What gives a table that may be kept in a store. */
type KeptKind =
  | 'to-table'
  | 'table-filter'
  | 'table-map-values'
  | 'table-transform'
  | 'table-join'
  | 'foreign-join'

/** Stores and tables of one task. */
export class TaskState {
  readonly views = new TableViews()
  readonly processStores: ProcessStores = new Map()
  readonly #tables = new Map<string, TableStore>()
  readonly #windowed = new Map<string, WindowedStore>()
  readonly #recordWindowed = new Map<string, RecordWindowedStore>()
  readonly #joins = new Map<string, JoinStores>()
  readonly #subscriptions = new Map<string, SubscriptionStore>()
  readonly #suppressed = new Map<string, HeldChanges>()
  readonly #topic: string
  readonly #counts = new Map<string, CountView<unknown>>()
  readonly #waiting = new Map<string, WaitingStore>()
  readonly #plans: ReadonlyMap<string, TablePlan>
  readonly #context: TaskContext

  constructor(
    nodes: readonly TopologyNode[],
    plans: ReadonlyMap<string, TablePlan>,
    context: TaskContext,
    topic: string,
  ) {
    this.#topic = topic
    this.#plans = plans
    this.#context = context
    for (const node of nodes) this.#open(node)
  }

  /** The store of a table; undefined where it is kept in none. */
  tableOf(name: string): TableStore | undefined {
    return this.#tables.get(name)
  }

  /** The store of an aggregate. */
  table(name: string): TableStore {
    return this.#tables.get(name)!
  }

  /** The store of a windowed aggregate. */
  windowed(name: string): WindowedStore {
    return this.#windowed.get(name)!
  }

  /** The stores of a stream-stream join. */
  join(name: string): JoinStores {
    return this.#joins.get(name)!
  }

  /** Who has subscribed to rows of the right table of a foreign-key join. */
  subscriptions(name: string): SubscriptionStore {
    return this.#subscriptions.get(name)!
  }

  /** What a suppressed table holds back. */
  suppressed(name: string): HeldChanges {
    return this.#suppressed.get(name)!
  }

  /** The store of an aggregate over sliding windows or sessions. */
  recordWindowed(name: string): RecordWindowedStore {
    return this.#recordWindowed.get(name)!
  }

  /** The records of a join with grace that wait. */
  waiting(name: string): WaitingStore | undefined {
    return this.#waiting.get(name)
  }

  /** Counts by key id have a store of their own kind. */
  addCounts(name: string, view: CountView<unknown>): void {
    this.#counts.set(name, view)
  }

  /** The store of this name as it can be asked from outside; undefined where there is none. */
  queryable(name: string): QueryableStore | undefined {
    const table = this.#tables.get(name)
    if (table instanceof MemoryVersionedStore) return { kind: 'versioned', store: table }
    if (table !== undefined) return { kind: 'key-value', store: table }
    const declared = this.processStores.get(name)
    if (declared !== undefined) return queryableStore(declared)
    const byRecords = this.#recordWindowed.get(name)
    if (byRecords instanceof MemorySessionStore) return { kind: 'session', store: byRecords }
    const windows = byRecords ?? this.#windowed.get(name) ?? this.#counts.get(name)
    return windows === undefined ? undefined : { kind: 'window', store: windows }
  }

  #open(node: TopologyNode): void {
    const { name } = node
    openProcessStores(declaredStoresOf(node), this.processStores, this.#context)
    switch (node.kind) {
      case 'aggregate':
      case 'table-aggregate':
        this.#addTable(name, openAggregateStore(node, this.#context))
        return
      case 'windowed-count':
        if (isPlainCount(this.#plans.get(name)!)) return
        this.#addTimeWindowed(name, openWindowedStore(countAsAggregate(node), this.#context))
        return
      case 'windowed-aggregate':
        this.#openWindowed(node)
        return
      case 'to-table':
      case 'table-filter':
      case 'table-map-values':
      case 'table-transform':
      case 'table-join':
      case 'foreign-join':
        this.#openTable(node)
        return
      case 'foreign-answer':
        this.#subscriptions.set(name, openSubscriptions(node, this.#context))
        return
      case 'suppress':
        this.#openSuppressed(node)
        return
      case 'stream-join':
        this.#joins.set(name, openJoinStores(node, this.#context))
        return
      case 'stream-table-join':
        if (node.graceMs !== undefined) this.#waiting.set(name, openWaiting(node, this.#context))
        return
      default:
        return
    }
  }

  #openTable(node: Extract<TopologyNode, { kind: KeptKind }>): void {
    const store = openTableStore(node.name, this.#plans.get(node.name)!, this.#context)
    if (store !== undefined) {
      this.#addTable(node.name, store)
      return
    }
    switch (node.kind) {
      case 'to-table':
      case 'foreign-join':
        return
      case 'table-filter':
        this.#derive(node, tableKeeper(node))
        return
      case 'table-map-values':
        this.#derive(node, tableMapper(node))
        return
      case 'table-transform': {
        const { processStores, views } = this
        const view = transformedView(node, views.of(node.from), processStores, this.#context)
        views.set(node.name, view)
        return
      }
      case 'table-join':
        this.views.set(
          node.name,
          joinView(node, this.views.of(node.from), this.views.of(node.with)),
        )
        return
      default:
        assertNever(node)
    }
  }

  #addTable(name: string, store: TableStore): void {
    this.#tables.set(name, store)
    this.views.set(name, {
      get: (key, asOfMs) =>
        asOfMs !== undefined && 'getAsOf' in store
          ? store.getAsOf(key, asOfMs)
          : store.getWithTimestamp(key),
    })
  }

  #openWindowed(node: Extract<TopologyNode, { kind: 'windowed-aggregate' }>): void {
    const byRecords = openRecordWindowedStore(node, this.#context)
    if (byRecords !== undefined) {
      this.#recordWindowed.set(node.name, byRecords)
      this.#viewWindows(node.name, byRecords)
      return
    }
    this.#addTimeWindowed(node.name, openWindowedStore(node, this.#context))
  }

  #addTimeWindowed(name: string, store: WindowedStore): void {
    this.#windowed.set(name, store)
    this.#viewWindows(name, store)
  }

  /** What is held has not changed yet for those behind. */
  #openSuppressed(node: SuppressNode): void {
    const buffer = openSuppressBuffer(node, this.#topic, this.#context)
    this.#suppressed.set(node.name, buffer)
    this.views.set(node.name, {
      get: (key) => {
        const prior = buffer.priorOf(key)
        if (prior === undefined) return this.views.find(node.from)?.get(key)
        return prior === null ? undefined : { value: prior, timestampMs: -1 }
      },
    })
  }

  #viewWindows(name: string, store: RecordWindowedStore): void {
    this.views.set(name, {
      get(windowed) {
        const { key, window } = windowed as Windowed<unknown>
        const entry = store.find(key, window.startMs, window.endMs)
        if (entry < 0) return undefined
        return { value: store.valueAt(entry), timestampMs: store.timestampAt(entry) }
      },
    })
  }

  /** A table that is worked out of the one before it. */
  #derive(
    node: Extract<TopologyNode, { kind: 'table-filter' | 'table-map-values' }>,
    compute: (value: unknown, record: StreamRecord) => unknown,
  ): void {
    const record = new StreamRecord()
    const view: TableView = {
      get: (key, asOfMs) => {
        const before = this.views.find(node.from)?.get(key, asOfMs)
        if (before === undefined) return undefined
        record.key = key
        record.timestampMs = before.timestampMs
        const value = compute(before.value, record)
        return value === null ? undefined : { value, timestampMs: before.timestampMs }
      },
    }
    this.views.set(node.name, view)
  }
}
