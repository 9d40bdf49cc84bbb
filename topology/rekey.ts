// Puts repartition topics before operators that need records at the task that owns their key, where keys
// may have changed since the last topic; a grouping sees to that itself. Called when a topology is built.
import type { RepartitionNode, TopologyNode } from './node.ts'
import type { Serde } from './serdes/serde.ts'
import { orFail } from './skin.ts'
import { isKeyChanged } from './subtopology.ts'

/** The nodes, with repartition nodes where they are needed. @throws TopologyError for a serde not known. */
export function rekeyed(nodes: readonly TopologyNode[]): readonly TopologyNode[] {
  const rekeying = new Rekeying()
  for (const node of nodes) rekeying.add(node)
  return rekeying.nodes
}

class Rekeying {
  readonly nodes: TopologyNode[] = []
  readonly #byName = new Map<string, TopologyNode>()
  /** Names of the repartition topics put in: a node of the user's with such a name is none of them. */
  readonly #made = new Set<string>()

  add(node: TopologyNode): void {
    switch (node.kind) {
      case 'to-table': {
        const { key, value } = node.store
        const from = this.#keyed(`${node.name}-by-key`, node.from, key, value)
        this.#push({ ...node, from })
        return
      }
      case 'stream-table-join': {
        // Joins on one stream share its topic.
        const from = this.#keyed(`${node.from}-by-key`, node.from, node.key, node.value, node.name)
        this.#push({ ...node, from })
        return
      }
      case 'stream-join': {
        const { name, key, left, right } = node
        const from = this.#keyed(`${node.from}-by-key`, node.from, key, left, name)
        const other = this.#keyed(`${node.with}-by-key`, node.with, key, right, name)
        this.#push({ ...node, from, with: other })
        return
      }
      default:
        this.#push(node)
    }
  }

  /** The node that gives the records of another at the tasks that own their keys. */
  #keyed(
    name: string,
    from: string,
    key: Serde<never> | undefined,
    value: Serde<never> | undefined,
    wantedBy = name,
  ): string {
    if (!isKeyChanged(from, this.#byName)) return from
    if (!this.#made.has(name)) {
      this.#made.add(name)
      this.#push(repartitionOf(name, from, orFail(wantedBy, key), orFail(wantedBy, value)))
    }
    return name
  }

  #push(node: TopologyNode): void {
    this.nodes.push(Object.freeze(node))
    this.#byName.set(node.name, node)
  }
}

function repartitionOf(
  name: string,
  from: string,
  serde: Serde<never>,
  value: Serde<never>,
): RepartitionNode {
  const key = { by: 'same-key', serde } as const
  return { kind: 'repartition', name, from, key, value, partitions: undefined }
}
