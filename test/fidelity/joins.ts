// Joins of streams as cases say them, in terms of the DSL.
import { joinWindows, milliseconds, minus, type JoinWindows, type Stream } from '../../index.ts'
import type { CaseNode, FunctionSpec } from './case.ts'
import { keySerde, valueSerde } from './codecs.ts'
import { ofTwo, type Key } from './functions.ts'

type CaseStream = Stream<Key, unknown>

/** Joins two streams, or one with itself. */
export function joinedStreams(
  left: CaseStream,
  right: CaseStream,
  node: CaseNode,
  name: string,
): unknown {
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
