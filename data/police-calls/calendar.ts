// How many calls each day has and which minutes they fall on, newest day first. Days before the known
// quarter repeat it: 91 days are 13 weeks, so weekdays stay where they are.
import { zoneOffsets } from '../../topology/time/zoned-time.ts'
import { createRandom, draw, weightTable } from '../random.ts'
import type { Random } from '../random.ts'
import type { PoliceCallsDistribution } from './distribution.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const NEWEST_DAY_MS = Date.UTC(2018, 11, 31)
/** The published file's last call came at 23:57, its first at 09:11. */
const LAST_MINUTE = 23 * 60 + 57
const FIRST_MINUTE = 9 * 60 + 11
/** Serial numbers run ahead of the published calls: about 4,132 a day, never above 4,741. */
const SERIALS_PER_CALL = 1.88
const SERIAL_MAX = 4_741

/** The calls of one day, or of the part of it that the published file has. */
export interface DaySlice {
  /** Midnight in the zone, read as if it were UTC. */
  readonly localMs: number
  readonly calls: number
  /** Minutes of the day, half-open. */
  readonly fromMinute: number
  readonly untilMinute: number
  /** A minute that must have a call, or -1. */
  readonly forcedMinute: number
  /** Serial numbers of its calls, half-open; at least as many as there are calls. */
  readonly fromSerial: number
  readonly untilSerial: number
  /** First serial number that the day before left free: calls logged late carry that day's. */
  readonly freeSerialBefore: number
}

/** The days from 31 December 2018 backwards, without end. */
export function* daySlices(known: PoliceCallsDistribution, seed: number): Generator<DaySlice> {
  const counts = Object.values(known.time.calls_per_day).reverse()
  const firstKnownDay = counts.length - 1
  const after = counts[firstKnownDay]!
  const shareAfter = shareFrom(known.time.hour_share, FIRST_MINUTE)
  counts[firstKnownDay] = Math.round(after / shareAfter)
  for (let index = 0; ; index++) {
    const calls = counts[index % counts.length]!
    const untilSerial = serialsOf(seed, index, calls)
    const freeSerialBefore = serialsOf(seed, index + 1, counts[(index + 1) % counts.length]!)
    const day: DaySlice = {
      localMs: NEWEST_DAY_MS - index * DAY_MS,
      calls,
      fromMinute: 0,
      untilMinute: index === 0 ? LAST_MINUTE + 1 : 1_440,
      forcedMinute: index === 0 ? LAST_MINUTE : -1,
      fromSerial: 1,
      untilSerial,
      freeSerialBefore,
    }
    if (index !== firstKnownDay) {
      yield day
      continue
    }
    // The day on which the published file begins, cut there: its file ends with the first slice.
    const fromSerial = untilSerial - Math.ceil((after / calls) * (untilSerial - 1))
    const begins = { fromMinute: FIRST_MINUTE, forcedMinute: FIRST_MINUTE, fromSerial }
    yield { ...day, calls: after, ...begins }
    yield { ...day, calls: calls - after, untilMinute: FIRST_MINUTE, untilSerial: fromSerial }
  }
}

/** The first serial number beyond those of the day that lies `index` days before the newest. */
function serialsOf(seed: number, index: number, calls: number): number {
  const jitter = 0.97 + 0.06 * createRandom(seed, index, 0x5e71a1).next()
  return 1 + Math.max(calls, Math.min(SERIAL_MAX, Math.round(calls * SERIALS_PER_CALL * jitter)))
}

/** How a slice's calls fall on the 1,440 minutes of the day; hours by their shares, minutes flat. */
export function callsPerMinute(
  slice: DaySlice,
  hourShare: readonly number[],
  random: Random,
): Uint16Array {
  const { localMs, calls, fromMinute, untilMinute, forcedMinute } = slice
  const hours = weightTable(
    hourShare.map((share, hour) => {
      const minutes = Math.min(untilMinute, hour * 60 + 60) - Math.max(fromMinute, hour * 60)
      return (share * Math.max(0, minutes) * hoursPassing(localMs, hour)) / 60
    }),
  )
  const counts = new Uint16Array(1_440)
  for (let placed = 0; placed < calls;) {
    const forced = placed === 0 && forcedMinute >= 0
    const minute = forced ? forcedMinute : draw(hours, random) * 60 + random.below(60)
    if (minute < fromMinute || minute >= untilMinute) continue
    counts[minute]! += 1
    placed += 1
  }
  return counts
}

const cityTime = zoneOffsets('America/Los_Angeles')

/** Real hours while the wall clock shows `hour`: 2 where it is repeated, 0 where it is skipped. */
function hoursPassing(localMs: number, hour: number): number {
  const startMs = cityTime.toEpochMs(localMs + hour * HOUR_MS)
  return (cityTime.toEpochMs(localMs + (hour + 1) * HOUR_MS) - startMs) / HOUR_MS
}

function shareFrom(hourShare: readonly number[], minute: number): number {
  return hourShare.reduce((sum, share, hour) => {
    const minutesAfter = Math.min(60, Math.max(0, (hour + 1) * 60 - minute))
    return sum + (share * minutesAfter) / 60
  }, 0)
}
