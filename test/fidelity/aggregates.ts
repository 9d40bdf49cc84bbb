// Aggregates as cases say them, in terms of the DSL.
import { milliseconds } from '../../index.ts'
import { asTable, fn, historyOf, type Built } from './built.ts'
import { Unsupported, type CaseNode } from './case.ts'
import { valueSerde } from './codecs.ts'
import { ofTwo } from './functions.ts'
import { sessionAggregate } from './windowed-case.ts'

/** What a node makes of the grouping that it reads. @throws Unsupported */
export function aggregated(from: Built | undefined, node: CaseNode, name: string): Built {
  const value = valueSerde
  const initialize = () => node.init ?? null
  const of = (field: string) => {
    const two = node[field] === undefined ? undefined : ofTwo(fn(node, field))
    return (aggregate: unknown, next: unknown) => two?.(aggregate, next)
  }
  if (from?.is === 'table-group') {
    const subtract = of('subtractor')
    const spec = { emit: 'on-update', ...historyOf(node) } as const
    if (node.op === 'count') return asTable(from.group.count(name, spec))
    if (node.op === 'reduce') {
      return asTable(from.group.reduce(name, { add: of('reducer'), subtract, ...spec }))
    }
    const add = of('aggregator')
    return asTable(from.group.aggregate(name, { initialize, add, subtract, value, ...spec }))
  }
  if (from?.is === 'group') {
    const spec = { emit: 'on-update', ...historyOf(node) } as const
    if (node.op === 'count') return asTable(from.group.count(name, spec))
    if (node.op === 'reduce') {
      return asTable(from.group.reduce(name, { reduce: of('reducer'), value, ...spec }))
    }
    const add = of('aggregator')
    return asTable(from.group.aggregate(name, { initialize, add, value, ...spec }))
  }
  if (from?.is === 'cogroup') {
    const spec = { initialize, value, emit: 'on-update', ...historyOf(node) } as const
    return asTable(from.cogroup.aggregate(name, spec))
  }
  if (from?.is === 'cogrouped-windows') return asTable(from.aggregate(node, name))
  if (from?.is === 'sessions') return asTable(sessionAggregate(from.windows, from.emit, node, name))
  if (from?.is !== 'windows') throw new Unsupported(`${node.op} of ${from?.is}`)
  const { windows, emit } = from
  const { retentionMs } = node as { retentionMs?: number }
  const options = retentionMs === undefined ? {} : { retention: milliseconds(retentionMs) }
  if (node.op === 'count') return asTable(windows.count(name, { emit, ...options }))
  if (node.op === 'reduce') {
    return asTable(windows.reduce(name, { reduce: of('reducer'), value, emit, ...options }))
  }
  const add = of('aggregator')
  return asTable(windows.aggregate(name, { initialize, add, value, emit, ...options }))
}
