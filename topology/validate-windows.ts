// What makes windows and their aggregates wrong; part of the validation of a topology.
import { TopologyError } from './errors.ts'
import { isGlobal } from './global-store.ts'
import { assertNever, type TopologyNode } from './node.ts'
import { tablePlansOf } from './table-plan.ts'
import type { SessionWindows } from './record-windows.ts'
import type { EventTimeWindows, UnlimitedWindows } from './windows.ts'

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
    if (retentionMs !== undefined) {
      throw new TopologyError(
        node.name,
        'an unlimited window is kept for ever: leave its retention out',
      )
    }
    return
  }
  const { neededMs, what } = neededRetention(windows)
  if (retentionMs !== undefined && retentionMs < neededMs) {
    throw new TopologyError(
      node.name,
      `the retention of ${retentionMs} ms is less than ${what} of the windows, ${neededMs} ms together: give it at least that`,
    )
  }
}

/** @throws TopologyError when a suppressed table has no windows to wait for. */
export function validateSuppress(node: TopologyNode, nodes: readonly TopologyNode[]): void {
  if (node.kind !== 'suppress') return
  if (tablePlansOf(nodes).get(node.name)!.readsHistory) {
    throw new TopologyError(
      node.name,
      'the table before it has history, whose updates come in no order that could be waited for: suppress a table without',
    )
  }
  if (node.suppression.until === 'window-close') closesAfterMs(node.name, nodes)
}

/**
 * How long after their end the windows of a table close, milliseconds: by the aggregate before it.
 * @throws TopologyError where there are no windows, or they never close.
 */
export function closesAfterMs(name: string, nodes: readonly TopologyNode[]): number {
  let node = nodes.find((one) => one.name === name)
  while (node !== undefined && node.kind !== 'source' && !isGlobal(node)) {
    if (node.kind === 'windowed-count' || node.kind === 'windowed-aggregate') {
      const { windows } = node
      if (windows.kind === 'session-windows') return windows.gapMs + windows.graceMs
      if (windows.kind !== 'unlimited-windows') return windows.graceMs
      throw new TopologyError(
        name,
        `the windows of ${node.name} never close: hold changes for a time`,
      )
    }
    const { from }: { readonly from: string } = node
    node = nodes.find((one) => one.name === from)
  }
  throw new TopologyError(
    name,
    'there are no windows before it that could close: aggregate over windows, or hold changes for a time',
  )
}

/** How long windows are needed for results to be right, milliseconds. */
function neededRetention(windows: Exclude<EventTimeWindows, UnlimitedWindows> | SessionWindows): {
  readonly neededMs: number
  readonly what: string
} {
  switch (windows.kind) {
    case 'time-windows':
    case 'local-windows':
      return { neededMs: windows.sizeMs + windows.graceMs, what: 'size and grace' }
    case 'sliding-windows':
      return {
        neededMs: 2 * windows.differenceMs + windows.graceMs,
        what: 'twice the difference and the grace',
      }
    case 'session-windows':
      return { neededMs: windows.gapMs + windows.graceMs, what: 'gap and grace' }
    default:
      return assertNever(windows)
  }
}
