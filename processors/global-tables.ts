// The global tables of a worker: each holds all partitions of a topic (Kafka's GlobalKTable). Whoever reads
// the topics puts their rows in; all tasks of the worker look them up.
import { NULL_VALUE, type RecordBatch } from '../broker/record-batch.ts'
import { MemoryKeyValueStore } from '../state/stores/key-value-store.ts'
import type { GlobalTableNode } from '../topology/join-nodes.ts'
import type { TopologyNode } from '../topology/node.ts'
import { ProcessingError, StreamRecord, type DropReason } from './processor.ts'
import type { TableView } from './table-view.ts'

interface Global {
  readonly node: GlobalTableNode
  readonly store: MemoryKeyValueStore<unknown, unknown>
}

/** All global tables of a topology. */
export class GlobalTables {
  readonly #byNode = new Map<string, Global>()
  readonly #byTopic = new Map<string, Global>()
  readonly #dropped: (node: string, reason: DropReason) => void

  constructor(nodes: readonly TopologyNode[], dropped: (node: string, reason: DropReason) => void) {
    this.#dropped = dropped
    for (const node of nodes) {
      if (node.kind !== 'global-table') continue
      const { name, topic } = node
      const store = new MemoryKeyValueStore<unknown, unknown>({
        name,
        key: topic.key,
        value: topic.value,
      })
      this.#byNode.set(name, { node, store })
      this.#byTopic.set(topic.name, { node, store })
    }
  }

  /** The topics that are to be read whole. */
  get topics(): string[] {
    return [...this.#byTopic.keys()]
  }

  /** The table of a node, to be looked up. */
  viewOf(node: string): TableView {
    const { store } = this.#byNode.get(node)!
    return { get: (key) => store.getWithTimestamp(key) }
  }

  /** The store of a node, to be queried; undefined where there is no such table. */
  storeOf(node: string): MemoryKeyValueStore<unknown, unknown> | undefined {
    return this.#byNode.get(node)?.store
  }

  /**
   * Puts the rows of a batch in; a null value deletes.
   * @throws ProcessingError for a row that cannot be read, where the table does not skip those.
   */
  put(topic: string, batch: RecordBatch): void {
    const { node, store } = this.#byTopic.get(topic)!
    const record = new StreamRecord()
    for (let row = 0; row < batch.count; row++) {
      try {
        record.readKeyOf(batch, row, node.topic.key)
        if (record.key === null) {
          this.#dropped(node.name, 'null-key')
          continue
        }
        const timestampMs = batch.timestamps[row]!
        store.put(record.key, valueAt(node, batch, row), timestampMs)
      } catch (cause) {
        if (node.malformed !== 'fail') {
          this.#dropped(node.name, 'malformed')
          continue
        }
        const why = cause instanceof Error ? cause.message : String(cause)
        const place = `topic ${topic}, offset ${batch.offsets[row]}`
        throw new ProcessingError(`${place}: ${node.name}: ${why}`, cause)
      }
    }
  }
}

function valueAt({ topic }: GlobalTableNode, batch: RecordBatch, row: number): unknown {
  if (batch.nulls[row]! & NULL_VALUE) return null
  return topic.value.deserialize(batch.bytes, batch.ends[row * 3]!, batch.ends[row * 3 + 1]!)
}
