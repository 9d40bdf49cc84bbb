// Which rhythms hourly counts have: the amplitude of each period, by a discrete Fourier transform. Drawn by
// the job's panel.

/** How strong a rhythm is. */
export interface Rhythm {
  readonly cyclesPerDay: number
  /** In the unit of the counts. */
  readonly amplitude: number
}

const DAY_HOURS = 24
/** So that days and weeks are whole numbers of cycles. */
const WEEK_HOURS = 168

/**
 * The amplitudes of all rhythms from one cycle in the whole time up to one in two hours. Of the counts the
 * last whole weeks are taken; with less than one there is nothing.
 */
export function periodogram(hourlyCounts: readonly number[]): Rhythm[] {
  const n = hourlyCounts.length - (hourlyCounts.length % WEEK_HOURS)
  if (n === 0) return []
  const counts = hourlyCounts.slice(-n)
  const mean = counts.reduce((sum, count) => sum + count, 0) / n
  const deviations = counts.map((count) => count - mean)
  return Array.from({ length: n / 2 }, (_, i) => ({
    cyclesPerDay: ((i + 1) * DAY_HOURS) / n,
    amplitude: amplitudeOf(deviations, i + 1),
  }))
}

/** The amplitude of `cycles` cycles in all values, by Goertzel's recurrence. */
function amplitudeOf(values: readonly number[], cycles: number): number {
  const n = values.length
  const factor = 2 * Math.cos((2 * Math.PI * cycles) / n)
  let last = 0
  let former = 0
  for (const value of values) {
    const next = value + factor * last - former
    former = last
    last = next
  }
  const power = last * last + former * former - factor * last * former
  // The highest frequency has no phase, and all of its power in one coefficient.
  return (Math.sqrt(Math.max(power, 0)) * (cycles * 2 === n ? 1 : 2)) / n
}
