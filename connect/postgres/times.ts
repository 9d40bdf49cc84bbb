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

const DATE_TIME_LENGTH = 19
const DIGIT_0 = 48
const PLUS = 43
const DOT = 46

/**
 * Milliseconds since the epoch of a timestamp of today's common form, `2018-10-01 05:00:00.25+00`, the offset
 * left out where there is no zone. NaN for all others, which `timestampJson` reads.
 */
export function utcMillisIn(bytes: Uint8Array, start: number, end: number): number {
  const at = start + DATE_TIME_LENGTH
  if (end < at || !isDateTime(bytes, start)) return NaN
  let millis = 0
  let rest = at
  if (rest < end && bytes[rest] === DOT) {
    let scale = 100
    while (++rest < end && isDigit(bytes[rest]!)) {
      millis += (bytes[rest]! - DIGIT_0) * Math.floor(scale)
      scale /= 10
    }
  }
  const hasOffset = end - rest === 3 && bytes[rest] === PLUS && number2(bytes, rest + 1) === 0
  if (rest !== end && !hasOffset) return NaN
  const year = number2(bytes, start) * 100 + number2(bytes, start + 2)
  const days = daysFromCivil(year, number2(bytes, start + 5), number2(bytes, start + 8))
  const minutes = number2(bytes, start + 11) * 60 + number2(bytes, start + 14)
  return days * DAY_MS + (minutes * 60 + number2(bytes, start + 17)) * 1_000 + millis
}

const FORM = Buffer.from('0000-00-00 00:00:00')

function isDateTime(bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < DATE_TIME_LENGTH; i++) {
    const code = bytes[start + i]!
    const form = FORM[i]!
    if (form === DIGIT_0 ? !isDigit(code) : code !== form) return false
  }
  return true
}

const isDigit = (code: number): boolean => code >= DIGIT_0 && code < DIGIT_0 + 10

/** Of two digits. */
const number2 = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! - DIGIT_0) * 10 + bytes[at + 1]! - DIGIT_0

function daysOf([, year, month, day, , , , , bc]: RegExpExecArray): number {
  // There is no year 0: 1 BC is followed by 1 AD.
  const civil = bc === undefined ? Number(year) : 1 - Number(year)
  return daysFromCivil(civil, Number(month), Number(day))
}

const clockMs = (hours = '0', minutes = '0', seconds = '0'): number =>
  (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000

const microsOf = (fraction: string): number => Number(fraction.padEnd(6, '0'))
