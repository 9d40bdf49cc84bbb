// The store of an aggregate over windows of time. Opened with a task's state, before its processors are made.
import { MemoryWindowStore } from '../state/stores/window-store.ts'
import type { WindowedAggregateNode, WindowedCountNode } from '../topology/node.ts'
import { float64 } from '../topology/serdes/primitive.ts'
import type { Serde } from '../topology/serdes/serde.ts'
import type { TaskContext } from './processor.ts'

/** The store of a windowed aggregate. */
export type WindowedStore = MemoryWindowStore<unknown, unknown>

/** A count as an aggregate like others: where its old values are wanted, which the counts' own store lacks. */
export function countAsAggregate(node: WindowedCountNode): WindowedAggregateNode {
  return {
    ...node,
    kind: 'windowed-aggregate',
    initialize: () => 0,
    add: (count: number) => count + 1,
    value: float64 as unknown as Serde<never>,
    retentionMs: undefined,
  }
}

/**
 * How long windows are kept after the latest start, ms, as Kafka keeps them; Infinity where they have to be
 * there until their end is looked for, and the aggregate itself says what has expired.
 */
export function retentionMsOf({ windows, emit, retentionMs }: WindowedAggregateNode): number {
  if (windows.kind !== 'time-windows' || emit === 'on-window-close') return Infinity
  return retentionMs ?? windows.sizeMs + windows.graceMs
}

/** Opens the store. */
export function openWindowedStore(
  node: WindowedAggregateNode,
  context: TaskContext,
): WindowedStore {
  const { name, key, value, windows } = node
  const sizeMs = windows.kind === 'time-windows' ? windows.sizeMs : Infinity
  const endOf =
    windows.kind === 'local-windows'
      ? (startMs: number): number => windows.windowAt(startMs).endMs
      : undefined
  const spec = { name, key, value, sizeMs, endOf, retentionMs: retentionMsOf(node) }
  const store: WindowedStore = new MemoryWindowStore(spec)
  context.addStore(store)
  return store
}
