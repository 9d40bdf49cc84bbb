// Cuts time where the wall clock of a zone reaches the next local day, or the next so many local hours.
// Asked for the window of a timestamp by local windows; it keeps what it found, since Intl is slow.
import type { TimeWindow } from '../windows.ts'
import { offsetAt } from './zone-offset.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** No zone's clock is further from UTC, and none changes twice in twice this time. */
const OFFSET_MS_MAX = 26 * HOUR_MS
/** The last instant of JavaScript's calendar. */
const LAST_MS = 8.64e15
/** At the limit all windows are forgotten, so a wild range of times costs time, not memory. */
const SLOTS_MAX = 16_384

type Offset = (epochMs: number) => number

/**
 * A function from epoch ms to the window it falls into; windows follow each other without a gap. None
 * starts before the epoch, as Kafka's. `stepMs` of local time is a window: whole days, or hours that
 * divide a day.
 *
 * A window begins at the first instant at which the wall clock has reached its start: it is longer when
 * the clock is put back, shorter when it is put forward. Windows of one hour differ: where the clock shows
 * an hour twice, these are two windows.
 * @throws RangeError when Intl does not know the zone.
 */
export function wallClockWindows(zone: string, stepMs: number): (epochMs: number) => TimeWindow {
  const zoned = offsetAt(zone)
  const offset: Offset = (epochMs) => zoned(Math.min(epochMs, LAST_MS))
  const startOf = stepMs === HOUR_MS ? hourStart : stepStart
  const endOf = stepMs === HOUR_MS ? hourEnd : stepEnd
  // A slot of that length meets few windows; a record mostly falls into that of the one before it.
  const slots = new Map<number, TimeWindow[]>()
  let last: TimeWindow = { startMs: Infinity, endMs: -Infinity }

  function find(epochMs: number): TimeWindow {
    const slot = Math.floor(epochMs / stepMs)
    let windows = slots.get(slot)
    const known = windows?.find(({ startMs, endMs }) => epochMs >= startMs && epochMs < endMs)
    if (known !== undefined) return known
    const startMs = Math.max(0, startOf(offset, epochMs, stepMs))
    const found = Object.freeze({ startMs, endMs: endOf(offset, epochMs, stepMs) })
    if (slots.size === SLOTS_MAX) slots.clear()
    if (windows === undefined) slots.set(slot, (windows = []))
    windows.push(found)
    return found
  }

  return (epochMs) => {
    if (epochMs >= last.startMs && epochMs < last.endMs) return last
    return (last = find(epochMs))
  }
}

/** Start of the step that the clock has reached, though it may have been put back since. */
function stepStart(offset: Offset, epochMs: number, stepMs: number): number {
  return firstReach(offset, reached(offset, epochMs, stepMs))
}

function stepEnd(offset: Offset, epochMs: number, stepMs: number): number {
  let localMs = reached(offset, epochMs, stepMs)
  // A day that a zone left out altogether is no window.
  for (;;) {
    localMs += stepMs
    const endMs = firstReach(offset, localMs)
    if (endMs > epochMs) return endMs
  }
}

/** The last multiple of a step that the clock has shown, or passed over, up to an instant; local ms. */
function reached(offset: Offset, epochMs: number, stepMs: number): number {
  let localMs = Math.floor((epochMs + offset(epochMs)) / stepMs) * stepMs
  while (firstReach(offset, localMs + stepMs) <= epochMs) localMs += stepMs
  return localMs
}

/** The first instant at which the clock shows a local time or a later one. */
function firstReach(offset: Offset, localMs: number): number {
  const before = offset(localMs - OFFSET_MS_MAX)
  const after = offset(localMs + OFFSET_MS_MAX)
  if (before === after) return localMs - before
  const changeMs = changeBetween(offset, localMs - OFFSET_MS_MAX, localMs + OFFSET_MS_MAX)
  if (localMs - before < changeMs) return localMs - before
  return Math.max(changeMs, localMs - after)
}

/** Start of the hour: where the clock shows a whole one, or is put into another one. */
function hourStart(offset: Offset, epochMs: number): number {
  const now = offset(epochMs)
  const startMs = Math.floor((epochMs + now) / HOUR_MS) * HOUR_MS - now
  if (offset(startMs) === now) return startMs
  const changeMs = changeBetween(offset, startMs, epochMs)
  return beginsHour(offset, changeMs) ? changeMs : hourStart(offset, changeMs - 1)
}

function hourEnd(offset: Offset, epochMs: number): number {
  const now = offset(epochMs)
  const endMs = (Math.floor((epochMs + now) / HOUR_MS) + 1) * HOUR_MS - now
  if (offset(endMs) === now) return endMs
  const changeMs = changeBetween(offset, epochMs, endMs)
  return beginsHour(offset, changeMs) ? changeMs : hourEnd(offset, changeMs)
}

function beginsHour(offset: Offset, changeMs: number): boolean {
  const shownMs = changeMs + offset(changeMs)
  const lastMs = changeMs - 1 + offset(changeMs - 1)
  return shownMs % HOUR_MS === 0 || Math.floor(shownMs / HOUR_MS) !== Math.floor(lastMs / HOUR_MS)
}

/** The instant from which on the offset is that of `highMs`, where it changes once in between. */
function changeBetween(offset: Offset, lowMs: number, highMs: number): number {
  const before = offset(lowMs)
  let [low, high] = [lowMs, highMs]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offset(middle) === before) low = middle
    else high = middle
  }
  return high
}

/** Milliseconds of so many days or hours of the wall clock, when it is not changed. */
export const wallClockMs = (unit: 'day' | 'hour', count: number): number =>
  count * (unit === 'day' ? DAY_MS : HOUR_MS)
