// What makes the names of stores wrong: each store, and its changelog, needs one of its own. Part of the
// validation of a topology.
import { TopologyError } from './errors.ts'
import type { TopologyNode } from './node.ts'
import { declaredStoresOf, tablesReadBy, type StoreSpec } from './processor-stores.ts'
import { storesOf, tablePlansOf } from './table-plan.ts'
import { checkName } from './validate-names.ts'

/**
 * Stores of processors are shared by passing one spec, and share their names with nodes' stores.
 * @throws TopologyError when a name is taken.
 */
export function checkProcessStores(
  node: TopologyNode,
  nodes: readonly TopologyNode[],
  names: ReadonlySet<string>,
): void {
  for (const store of declaredStoresOf(node)) {
    checkName(store.name, node.name)
    checkNotGlobal(node, store, nodes)
    if (names.has(store.name)) {
      throw new TopologyError(
        node.name,
        `store ${store.name} has the name of a node, which may keep a store of its own; give it another`,
      )
    }
    const other = nodes.find((one) =>
      declaredStoresOf(one).some((its) => its.name === store.name && its !== store),
    )
    if (other !== undefined) {
      throw new TopologyError(
        node.name,
        `store ${store.name} is declared twice, here and by ${other.name}; share one declaration`,
      )
    }
  }
}

/**
 * A processor reads what a table is kept in: one that is worked out of others has no store (Kafka Streams
 * refuses the store's name).
 * @throws TopologyError naming the processor.
 */
export function checkReadTables(node: TopologyNode, nodes: readonly TopologyNode[]): void {
  for (const name of tablesReadBy(node)) {
    const table = nodes.find((one) => one.name === name)!
    if (isKept(table)) continue
    const how = table.kind === 'suppress' ? 'read the table before it' : 'give it `store`'
    throw new TopologyError(
      node.name,
      `reads table ${name}, which is kept in no store of its own: ${how}`,
    )
  }
}

/** Whether a table has a store, or gets one when it is asked for. */
function isKept(table: TopologyNode): boolean {
  switch (table.kind) {
    case 'to-table':
    case 'aggregate':
    case 'windowed-count':
    case 'windowed-aggregate':
    case 'table-aggregate':
      return true
    case 'table-filter':
    case 'table-map-values':
    case 'table-transform':
    case 'table-join':
    case 'foreign-join':
      return table.store !== undefined
    default:
      return false
  }
}

/** Everyone has global stores to read; a store of its own beside them would be another one. */
function checkNotGlobal(
  node: TopologyNode,
  store: StoreSpec<unknown, unknown>,
  nodes: readonly TopologyNode[],
): void {
  const owner = nodes.find(
    (one) => one !== node && one.kind === 'global-store' && one.stores[0] === store,
  )
  if (owner === undefined) return
  throw new TopologyError(
    node.name,
    `store ${store.name} is the global one of ${owner.name}: take it out of stores, and read it by what globalStore() gave`,
  )
}

/**
 * Some nodes keep stores that are named after them, such as the two sides of a join of streams.
 * @throws TopologyError when one has the name of another node's store.
 */
export function checkStoreNames(nodes: readonly TopologyNode[]): void {
  const plans = tablePlansOf(nodes)
  const owners = new Map<string, TopologyNode>()
  for (const node of nodes) {
    for (const store of storesOf(node, plans)) {
      const owner = owners.get(store)
      owners.set(store, node)
      const declare = (one: TopologyNode): boolean =>
        declaredStoresOf(one).some(({ name }) => name === store)
      const isShared = owner !== undefined && declare(owner) && declare(node)
      if (owner === undefined || isShared) continue
      throw new TopologyError(
        nameOf(node),
        `its store ${store} has the name of one of ${nameOf(owner)}; give one of the two another name`,
      )
    }
  }
}

/** As the user named it. */
const nameOf = (node: TopologyNode): string => ('join' in node ? node.join : node.name)
