// The offset of a zone at an instant, asked of Intl. Slow (microseconds): zoned-time.ts keeps what it says.

/** Intl's calendar has no year 0 and counts backwards before it; no zone had rules that early. */
const FIRST_YEAR_MS = Date.UTC(1_000, 0, 1)

/**
 * A function from epoch ms to the zone's offset in ms, positive east of Greenwich, at that instant.
 * @throws RangeError when Intl does not know the zone.
 */
export function offsetAt(zone: string): (epochMs: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  return (epochMs) => {
    // Whole seconds: Intl cuts off the milliseconds, towards the past.
    const instant = Math.floor(Math.max(epochMs, FIRST_YEAR_MS) / 1_000) * 1_000
    const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {}
    for (const { type, value } of format.formatToParts(instant)) parts[type] = Number(value)
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
    const wallClock = new Date(0)
    // Not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
    wallClock.setUTCFullYear(year, month - 1, day)
    wallClock.setUTCHours(hour, minute, second)
    return wallClock.getTime() - instant
  }
}
