// Joins as cases say them, in terms of the DSL.
import { joinWindows, milliseconds, minus, type JoinWindows } from '../../index.ts'
import {
  asStream,
  asTable,
  fn,
  hasStore,
  streamKey,
  type Built,
  type BuiltNodes,
  type CaseRecord,
  type CaseStream,
  type CaseTable,
} from './built.ts'
import { Unsupported, type CaseNode, type FunctionSpec } from './case.ts'
import { keySerde, valueSerde } from './codecs.ts'
import { ofTwo, toKey } from './functions.ts'

/** Joins what a node says, of whatever kinds. @throws Unsupported */
export function joined(nodes: BuiltNodes, node: CaseNode, name: string): Built {
  const [from, other] = [nodes.get(node.from), nodes.get(node.with)]
  if (from?.is === 'stream' && other?.is === 'stream') {
    return asStream(joinedStreams(from.stream, other.stream, node, name))
  }
  const two = ofTwo(fn(node, 'joiner'))
  const merge = (left: unknown, right: unknown) => two(left ?? null, right ?? null)
  const { kind = 'inner' } = node as { kind?: string }
  if (from?.is === 'table' && other?.is === 'table') {
    if (node.foreignKey !== undefined) {
      return asTable(joinedByForeignKey(from.table, other.table, node, name))
    }
    const spec = { merge, ...(hasStore(node) ? { store: valueSerde } : {}) }
    if (kind === 'inner') return asTable(from.table.join(name, other.table, spec))
    if (kind === 'left') return asTable(from.table.leftJoin(name, other.table, spec))
    return asTable(from.table.outerJoin(name, other.table, spec))
  }
  if (from?.is !== 'stream') throw new Unsupported(`join of ${from?.is}`)
  const { stream } = from
  if (other?.is === 'table') {
    const { graceMs } = node as { graceMs?: number }
    const grace = graceMs === undefined ? {} : { grace: milliseconds(graceMs) }
    const spec = { merge, key: streamKey, value: valueSerde, ...grace }
    return asStream(
      kind === 'left'
        ? stream.leftJoin(name, other.table, spec)
        : stream.join(name, other.table, spec),
    )
  }
  if (other?.is !== 'global') throw new Unsupported(`join with ${other?.is}`)
  const key = toKey(fn(node, 'key'))
  const spec = { merge, on: (value: unknown, record: CaseRecord) => key(record.key, value) }
  return asStream(
    kind === 'left'
      ? stream.leftJoin(name, other.table, spec)
      : stream.join(name, other.table, spec),
  )
}

/** Joins rows to those that their foreign keys name. */
function joinedByForeignKey(
  left: CaseTable,
  right: CaseTable,
  node: CaseNode,
  name: string,
): unknown {
  const foreignKey = toKey(fn(node, 'foreignKey'))
  const two = ofTwo(fn(node, 'joiner'))
  const spec = {
    on: (value: unknown) => foreignKey(null, value),
    merge: (one: unknown, other: unknown) => two(one ?? null, other ?? null),
    serdes: { left: valueSerde, right: valueSerde, result: valueSerde },
    ...(hasStore(node) ? { store: valueSerde } : {}),
  }
  return node.kind === 'left' ? left.leftJoin(name, right, spec) : left.join(name, right, spec)
}

/** Joins two streams, or one with itself. */
function joinedStreams(left: CaseStream, right: CaseStream, node: CaseNode, name: string): unknown {
  const joiner = ofTwo(node.joiner as FunctionSpec)
  const spec = {
    within: windowsOf(node.window),
    merge: (one: unknown, other: unknown) => joiner(one ?? null, other ?? null),
    serdes: { key: keySerde as never, left: valueSerde, right: valueSerde },
  }
  switch (node.kind) {
    case 'left':
      return left.leftJoin(name, right, spec)
    case 'outer':
      return left.outerJoin(name, right, spec)
    default:
      return left.join(name, right, spec)
  }
}

const signed = (ms: number) => (ms < 0 ? minus(milliseconds(-ms)) : milliseconds(ms))

/** Kafka sets one bound after the other, and refuses what is wrong in between. */
function windowsOf(given: unknown): JoinWindows {
  const { timeDifferenceMs, beforeMs, afterMs, graceMs } = given as {
    timeDifferenceMs: number
    beforeMs?: number
    afterMs?: number
    graceMs?: number
  }
  const grace = milliseconds(graceMs ?? 0)
  const difference = milliseconds(timeDifferenceMs)
  const before = signed(beforeMs ?? timeDifferenceMs)
  joinWindows({ before, after: difference, grace })
  return joinWindows({ before, after: signed(afterMs ?? timeDifferenceMs), grace })
}
