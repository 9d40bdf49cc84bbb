// The global tables and stores of a worker: each holds what all partitions of a topic say (Kafka's GlobalKTable
// and addGlobalStore). Whoever reads the topics puts their rows in; all tasks of the worker look them up.
import type { RecordBatch } from '../broker/record-batch.ts'
import type { TopicPartition } from '../broker/ports.ts'
import { MemoryKeyValueStore } from '../state/stores/key-value-store.ts'
import type { StateMemory } from '../state/stores/state-memory.ts'
import { isGlobal, type GlobalNode } from '../topology/global-store.ts'
import type { TopologyNode } from '../topology/node.ts'
import { fromBytes } from '../topology/serdes/serde.ts'
import { globalProcessor } from './global-processor.ts'
import {
  openProcessStore,
  queryableStore,
  type ProcessStore,
  type ProcessStores,
} from './process-stores.ts'
import { isOfMachine, recordError, StreamRecord, userError, type DropReason } from './processor.ts'
import { SourcePlace } from './row-place.ts'
import type { QueryableStore } from './queryable.ts'
import type { TableView } from './table-view.ts'

/** What becomes of a row that was read. */
export type TakeRow = (record: StreamRecord, place: SourcePlace) => void

interface Global {
  readonly node: GlobalNode
  readonly store: ProcessStore
  readonly take: TakeRow
}

/** All global tables and stores of a topology. */
export class GlobalTables {
  /** By their names, those of tables being the names of their nodes. */
  readonly stores: ProcessStores = new Map()
  readonly #byTopic = new Map<string, Global>()
  readonly #dropped: (node: string, reason: DropReason) => void
  readonly #record = new StreamRecord()

  /** @param memory bounds what the tables take there; without it nothing does. */
  constructor(
    nodes: readonly TopologyNode[],
    dropped: (node: string, reason: DropReason) => void,
    memory?: StateMemory,
  ) {
    this.#dropped = dropped
    for (const node of nodes) {
      if (!isGlobal(node)) continue
      const global = open(node)
      if (memory !== undefined) global.store.lieIn(memory)
      this.#byTopic.set(node.topic.name, global)
      this.stores.set(global.store.name, global.store)
    }
  }

  /** The topics that are to be read whole. */
  get topics(): string[] {
    return [...this.#byTopic.keys()]
  }

  /** A table or store as it can be asked from outside; undefined where there is none of this name. */
  queryable(name: string): QueryableStore | undefined {
    const store = this.stores.get(name)
    return store === undefined ? undefined : queryableStore(store)
  }

  /** The table of a node, to be looked up. */
  viewOf(node: string): TableView {
    const store = this.stores.get(node) as MemoryKeyValueStore<unknown, unknown>
    return { get: (key) => store.getWithTimestamp(key) }
  }

  /**
   * Puts the rows of a batch in.
   * @throws ProcessingError for a row that cannot be read, or that the processor of a store throws on, where
   * those are not skipped.
   */
  put({ topic, partition }: TopicPartition, batch: RecordBatch): void {
    const global = this.#byTopic.get(topic)!
    const place = new SourcePlace(topic, partition)
    place.batch = batch
    for (let row = 0; row < batch.count; row++) {
      place.row = row
      this.#putRow(global, place)
    }
    // No commit saves them: the topic itself is their changelog.
    global.store.forgetChanges()
  }

  #putRow({ node, take }: Global, place: SourcePlace): void {
    const record = this.#record
    if (!this.#isDone(node, 'malformed', place, () => readRow(node, place, record))) return
    if (record.key === null) this.#dropped(node.name, 'null-key')
    else this.#isDone(node, 'processing-error', place, () => take(record, place))
  }

  #isDone(node: GlobalNode, reason: DropReason, place: SourcePlace, run: () => void): boolean {
    try {
      run()
      return true
    } catch (cause) {
      const policy = reason === 'malformed' ? node.malformed : (node.onError ?? 'fail')
      if (policy === 'fail' || isOfMachine(cause)) {
        throw recordError(place, userError(node.name, cause))
      }
      this.#dropped(node.name, reason)
      return false
    }
  }
}

function open(node: GlobalNode): Global {
  if (node.kind === 'global-store') {
    const store = openProcessStore(node.stores[0])
    return { node, store, take: globalProcessor(node, store) }
  }
  const { name, topic } = node
  const spec = { name, key: topic.key, value: topic.value }
  const store = new MemoryKeyValueStore<unknown, unknown>(spec)
  return { node, store, take: ({ key, value, timestampMs }) => store.put(key, value, timestampMs) }
}

/** Reads a row whole, so that what cannot be read shows here. */
function readRow({ topic }: GlobalNode, place: SourcePlace, record: StreamRecord): void {
  const { key, value, timestampMs } = place
  record.key = key === null ? null : fromBytes(topic.key, key)
  record.value = value === null ? null : fromBytes(topic.value, value)
  record.timestampMs = timestampMs
}
