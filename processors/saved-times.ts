// The times of writers as a checkpoint holds them, and each entry of a changelog: of a thousand writers no longer than
// it must be.

/** How far writers have come. */
export interface SavedWriterTimes {
  readonly told: SavedTimes
  readonly vouched: SavedTimes
}

/**
 * One after the other, epoch ms: each may be followed by how many more have the same, as a negative number less 1. Or
 * which times there are, and for each writer a digit that says which: tasks are dealt out to threads in turn, so those
 * that have come to the same do not lie side by side.
 */
export type SavedTimes =
  readonly number[] | { readonly times: readonly number[]; readonly of: string }

/** No time is as low; -1 is that of a writer that has not been heard of. */
const SAME = -1
/** Fewer numbers than this are as good as digits. */
const RUNS_MIN = 32
const DIGITS = 36

/** Times in their shortest form. */
export function saved(times: Float64Array): SavedTimes {
  const runs = runsOf(times)
  if (runs.length < RUNS_MIN) return runs
  const distinct = [...new Set(times)]
  if (distinct.length > DIGITS) return runs
  const digits = new Map(distinct.map((time, i) => [time, i.toString(DIGITS)]))
  return { times: distinct, of: Array.from(times, (time) => digits.get(time)!).join('') }
}

/** Takes times up as far as both go. */
export function takeSaved(from: SavedTimes, times: Float64Array): void {
  if ('of' in from) {
    const count = Math.min(from.of.length, times.length)
    for (let i = 0; i < count; i++) times[i] = from.times[parseInt(from.of[i]!, DIGITS)]!
  } else takeRuns(from, times)
}

function runsOf(times: Float64Array): number[] {
  const runs: number[] = []
  for (let i = 0; i < times.length;) {
    const time = times[i]!
    let end = i + 1
    while (end < times.length && times[end] === time) end += 1
    runs.push(time)
    // Two alike are no longer than what would tell of them.
    if (end - i > 2) runs.push(SAME - (end - i - 1))
    else if (end - i === 2) runs.push(time)
    i = end
  }
  return runs
}

function takeRuns(runs: readonly number[], times: Float64Array): void {
  let at = 0
  for (const [i, number] of runs.entries()) {
    const count = number < SAME ? SAME - number : 1
    const time = number < SAME ? runs[i - 1]! : number
    for (let n = 0; n < count && at < times.length; n++) times[at++] = time
  }
}
