// The usual form of date-time text read from its bytes, without a string. The scanner calls it for each
// row; what it does not know it leaves to date-time-text.ts.
import { daysFromCivil } from './date-time-text.ts'

const DAY_MS = 86_400_000
const DIGIT_0 = 48
const DASH = 45
const COLON = 58
const DOT = 46
const UPPER_T = 84

/** Reads date-times, mostly of the same day as the one before: the day is worked out once. */
export class DateTimeBytes {
  #lastDay = -1
  #lastDayMs = 0

  /**
   * `YYYY-MM-DDTHH:MM:SS[.mmm]` as local epoch ms; NaN for other forms, for what is out of range and for
   * the last days of months: what those are, `parseDateTime` says.
   */
  localMs(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start
    if ((length !== 23 && length !== 19) || bytes[start + 10] !== UPPER_T) return NaN
    const day =
      digits4(bytes, start) * 10_000 + pair(bytes, start + 5) * 100 + pair(bytes, start + 8)
    const isShaped =
      bytes[start + 4] === DASH &&
      bytes[start + 7] === DASH &&
      bytes[start + 13] === COLON &&
      bytes[start + 16] === COLON
    const hour = pair(bytes, start + 11)
    const minute = pair(bytes, start + 14)
    const second = pair(bytes, start + 17)
    let ms = 0
    if (length === 23) {
      ms = pair(bytes, start + 20) * 10 + digit(bytes, start + 22)
      if (bytes[start + 19] !== DOT) return NaN
    }
    if (!isShaped || !(hour <= 23 && minute <= 59 && second <= 59 && ms >= 0)) return NaN
    if (day !== this.#lastDay) {
      const month = Math.floor(day / 100) % 100
      // The 29th to 31st are for the slow road: it knows how long months are.
      if (!(month >= 1 && month <= 12 && day % 100 >= 1 && day % 100 <= 28)) return NaN
      this.#lastDay = day
      this.#lastDayMs = daysFromCivil(Math.floor(day / 10_000), month, day % 100) * DAY_MS
    }
    return this.#lastDayMs + hour * 3_600_000 + minute * 60_000 + second * 1_000 + ms
  }
}

function digit(bytes: Uint8Array, at: number): number {
  const value = bytes[at]! - DIGIT_0
  return value >= 0 && value <= 9 ? value : NaN
}

function pair(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - DIGIT_0
  const ones = bytes[at + 1]! - DIGIT_0
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN
}

function digits4(bytes: Uint8Array, at: number): number {
  return pair(bytes, at) * 100 + pair(bytes, at + 2)
}
