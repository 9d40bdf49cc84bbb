// Dates and times as PostgreSQL writes them, to the numbers of Kafka Connect's logical types.
import { daysFromCivil } from '../../topology/time/date-time-text.ts'
import type { ZoneOffsets } from '../../topology/time/zoned-time.ts'

/** What a timestamp becomes; Confluent's `timestamp.granularity`. */
export type Granularity =
  'connect_logical' | 'micros_long' | 'micros_string' | 'nanos_long' | 'nanos_string'

const DAY_MS = 86_400_000
// Sessions are in UTC: an offset other than that does not come.
const DATE_TIME =
  /^(\d{4,})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?(?:\+00)?( BC)?$/
const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/

/** Days since the epoch of a date (Connect's Date). Undefined for what is none, such as infinity. */
export function epochDays(text: string): number | undefined {
  const found = DATE_TIME.exec(text)
  return found === null ? undefined : daysOf(found)
}

/** Milliseconds since midnight of a time (Connect's Time); finer parts are cut off. */
export function dayMs(text: string): number | undefined {
  const found = TIME.exec(text)
  if (found === null) return undefined
  const [, hours, minutes, seconds, fraction = ''] = found
  return clockMs(hours, minutes, seconds) + Math.floor(microsOf(fraction) / 1_000)
}

/** A timestamp as JSON; `zone` is that of the wall clock, UTC for timestamptz. */
export function timestampJson(
  text: string,
  zone: ZoneOffsets,
  granularity: Granularity,
): string | undefined {
  const found = DATE_TIME.exec(text)
  if (found === null) return undefined
  const [, , , , hours = '0', minutes = '0', seconds = '0', fraction = ''] = found
  const ms = zone.toEpochMs(daysOf(found) * DAY_MS + clockMs(hours, minutes, seconds))
  const micros = microsOf(fraction)
  if (granularity === 'connect_logical') return String(ms + Math.floor(micros / 1_000))
  const all = BigInt(ms) * 1_000n + BigInt(micros)
  const finest = granularity.startsWith('nanos') ? all * 1_000n : all
  return granularity.endsWith('string') ? `"${finest}"` : String(finest)
}

function daysOf([, year, month, day, , , , , bc]: RegExpExecArray): number {
  // There is no year 0: 1 BC is followed by 1 AD.
  const civil = bc === undefined ? Number(year) : 1 - Number(year)
  return daysFromCivil(civil, Number(month), Number(day))
}

const clockMs = (hours = '0', minutes = '0', seconds = '0'): number =>
  (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000

const microsOf = (fraction: string): number => Number(fraction.padEnd(6, '0'))
