// Puts repartition topics before operators that need records at the task that owns their key, where keys
// may have changed since the last topic; a grouping sees to that itself. Called when a topology is built.
import type { RepartitionNode, TopologyNode } from './node.ts'
import type { Serde } from './serdes/serde.ts'
import { isKeyChanged } from './subtopology.ts'

/** The nodes, with repartition nodes where they are needed. */
export function rekeyed(nodes: readonly TopologyNode[]): TopologyNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  return nodes.flatMap((node): TopologyNode[] => {
    switch (node.kind) {
      case 'to-table': {
        if (!isKeyChanged(node.from, byName)) return [node]
        const { key, value } = node.store
        const before = repartitionOf(`${node.name}-by-key`, node.from, key, value)
        return [before, Object.freeze({ ...node, from: before.name })]
      }
      default:
        return [node]
    }
  })
}

function repartitionOf(
  name: string,
  from: string,
  serde: Serde<never>,
  value: Serde<never>,
): RepartitionNode {
  const key = { by: 'same-key', serde } as const
  return Object.freeze({ kind: 'repartition', name, from, key, value, partitions: undefined })
}
