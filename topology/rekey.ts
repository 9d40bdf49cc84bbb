// Puts repartition topics before operators that need records at the task that owns their key, where keys
// may have changed since the last topic; a grouping sees to that itself. Called when a topology is built.
import type { RepartitionNode, TopologyNode } from './node.ts'
import type { StreamJoinNode } from './stream-join.ts'
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
      case 'stream-join':
        return joinByKey(node, byName)
      default:
        return [node]
    }
  })
}

/** Both sides of a join must be at the task of their key. */
function joinByKey(
  node: StreamJoinNode,
  byName: ReadonlyMap<string, TopologyNode>,
): TopologyNode[] {
  const { name, key } = node
  const isSelf = node.from === node.with
  const before: RepartitionNode[] = []
  const of = (side: string, from: string, value: Serde<never>): string => {
    if (!isKeyChanged(from, byName)) return from
    const repartition = repartitionOf(`${name}-${side}-by-key`, from, key, value)
    before.push(repartition)
    return repartition.name
  }
  const left = of('left', node.from, node.left)
  const right = isSelf ? left : of('right', node.with, node.right)
  return [...before, Object.freeze({ ...node, from: left, with: right })]
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
