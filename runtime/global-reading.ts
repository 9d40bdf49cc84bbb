// Keeps the global tables and stores of one worker up to date: it reads all partitions of their topics, from their
// beginnings and on. The stream thread runs no task before it has come to their ends once.
import type { DataPort, PartitionReader } from '../broker/ports.ts'
import { GlobalTables } from '../processors/global-tables.ts'
import type { DropReason } from '../processors/processor.ts'
import type { StateMemory } from '../state/stores/state-memory.ts'
import type { GlobalNode } from '../topology/global-store.ts'
import type { MetricSlab } from './metrics/slab.ts'
import { GLOBAL_TASK, type Plan } from './plan.ts'

/** Reads the topics of global tables and stores (Kafka Streams' GlobalStreamThread, though one a worker). */
export class GlobalReading {
  readonly tables: GlobalTables
  readonly #readers: readonly PartitionReader[]
  /** Those whose end, as it was when it was first heard of, is not reached. */
  readonly #behind: Set<PartitionReader>

  /** @param memory bounds what the tables take there; without it nothing does. */
  constructor(
    nodes: readonly GlobalNode[],
    { partitions }: Plan,
    port: DataPort,
    metrics: MetricSlab,
    memory?: StateMemory,
  ) {
    const dropped = (_node: string, reason: DropReason): void => {
      const labels = { task_id: GLOBAL_TASK, reason }
      metrics.counter('kafka_stream_task_dropped_records_total', labels).add(1)
    }
    this.tables = new GlobalTables(nodes, dropped, memory)
    this.#readers = this.tables.topics.flatMap((topic) =>
      Array.from({ length: partitions[topic] ?? 0 }, (_, partition) =>
        port.openReader({ topic, partition, offset: 0 }),
      ),
    )
    this.#behind = new Set(this.#readers)
  }

  /** Whether all rows are there that were written before the worker began. */
  get isLoaded(): boolean {
    return this.#behind.size === 0
  }

  /** Takes what is at hand of each partition. @returns how many rows. @throws ProcessingError */
  step(): number {
    let rows = 0
    for (const reader of this.#readers) {
      const batch = reader.poll()
      if (batch !== undefined) {
        this.tables.put(reader, batch)
        rows += batch.count
      }
      if (reader.position >= reader.end) this.#behind.delete(reader)
    }
    return rows
  }

  close(): void {
    for (const reader of this.#readers) reader.close()
  }
}
