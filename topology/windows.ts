// Time windows and their arithmetic: half-open, aligned to the epoch, as Kafka's TimeWindows.
import type { DurationMs } from './duration.ts'
import { TopologyError } from './errors.ts'
import { localWindows, type LocalWindows, type LocalWindowsSpec } from './local-windows.ts'
import type { SlidingWindows } from './record-windows.ts'
import { checkLength } from './validate-lengths.ts'

/** A window of event time: `startMs` belongs to it, `endMs` does not. Epoch milliseconds. */
export interface TimeWindow {
  readonly startMs: number
  readonly endMs: number
}

/** A key together with the window it was aggregated in (Kafka's `Windowed`). */
export interface Windowed<K> {
  readonly key: K
  readonly window: TimeWindow
}

/** A windows spec; made by `tumbling` and `hopping`. */
export interface TimeWindows {
  readonly kind: 'time-windows'
  readonly sizeMs: number
  readonly advanceMs: number
  readonly graceMs: number
}

/** One window without an end; made by `unlimited`. */
export interface UnlimitedWindows {
  readonly kind: 'unlimited-windows'
  readonly startMs: number
}

/** Windows that a stream is cut into by event time; sessions are another matter. */
export type EventTimeWindows = TimeWindows | LocalWindows | UnlimitedWindows | SlidingWindows

/**
 * One window that begins at `startMs` (epoch ms) and never ends; records before it fall into none
 * (Kafka's `UnlimitedWindows`).
 * @throws TopologyError when the start is before the epoch.
 */
export function unlimited(spec: { startMs: number }): UnlimitedWindows {
  const { startMs } = spec
  if (typeof startMs !== 'number' || !(startMs >= 0)) {
    const why = `the start must be at least 0, not ${String(startMs)}: give a time in epoch milliseconds`
    throw new TopologyError('unlimited', why)
  }
  return Object.freeze({ kind: 'unlimited-windows', startMs })
}

/**
 * Windows of `size`, one after the other. `grace` is how long after its end a window still takes
 * records that come out of order (Kafka's `TimeWindows.ofSizeAndGrace`).
 * @throws TopologyError when `size` is zero, or something is no length of time.
 */
export function tumbling(spec: { size: DurationMs; grace: DurationMs }): TimeWindows
/**
 * Windows of local days or hours by the wall clock of a time zone, one after the other: a day in which the
 * clock is put back has 25 hours (Kafka's windows know UTC only). `days` are whole ones, counted from
 * 1 January 1970; `hours` divide a day and are counted from midnight.
 * @throws TopologyError when the zone is not known, or the size is none of local time.
 */
export function tumbling(spec: LocalWindowsSpec): LocalWindows
export function tumbling(
  spec: { size: DurationMs; grace: DurationMs } | LocalWindowsSpec,
): TimeWindows | LocalWindows {
  if ('timeZone' in spec) return localWindows('tumbling', spec)
  return timeWindows('tumbling', spec.size, spec.size, spec.grace)
}

/**
 * Windows of `size`, a new one each `advance`: a record falls into several (Kafka's `advanceBy`).
 * @throws TopologyError when `advance` is zero or greater than `size`.
 */
export function hopping(spec: {
  size: DurationMs
  advance: DurationMs
  grace: DurationMs
}): TimeWindows {
  return timeWindows('hopping', spec.size, spec.advance, spec.grace)
}

function timeWindows(
  kind: string,
  sizeMs: number,
  advanceMs: number,
  graceMs: number,
): TimeWindows {
  checkLength(kind, 'size of a window', sizeMs)
  checkLength(kind, 'grace', graceMs)
  if (sizeMs === 0) throw new TopologyError(kind, 'the size of a window must be greater than 0')
  if (!(advanceMs > 0 && advanceMs <= sizeMs)) {
    throw new TopologyError(
      kind,
      `the advance must be greater than 0 and at most the size (${sizeMs} ms), not ${advanceMs} ms`,
    )
  }
  return Object.freeze({ kind: 'time-windows', sizeMs, advanceMs, graceMs })
}

/** Start of the earliest window that a timestamp falls into; the others follow each `advanceMs`. */
export function firstWindowStart(timestampMs: number, windows: TimeWindows): number {
  const earliest = Math.max(0, timestampMs - windows.sizeMs + windows.advanceMs)
  return Math.floor(earliest / windows.advanceMs) * windows.advanceMs
}

/** All windows that a timestamp falls into, ascending (Kafka's `TimeWindows.windowsFor`). */
export function windowsFor(timestampMs: number, windows: TimeWindows): TimeWindow[] {
  const found: TimeWindow[] = []
  for (
    let startMs = firstWindowStart(timestampMs, windows);
    startMs <= timestampMs;
    startMs += windows.advanceMs
  ) {
    found.push({ startMs, endMs: startMs + windows.sizeMs })
  }
  return found
}
