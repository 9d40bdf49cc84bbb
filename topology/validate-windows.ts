// What makes windows and their aggregates wrong; part of the validation of a topology.
import { TopologyError } from './errors.ts'
import type { TopologyNode } from './node.ts'

/** @throws TopologyError when a node's windows cannot be aggregated as it says. */
export function validateWindows(node: TopologyNode): void {
  if (node.kind !== 'windowed-aggregate') return
  const { windows, emit, retentionMs } = node
  if (windows.kind === 'unlimited-windows') {
    if (emit === 'on-window-close') {
      throw new TopologyError(
        node.name,
        "an unlimited window never closes: emit 'on-update' or 'on-update-coalesced'",
      )
    }
    return
  }
  const neededMs = windows.sizeMs + windows.graceMs
  if (retentionMs !== undefined && retentionMs < neededMs) {
    throw new TopologyError(
      node.name,
      `the retention of ${retentionMs} ms is less than size and grace of the windows, ${neededMs} ms together: give it at least that`,
    )
  }
}
