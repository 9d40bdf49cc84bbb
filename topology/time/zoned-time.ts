// Wall-clock time in an explicit zone to epoch milliseconds, with nothing but Intl. Decoders call
// `toEpochMs` once a row, replay does too; the rules at a clock change are those of java.time.
import { offsetAt } from './zone-offset.ts'

export { parseDateTime, parseLocalDateTime } from './date-time-text.ts'

/** Turns the wall clock of one zone into instants. */
export interface ZoneOffsets {
  /** The zone's IANA name as it was asked for. */
  readonly zone: string
  /**
   * Takes a wall-clock time as "local epoch ms" (read as if it were UTC), returns epoch ms. An hour
   * that occurs twice means the first occurrence; a time that is skipped moves forward by the gap.
   * NaN gives NaN. Cheapest where calls lie near each other in time.
   */
  toEpochMs(localMs: number): number
}

/** A zone that this Node does not know; `hint` in the message names zones that may be meant. */
export class ZoneError extends Error {
  override readonly name = 'ZoneError'
  readonly code = 'MILLRACE_TIME_ZONE_UNKNOWN'
  readonly zone: string

  /** Names the zone that is not known. */
  constructor(zone: string, cause?: unknown) {
    const like = zonesLike(zone)
    const hint = like.length > 0 ? `did you mean ${like.join(' or ')}?` : 'write it as Area/City'
    super(`unknown time zone "${zone}": ${hint} (an IANA name such as America/Los_Angeles)`, {
      cause,
    })
    this.zone = zone
  }
}

const DAY_MS = 86_400_000
/** Days kept at most; at the limit all are forgotten, so a wild range of dates costs time, not memory. */
const DAYS_MAX = 16_384
const UTC_NAMES = new Set(['UTC', 'ETC/UTC', 'ETC/UCT', 'ETC/GMT', 'GMT', 'Z', 'ZULU', 'ETC/ZULU'])

/** A local day: times before `boundaryMs` have the offset `before`, the others `after`. */
interface LocalDay {
  readonly boundaryMs: number
  readonly before: number
  readonly after: number
}

/**
 * The offsets of an IANA zone, such as `America/Los_Angeles`.
 * @throws ZoneError MILLRACE_TIME_ZONE_UNKNOWN
 */
export function zoneOffsets(zone: string): ZoneOffsets {
  if (UTC_NAMES.has(zone.toUpperCase())) return { zone, toEpochMs: (localMs) => localMs }
  let offset: (epochMs: number) => number
  try {
    offset = offsetAt(zone)
  } catch (cause) {
    throw new ZoneError(zone, cause)
  }
  const days = new Map<number, LocalDay>()
  // The stretch of constant offset that the last call fell into.
  let fromMs = Infinity
  let untilMs = -Infinity
  let offsetMs = 0

  function enter(localMs: number): number {
    if (!Number.isFinite(localMs)) return NaN
    const index = Math.floor(localMs / DAY_MS)
    let day = days.get(index)
    if (day === undefined) {
      day = localDay(offset, index * DAY_MS)
      if (days.size === DAYS_MAX) days.clear()
      days.set(index, day)
    }
    const isBefore = localMs < day.boundaryMs
    fromMs = isBefore ? index * DAY_MS : Math.max(index * DAY_MS, day.boundaryMs)
    untilMs = isBefore ? Math.min((index + 1) * DAY_MS, day.boundaryMs) : (index + 1) * DAY_MS
    offsetMs = isBefore ? day.before : day.after
    return localMs - offsetMs
  }

  return {
    zone,
    toEpochMs: (localMs) =>
      localMs >= fromMs && localMs < untilMs ? localMs - offsetMs : enter(localMs),
  }
}

/**
 * Looks a day to each side, because the day's instants lie that far off where the offset is large.
 * At a change from `before` to `after` both rules, first occurrence and forward by the gap, come to
 * the same: the old offset counts until both clocks have passed the change.
 */
function localDay(offset: (epochMs: number) => number, startMs: number): LocalDay {
  let low = startMs - DAY_MS
  let high = startMs + 2 * DAY_MS
  const before = offset(low)
  const after = offset(high)
  if (before === after) return { boundaryMs: startMs, before, after }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offset(middle) === before) low = middle
    else high = middle
  }
  return { boundaryMs: high + Math.max(before, after), before, after }
}

function zonesLike(zone: string): string[] {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z]/g, '')
  const wanted = plain(zone)
  const city = plain(zone.split('/').at(-1) ?? '')
  if (city.length < 3) return []
  return Intl.supportedValuesOf('timeZone')
    .filter((name) => plain(name).includes(wanted) || plain(name).endsWith(city))
    .slice(0, 3)
}
