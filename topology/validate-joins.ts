// What makes joins wrong; part of the validation of a topology.
import { TopologyError } from './errors.ts'
import type { TopologyNode } from './node.ts'

/** @throws TopologyError when a join cannot do what it says. */
export function validateJoin(node: TopologyNode, nodes: readonly TopologyNode[]): void {
  if (node.kind !== 'stream-table-join' || node.graceMs === undefined) return
  const historyMs = historyOf(node.with, nodes)
  if (historyMs === undefined) {
    throw new TopologyError(
      node.name,
      `records can wait only for a table with history: keep ${node.with} with history, or leave grace out`,
    )
  }
  if (historyMs < node.graceMs) {
    throw new TopologyError(
      node.name,
      `records wait for ${node.graceMs} ms, and ${node.with} has a history of ${historyMs} ms: give it at least that`,
    )
  }
}

/** How long a table keeps former versions, ms; of one without a store that is the table before it. */
function historyOf(name: string, nodes: readonly TopologyNode[]): number | undefined {
  const node = nodes.find((one) => one.name === name)
  switch (node?.kind) {
    case 'to-table':
      return node.store.historyMs
    case 'table-filter':
    case 'table-map-values':
    case 'table-transform':
      return node.store === undefined ? historyOf(node.from, nodes) : node.store.historyMs
    case 'aggregate':
    case 'table-aggregate':
      return node.historyMs
    default:
      return undefined
  }
}
