// Which tables are kept in a store, and which send the old value with a change: what operators ask of the
// tables before them, in the order of definition, as Kafka's enableSendingOldValues and materialize.
import { assertNever, type TopologyNode } from './node.ts'
import { TopologyError } from './errors.ts'
import { subscriptionStoreOf, type ForeignJoinNode } from './foreign-join.ts'
import { joinStoresOf } from './stream-join.ts'
import { waitingStoreOf } from './join-nodes.ts'
import { float64 } from './serdes/primitive.ts'
import type { Serde } from './serdes/serde.ts'
import { declaredStoresOf } from './processor-stores.ts'
import type { TableStore } from './table-nodes.ts'

/** Whether a count is kept like other aggregates, for its old values or to be looked up. */
export function isPlainCount({ store, sendsOldValues }: TablePlan): boolean {
  return store === undefined && !sendsOldValues
}

/** What was decided on a node that gives a table. */
export interface TablePlan {
  /** The store that it is kept in, if it is. */
  readonly store: TableStore | undefined
  /** Whether its changes carry the value before. */
  readonly sendsOldValues: boolean
  /** Whether a join looks its rows up, itself or by what is worked out of it. */
  readonly isLookedUp: boolean
  /** Whether the table before it keeps history, itself or by what it is worked out of. */
  readonly readsHistory: boolean
  /** Whether its changes may be ones that only history took. */
  readonly hasHistory: boolean
}

interface TableState {
  store: TableStore | undefined
  sendsOldValues: boolean
  isLookedUp: boolean
  readonly readsHistory: boolean
  hasHistory: boolean
}

/** The plans of all table nodes by name. */
export function tablePlansOf(nodes: readonly TopologyNode[]): ReadonlyMap<string, TablePlan> {
  const planner = new TablePlanner(nodes)
  for (const node of nodes) planner.define(node)
  return planner.plans
}

class TablePlanner {
  readonly plans = new Map<string, TableState>()
  readonly #nodes: ReadonlyMap<string, TopologyNode>

  constructor(nodes: readonly TopologyNode[]) {
    this.#nodes = new Map(nodes.map((node) => [node.name, node]))
  }

  define(node: TopologyNode): void {
    switch (node.kind) {
      case 'to-table':
        this.#plan(node.name, node.isKept ? node.store : undefined)
        return
      case 'windowed-count':
      case 'aggregate':
      case 'windowed-aggregate':
      case 'table-aggregate':
        this.#plan(node.name, undefined)
        return
      case 'table-filter':
        // A filter asks for old values where they are to be had: it can leave out needless tombstones then.
        this.#plan(node.name, node.store).sendsOldValues = this.#ask(node.from, false)
        return
      case 'table-map-values':
      case 'table-transform':
        this.#plan(node.name, node.store)
        return
      case 'suppress':
        // Those who look a held key up see what was there before.
        this.#plan(node.name, undefined).sendsOldValues = this.#ask(node.from, true)
        return
      case 'table-group':
        this.#ask(node.from, true)
        return
      case 'table-join':
        if (node.how !== 'inner') this.#ask(node.from, true)
        if (node.how === 'outer') this.#ask(node.with, true)
        this.#keep(node.from)
        this.#keep(node.with)
        this.#plan(node.name, node.store).hasHistory = false
        return
      case 'foreign-subscription':
        this.#ask(node.from, true)
        return
      case 'foreign-answer':
        this.#ask(node.with, true)
        this.#keep(node.with)
        return
      case 'foreign-join':
        this.#keep(node.from)
        this.#plan(node.name, node.isKept ? node.store : undefined).hasHistory = false
        return
      case 'stream-table-join':
        this.#keep(node.with)
        return
      case 'process':
        for (const table of node.tables) this.#keep(table)
        return
      default:
        return
    }
  }

  #plan(name: string, store: TableStore | undefined): TableState {
    const node = this.#nodes.get(name)!
    const readsHistory = 'from' in node && (this.plans.get(node.from)?.hasHistory ?? false)
    const kept = 'historyMs' in node ? node.historyMs : store?.historyMs
    const isKept = store !== undefined || storesOf(node, this.plans).includes(name)
    const hasHistory = isKept ? kept !== undefined : readsHistory
    const is = { sendsOldValues: false, isLookedUp: false }
    const state: TableState = { store, ...is, readsHistory, hasHistory }
    this.plans.set(name, state)
    return state
  }

  /** Asks a table for old values; by force it is kept in a store for that. @returns whether it will. */
  #ask(name: string, isForced: boolean): boolean {
    const state = this.plans.get(name)
    const node = this.#nodes.get(name)
    if (state === undefined || node === undefined) return false
    if (state.sendsOldValues) return true
    state.sendsOldValues = this.#canSend(node, state, isForced)
    return state.sendsOldValues
  }

  /** Sees to it that a table can be looked up: itself, or what it is worked out of, is kept in a store. */
  #keep(name: string): void {
    const state = this.plans.get(name)
    const node = this.#nodes.get(name)
    if (state === undefined || node === undefined) return
    state.isLookedUp = true
    if (state.store !== undefined) return
    switch (node.kind) {
      case 'to-table':
        state.store = node.store
        return
      case 'foreign-join':
        state.store = storeOf(node)
        return
      case 'table-filter':
      case 'table-map-values':
      case 'table-transform':
      case 'suppress':
        this.#keep(node.from)
        return
      case 'table-join':
        this.#keep(node.from)
        this.#keep(node.with)
        return
      case 'windowed-count':
        // Counts by key id cannot be looked up: these are kept like other aggregates.
        state.store = { key: node.key, value: float64 as unknown as Serde<never> }
        return
      default:
        return
    }
  }

  #canSend(node: TopologyNode, state: TableState, isForced: boolean): boolean {
    switch (node.kind) {
      case 'to-table':
        if (state.store === undefined && isForced) state.store = node.store
        return state.store !== undefined
      case 'foreign-join':
        if (state.store === undefined && isForced) state.store = storeOf(node)
        return state.store !== undefined
      case 'windowed-count':
      case 'aggregate':
      case 'windowed-aggregate':
      case 'table-aggregate':
        return true
      case 'table-filter':
      case 'table-map-values':
      case 'table-transform':
        return state.store !== undefined || this.#ask(node.from, isForced)
      case 'table-join':
        this.#ask(node.from, true)
        this.#ask(node.with, true)
        return true
      default:
        return false
    }
  }
}

/** What a join's result is kept in: it cannot be worked out of both tables, which lie in different tasks. */
function storeOf({ name, store }: ForeignJoinNode): TableStore {
  if (store !== undefined) return store
  throw new TopologyError(
    name,
    'what comes behind looks its rows up, so they must be kept: give the serde of what merge makes as store or serdes.result',
  )
}

/** Whether a node gives a table. */
export function isTable(node: TopologyNode): boolean {
  switch (node.kind) {
    case 'to-table':
    case 'windowed-count':
    case 'aggregate':
    case 'windowed-aggregate':
    case 'table-filter':
    case 'table-map-values':
    case 'table-transform':
    case 'table-aggregate':
    case 'suppress':
    case 'table-join':
    case 'foreign-join':
      return true
    case 'source':
    case 'global-table':
    case 'global-store':
    case 'global-join':
    case 'stream-table-join':
    case 'parse':
    case 'filter':
    case 'map':
    case 'map-values':
    case 'flat-map':
    case 'flat-map-values':
    case 'select-key':
    case 'peek':
    case 'for-each':
    case 'merge':
    case 'split':
    case 'branch':
    case 'group':
    case 'repartition':
    case 'table-group':
    case 'cogroup':
    case 'stream-join':
    case 'foreign-subscription':
    case 'foreign-answer':
    case 'to-stream':
    case 'process':
    case 'static-join':
    case 'sink':
    case 'dynamic-sink':
      return false
    default:
      return assertNever(node)
  }
}

/** The stores of a node, by the plan of its table. */
export function storesOf(node: TopologyNode, plans: ReadonlyMap<string, TablePlan>): string[] {
  switch (node.kind) {
    case 'windowed-count':
    case 'aggregate':
    case 'windowed-aggregate':
    case 'table-aggregate':
    case 'suppress':
      return [node.name]
    case 'stream-join':
      return joinStoresOf(node)
    case 'stream-table-join':
      return node.graceMs === undefined ? [] : [waitingStoreOf(node)]
    case 'foreign-answer':
      return [subscriptionStoreOf(node)]
    default: {
      const declared = declaredStoresOf(node).map(({ name }) => name)
      return plans.get(node.name)?.store === undefined ? declared : [node.name, ...declared]
    }
  }
}
