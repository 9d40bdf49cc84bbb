// Which repartition topics take records without a key: those before a join that puts such records out
// (KIP-962, as Kafka's NodesWithRelaxedNullKeyJoinDownstream). Elsewhere nothing could be done with them.
import { reads, type TopologyNode } from './node.ts'

/** Whether records without a key go through the repartition topic of a node. */
export function keepsNullKeys(cut: string, nodes: readonly TopologyNode[]): boolean {
  const seen = new Set<string>()
  const isBefore = (name: string): boolean => {
    if (seen.has(name)) return false
    seen.add(name)
    return nodes.some(
      (node) => isFedBy(node, name) && (putsOutNullKeys(node) || isBefore(node.name)),
    )
  }
  return isBefore(cut)
}

/** Whether a node's records come from another; a table that is looked up sends none. */
function isFedBy(node: TopologyNode, name: string): boolean {
  return node.kind === 'stream-table-join' ? node.from === name : reads(node, name)
}

function putsOutNullKeys(node: TopologyNode): boolean {
  if (node.kind === 'stream-join') return node.outer.length > 0
  return (node.kind === 'stream-table-join' || node.kind === 'global-join') && node.isLeft
}
