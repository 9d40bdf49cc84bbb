// Windows of local days and hours: they follow the wall clock of a time zone, so some are longer or shorter
// than others. Kafka's windows are aligned to UTC alone.
import type { DurationMs } from './duration.ts'
import { TopologyError } from './errors.ts'
import { checkLength } from './validate-lengths.ts'
import { wallClockMs, wallClockWindows } from './time/wall-clock-windows.ts'
import { ZoneError } from './time/zoned-time.ts'
import type { TimeWindow } from './windows.ts'

/** Windows by the wall clock of a time zone; made by `tumbling({ days, timeZone, grace })`. */
export interface LocalWindows {
  readonly kind: 'local-windows'
  /** An IANA name, such as `America/Los_Angeles`. */
  readonly timeZone: string
  /** Length of a window in which the clock is not changed, ms. */
  readonly sizeMs: number
  readonly graceMs: number
  /** The window that a timestamp, epoch ms, falls into: each falls into one. */
  readonly windowAt: (timestampMs: number) => TimeWindow
}

/** What windows of local time are made of: `days`, or `hours` that divide a day. */
export type LocalWindowsSpec = {
  /** An IANA name, such as `America/Los_Angeles`. */
  readonly timeZone: string
  readonly grace: DurationMs
} & (
  | {
      /** Local days a window, counted from 1 January 1970. */
      readonly days: number
      readonly hours?: never
    }
  | {
      /** Local hours a window, counted from midnight: 1, 2, 3, 4, 6, 8 or 12. */
      readonly hours: number
      readonly days?: never
    }
)

/**
 * Windows that begin and end by the wall clock of a zone.
 * @throws TopologyError when the zone is not known, or the size is none of local time.
 */
export function localWindows(kind: string, spec: LocalWindowsSpec): LocalWindows {
  const { timeZone, grace, days, hours } = spec
  const [unit, count] = days === undefined ? (['hour', hours] as const) : (['day', days] as const)
  if (unit === 'day' ? !(Number.isInteger(count) && count > 0) : !HOURS.includes(count)) {
    throw new TopologyError(
      kind,
      unit === 'day'
        ? `windows of local time have whole days, at least 1, not ${count}`
        : `windows of local time have ${HOURS.join(', ')} hours, which divide a day, not ${count}: for more give days`,
    )
  }
  const sizeMs = wallClockMs(unit, count)
  checkLength(kind, 'grace', grace)
  const windowAt = windowsOf(kind, timeZone, sizeMs)
  return Object.freeze({ kind: 'local-windows', timeZone, sizeMs, graceMs: grace, windowAt })
}

const HOURS = [1, 2, 3, 4, 6, 8, 12]

function windowsOf(kind: string, timeZone: string, sizeMs: number): LocalWindows['windowAt'] {
  try {
    return wallClockWindows(timeZone, sizeMs)
  } catch (cause) {
    if (cause instanceof RangeError) {
      throw new TopologyError(kind, new ZoneError(timeZone, cause).message)
    }
    throw cause
  }
}
