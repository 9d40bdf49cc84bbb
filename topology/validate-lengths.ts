// What lengths of time may be, where a program without types, or with casts, gives something else; called by what
// makes windows, and by the validation of a topology.
import { TopologyError } from './errors.ts'

/**
 * @param of the node, or the function that makes the windows.
 * @throws TopologyError unless `lengthMs` is a length of time.
 */
export function checkLength(of: string, what: string, lengthMs: unknown): void {
  if (isTime(lengthMs) && lengthMs >= 0) return
  throw new TopologyError(
    of,
    `the ${what} must be at least 0, not ${String(lengthMs)}: give a duration, such as minutes(5)`,
  )
}

/** As `checkLength`, of one that may reach back in time. */
export function checkOffset(of: string, what: string, lengthMs: unknown): void {
  if (isTime(lengthMs)) return
  throw new TopologyError(
    of,
    `the ${what} must be a duration, such as minutes(5) or minus(minutes(5)), not ${String(lengthMs)}`,
  )
}

const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value)
