// How long a table's changes are held back: what `Table.suppress` takes (Kafka's `Suppressed`, KIP-328).
import type { DurationMs } from './duration.ts'
import { TopologyError } from './errors.ts'
import { checkLength } from './validate-lengths.ts'
import type { Windowed } from './windows.ts'

/** How much a buffer of held changes may hold; what is left out is without limit. */
export interface SuppressLimits {
  readonly records?: number
  /** By Kafka's estimate: keys, values, times and 20 bytes and the topic's name for each record. */
  readonly bytes?: number
}

/**
 * How changes are held back; made by `untilTimeLimit` and `untilWindowCloses`. `K` are the keys that a table must have
 * for it: any, or windowed ones.
 */
export interface Suppression<in K = never> {
  /** Never there: for the compiler. */
  readonly keys?: ((key: K) => void) | undefined
  readonly until: 'time-limit' | 'window-close'
  /** How long a change is held after it came, ms; 0 for windows, whose grace decides. */
  readonly limitMs: number
  readonly recordsMax: number
  readonly bytesMax: number
  /** What happens when the buffer is full: the oldest goes out early, or the run fails. */
  readonly whenFull: 'emit-early' | 'fail'
}

/**
 * Holds the changes of a key for a time after the first of them, then gives out the last one (Kafka's
 * `Suppressed.untilTimeLimit`). A full buffer gives the oldest out early unless it is to fail.
 * @throws TopologyError when a limit is not above 0, or the time below it.
 */
export function untilTimeLimit(
  limit: DurationMs,
  {
    whenFull = 'emit-early',
    ...limits
  }: SuppressLimits & { whenFull?: 'emit-early' | 'fail' } = {},
): Suppression<unknown> {
  checkLength('untilTimeLimit', 'time', limit)
  return suppression('untilTimeLimit', { until: 'time-limit', limitMs: limit, whenFull }, limits)
}

/**
 * Gives out one result of each window, when it closes (Kafka's `Suppressed.untilWindowCloses`). Nothing
 * may go out early, so the run fails when the buffer is full.
 * @throws TopologyError when a limit is not above 0.
 */
export function untilWindowCloses(limits: SuppressLimits = {}): Suppression<Windowed<unknown>> {
  const spec = { until: 'window-close', limitMs: 0, whenFull: 'fail' } as const
  return suppression('untilWindowCloses', spec, limits)
}

function suppression(
  name: string,
  spec: Pick<Suppression, 'until' | 'limitMs' | 'whenFull'>,
  { records = Infinity, bytes = Infinity }: SuppressLimits,
): Suppression<unknown> {
  if (spec.whenFull !== 'emit-early' && spec.whenFull !== 'fail') {
    throw new TopologyError(name, "whenFull is 'emit-early' or 'fail'")
  }
  if (!(records > 0) || !(bytes > 0)) {
    throw new TopologyError(
      name,
      'a buffer holds at least 1 record and 1 byte: give limits above 0',
    )
  }
  return Object.freeze({ ...spec, recordsMax: records, bytesMax: bytes })
}
