// Joins of two streams within a window of time: what they take, and their node.
import type { DurationMs, NegativeDurationMs } from './duration.ts'
import { TopologyError } from './errors.ts'
import type { Joined, RecordContext } from './node.ts'
import type { Serde } from './serdes/serde.ts'
import { orFail } from './skin.ts'
import { checkLength, checkOffset } from './validate-lengths.ts'
import type { OperatorOptions, Origin } from './stream-specs.ts'

/** Which records belong together; made by `joinWindows`. */
export interface JoinWindows {
  readonly kind: 'join-windows'
  readonly beforeMs: number
  readonly afterMs: number
  readonly graceMs: number
}

/**
 * Joins a record with those of the other stream from `before` its own time to `after` it, both inclusive.
 * Either may be negative, by `minus(…)`. `grace` is how long records are waited for that come out of order
 * (Kafka's `JoinWindows`).
 * @throws TopologyError when no time lies between the two, or the grace is below 0.
 */
export function joinWindows(spec: {
  before: DurationMs | NegativeDurationMs
  after: DurationMs | NegativeDurationMs
  grace: DurationMs
}): JoinWindows {
  const { before: beforeMs, after: afterMs, grace: graceMs } = spec
  checkOffset('joinWindows', 'time before', beforeMs)
  checkOffset('joinWindows', 'time after', afterMs)
  checkLength('joinWindows', 'grace', graceMs)
  if (!(beforeMs + afterMs >= 0)) {
    throw new TopologyError(
      'joinWindows',
      `from ${beforeMs} ms before to ${afterMs} ms after there is no time: their sum must be at least 0`,
    )
  }
  return Object.freeze({ kind: 'join-windows', beforeMs, afterMs, graceMs })
}

/** A join with another stream of the same keys. */
export interface StreamJoinSpec<K, L, R, W, V, U> extends OperatorOptions {
  readonly within: JoinWindows
  /** `record` has the key, and the later timestamp of the two. */
  readonly merge: (left: L, right: R, record: RecordContext<K>) => W
  /** Serdes where they do not follow from what comes before: both sides are kept for their window. */
  readonly serdes?: {
    readonly key?: Serde<K>
    readonly left?: Serde<V>
    readonly right?: Serde<U>
  }
}

/** Sides of which records go out without a partner, too. */
export type OuterSides = readonly ('left' | 'right')[]

export interface StreamJoinNode extends Joined<'stream-join'> {
  readonly windows: JoinWindows
  readonly outer: OuterSides
  /** What is not there is undefined. */
  readonly merge: (left: never, right: never, record: RecordContext<never>) => unknown
  readonly key: Serde<never>
  readonly left: Serde<never>
  readonly right: Serde<never>
}

/** Names of the stores of a join. */
export function joinStoresOf({ name, outer }: Pick<StreamJoinNode, 'name' | 'outer'>): string[] {
  const buffers = [`${name}-left`, `${name}-right`]
  return outer.length === 0 ? buffers : [...buffers, `${name}-unmatched`]
}

/** The node of a join. @throws TopologyError when a serde is missing. */
export function streamJoin(
  name: string,
  left: Origin,
  right: Origin,
  spec: StreamJoinSpec<never, never, never, unknown, never, never>,
  outer: OuterSides,
): StreamJoinNode {
  const { within: windows, merge, serdes = {}, ...options } = spec
  return {
    kind: 'stream-join',
    name,
    from: left.from,
    with: right.from,
    windows,
    outer,
    merge,
    key: orFail(name, serdes.key ?? left.key ?? right.key),
    left: orFail(name, serdes.left ?? left.value),
    right: orFail(name, serdes.right ?? right.value),
    ...options,
  }
}
