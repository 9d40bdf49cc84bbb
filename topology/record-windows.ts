// Windows that the records themselves make: sliding windows and sessions. Both ends belong to them.
import type { DurationMs } from './duration.ts'
import { checkLength } from './validate-lengths.ts'

/** Windows around each record; made by `sliding`. */
export interface SlidingWindows {
  readonly kind: 'sliding-windows'
  readonly differenceMs: number
  readonly graceMs: number
}

/** Windows of activity; made by `session`. */
export interface SessionWindows {
  readonly kind: 'session-windows'
  readonly gapMs: number
  readonly graceMs: number
}

/**
 * A window for each set of records of a key that lie at most `difference` apart: one ends at each record,
 * one begins right behind it where later records fall in (Kafka's `SlidingWindows`, KIP-450). `grace` is
 * how long after its end a window still takes records that come out of order.
 * @throws TopologyError when the difference or the grace is below 0.
 */
export function sliding(spec: { difference: DurationMs; grace: DurationMs }): SlidingWindows {
  checkLength('sliding', 'difference', spec.difference)
  checkLength('sliding', 'grace', spec.grace)
  return Object.freeze({
    kind: 'sliding-windows',
    differenceMs: spec.difference,
    graceMs: spec.grace,
  })
}

/**
 * Sessions: records of a key that follow each other within `gap` belong together (Kafka's
 * `SessionWindows`). `grace` is how long after a session's end and gap it still takes records.
 * @throws TopologyError when the gap or the grace is below 0.
 */
export function session(spec: { gap: DurationMs; grace: DurationMs }): SessionWindows {
  checkLength('session', 'gap', spec.gap)
  checkLength('session', 'grace', spec.grace)
  return Object.freeze({ kind: 'session-windows', gapMs: spec.gap, graceMs: spec.grace })
}
