// When the calls of a day came and which numbers they got, newest first.
import { createRandom } from '../random.ts'
import type { Random } from '../random.ts'
import { callsPerMinute } from './calendar.ts'
import type { DaySlice } from './calendar.ts'

const DAY_MS = 86_400_000
/** Numbers are given a little out of order: with this reach 38 % of neighbours are, as published. */
const SHUFFLE_REACH = 5

/** When a call came, and its number. */
export interface Moment {
  /** `2018-12-31` */
  readonly date: string
  readonly hour: number
  /** `23:57` */
  readonly time: string
  readonly crimeId: string
}

const TIMES = Array.from(
  { length: 1_440 },
  (_, minute) => `${padded(Math.floor(minute / 60), 2)}:${padded(minute % 60, 2)}`,
)

/** The moments of a slice's calls, newest first. */
export function* momentsOf(
  slice: DaySlice,
  hourShare: readonly number[],
  seed: number,
): Generator<Moment> {
  const random = createRandom(seed, slice.localMs / DAY_MS, slice.fromMinute)
  const counts = callsPerMinute(slice, hourShare, random)
  const date = new Date(slice.localMs).toISOString().slice(0, 10)
  const serials = serialsOf(slice, random)
  const today = dayPrefix(slice.localMs)
  const lateFrom = slice.fromMinute === 0 ? slice.calls - lateCalls(random) : slice.calls
  const yesterday = dayPrefix(slice.localMs - DAY_MS)
  let row = 0
  for (let minute = 1_439; minute >= 0; minute--) {
    for (let left = counts[minute]!; left > 0; left--) {
      const crimeId =
        row < lateFrom
          ? today + padded(serials[row]!, 4)
          : yesterday + padded(slice.freeSerialBefore + row - lateFrom, 4)
      yield { date, hour: Math.floor(minute / 60), time: TIMES[minute]!, crimeId }
      row += 1
    }
  }
}

/** Serial numbers with gaps, falling but for a little disorder; none occurs twice. */
function serialsOf(slice: DaySlice, random: Random): Int32Array {
  const { calls, fromSerial, untilSerial } = slice
  const perCall = (untilSerial - fromSerial) / calls
  const serials = new Int32Array(calls)
  for (let i = 0; i < calls; i++) {
    serials[calls - 1 - i] =
      fromSerial + Math.floor(i * perCall + random.next() * Math.max(0, perCall - 1))
  }
  for (let i = calls - 1; i > 0; i--) {
    const j = Math.max(0, i - random.below(SHUFFLE_REACH))
    const serial = serials[i]!
    serials[i] = serials[j]!
    serials[j] = serial
  }
  return serials
}

/** How many of a day's first calls were logged under the day before: 1.12 on average. */
function lateCalls(random: Random): number {
  const at = random.next()
  if (at < 0.34) return 0
  if (at < 0.67) return 1
  return at < 0.87 ? 2 : 3
}

/** `18365`: two digits of the year and the day of the year. */
function dayPrefix(localMs: number): string {
  const year = new Date(localMs).getUTCFullYear()
  const dayOfYear = Math.round((localMs - Date.UTC(year, 0, 1)) / DAY_MS) + 1
  return padded(year % 100, 2) + padded(dayOfYear, 3)
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0')
}
