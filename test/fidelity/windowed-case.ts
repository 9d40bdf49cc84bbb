// Cases about sessions, cogroups and suppressed tables in terms of the DSL.
import {
  milliseconds,
  untilTimeLimit,
  untilWindowCloses,
  type CogroupedStream,
  type GroupedStream,
  type SessionStream,
  type Suppression,
  type Table,
} from '../../index.ts'
import { Unsupported, type CaseNode, type FunctionSpec } from './case.ts'
import { valueSerde } from './codecs.ts'
import { ofTwo, type Key } from './functions.ts'
import { windowsOf } from './windows.ts'

type Two = (one: unknown, other: unknown) => unknown

/** Aggregates as a node of a case says. */
export type AggregateCase = (node: CaseNode, name: string) => Table<never, unknown>

const two = (node: CaseNode, field: string): Two => {
  const combine = ofTwo(node[field] as FunctionSpec)
  return (one, other) => combine(one, other)
}

function retentionOf(node: CaseNode) {
  const { retentionMs } = node as { retentionMs?: number }
  return retentionMs === undefined ? {} : { retention: milliseconds(retentionMs) }
}

/** Groupings that are aggregated together, each with its function. */
export function cogrouped(
  groups: readonly { readonly group: GroupedStream<Key, unknown>; readonly add: Two }[],
): CogroupedStream<Key, unknown> {
  const [first, ...others] = groups
  return others.reduce(
    (cogroup, { group, add }) => cogroup.and(group, add),
    first!.group.cogroup<unknown>(first!.add),
  )
}

/** What aggregates a cogroup in the windows of a node. */
export function windowedCogroup(
  cogroup: CogroupedStream<Key, unknown>,
  { window }: CaseNode,
): AggregateCase {
  const windows = windowsOf(window)
  return (node, name) => {
    const initialize = () => node.init ?? null
    const emit = 'on-update' as const
    const spec = { initialize, value: valueSerde, emit, ...retentionOf(node) }
    const table: unknown =
      windows.kind === 'session-windows'
        ? cogroup.windowedBy(windows).aggregate(name, { ...spec, merge: two(node, 'merger') })
        : cogroup.windowedBy(windows).aggregate(name, spec)
    return table as Table<never, unknown>
  }
}

/** Counts, reduces or aggregates sessions. */
export function sessionAggregate(
  windows: SessionStream<Key, unknown>,
  emit: 'on-update' | 'on-window-close',
  node: CaseNode,
  name: string,
): unknown {
  const options = { emit, ...retentionOf(node) }
  const value = valueSerde
  if (node.op === 'count') return windows.count(name, options)
  if (node.op === 'reduce') {
    return windows.reduce(name, { reduce: two(node, 'reducer'), value, ...options })
  }
  const initialize = () => node.init ?? null
  const [add, merge] = [two(node, 'aggregator'), two(node, 'merger')]
  return windows.aggregate(name, { initialize, add, merge, value, ...options })
}

/** Holds back the changes of a table. @throws Unsupported for final results that are to go out early. */
export function suppressed(table: Table<Key, unknown>, node: CaseNode, name: string): unknown {
  const { mode, timeLimitMs, buffer } = node as {
    mode?: string
    timeLimitMs?: number
    buffer?: { maxRecords?: number; maxBytes?: number; onFull?: string }
  }
  const { maxRecords: records, maxBytes: bytes, onFull } = buffer ?? {}
  const limits = {
    ...(records === undefined ? {} : { records }),
    ...(bytes === undefined ? {} : { bytes }),
  }
  const serdes = { value: valueSerde }
  if (mode === 'untilWindowCloses') {
    if (onFull === 'emitEarly') throw new Unsupported('final results that go out early')
    return table.suppress(name, untilWindowCloses(limits) as Suppression<unknown>, serdes)
  }
  const whenFull = onFull === 'shutDown' ? 'fail' : 'emit-early'
  const limit = milliseconds(timeLimitMs ?? 0)
  return table.suppress(name, untilTimeLimit(limit, { ...limits, whenFull }), serdes)
}
