// Date-time text to milliseconds, strictly: what is no date is NaN, never a date near it. Decoders and
// replay call it; the zone of text without one comes from zoned-time.ts.
import type { ZoneOffsets } from './zoned-time.ts'

const DAY_MS = 86_400_000
const DIGIT_0 = 48
const DASH = 45
const PLUS = 43
const COLON = 58
const DOT = 46
const SPACE = 32
const UPPER_T = 84
const UPPER_Z = 90
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
/** As far from Greenwich as java.time's ZoneOffset goes. */
const OFFSET_HOURS_MAX = 18

/**
 * Wall-clock text without a zone, `2018-12-31T23:57:00.000`, as "local epoch ms": read as if it were
 * UTC. Seconds and up to nine decimals are optional, digits beyond milliseconds are cut off, a space
 * may stand for the T. NaN for anything else: month 13, 30 February, hour 24, a trailing zone.
 */
export function parseLocalDateTime(text: string): number {
  const end = endOfLocal(text)
  return end === text.length ? localMsOf(text, end) : NaN
}

/**
 * Date-time text as epoch ms. A trailing `Z` or offset (`-08:00`, `-0800`, `-08`) wins; without one it
 * is the wall clock of `zone`. NaN for text that `parseLocalDateTime` would refuse.
 */
export function parseDateTime(text: string, zone: ZoneOffsets): number {
  const end = endOfLocal(text)
  const localMs = localMsOf(text, end)
  return end === text.length ? zone.toEpochMs(localMs) : localMs - offsetMsOf(text, end)
}

/** Days from 1970-01-01 to a date of the Gregorian calendar; `month` from 1. No range check. */
export function daysFromCivil(year: number, month: number, day: number): number {
  // Years from March on, so that the leap day is the last: the usual arithmetic of eras of 400 years.
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** Where the local part ends: the end of the text, or its Z or sign. */
function endOfLocal(text: string): number {
  // A sign before the time is one of the date's dashes.
  for (let at = 16; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === UPPER_Z || code === PLUS || code === DASH) return at
  }
  return text.length
}

function localMsOf(text: string, end: number): number {
  if (end < 16) return NaN
  const separator = text.charCodeAt(10)
  if (
    text.charCodeAt(4) !== DASH ||
    text.charCodeAt(7) !== DASH ||
    (separator !== UPPER_T && separator !== SPACE) ||
    text.charCodeAt(13) !== COLON
  ) {
    return NaN
  }
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  const hour = twoDigits(text, 11)
  const minute = twoDigits(text, 14)
  // Written so that a NaN among them fails too.
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month))) return NaN
  if (!(hour <= 23 && minute <= 59)) return NaN
  const seconds = end === 16 ? 0 : secondsMs(text, end)
  return daysFromCivil(year, month, day) * DAY_MS + hour * 3_600_000 + minute * 60_000 + seconds
}

/** `:SS` or `:SS.fff` from the 16th character on, in ms. */
function secondsMs(text: string, end: number): number {
  const second = twoDigits(text, 17)
  if (text.charCodeAt(16) !== COLON || end < 19 || !(second <= 59)) return NaN
  if (end === 19) return second * 1_000
  if (text.charCodeAt(19) !== DOT || end === 20 || end > 29) return NaN
  let millis = 0
  for (let at = 20; at < end; at++) {
    const digit = text.charCodeAt(at) - DIGIT_0
    if (digit < 0 || digit > 9) return NaN
    if (at < 23) millis = millis * 10 + digit
  }
  for (let digits = end - 20; digits < 3; digits++) millis *= 10
  return second * 1_000 + millis
}

function offsetMsOf(text: string, at: number): number {
  if (text.charCodeAt(at) === UPPER_Z) return at + 1 === text.length ? 0 : NaN
  const sign = text.charCodeAt(at) === DASH ? -1 : 1
  const hours = twoDigits(text, at + 1)
  const rest = text.length - at
  const minutes = rest === 3 ? 0 : twoDigits(text, rest === 6 ? at + 4 : at + 3)
  const isShaped = rest === 3 || rest === 5 || (rest === 6 && text.charCodeAt(at + 3) === COLON)
  if (!isShaped || !(hours <= OFFSET_HOURS_MAX && minutes <= 59)) return NaN
  if (hours === OFFSET_HOURS_MAX && minutes > 0) return NaN
  return sign * (hours * 3_600_000 + minutes * 60_000)
}

function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - DIGIT_0
  const ones = text.charCodeAt(at + 1) - DIGIT_0
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN
}

function daysOf(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 && isLeap ? 29 : (MONTH_DAYS[month - 1] ?? 0)
}
