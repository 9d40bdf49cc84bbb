// What the runs say about keys and values: pairs of runs of one round that differ in one key only, so that what
// the machine did else in that round weighs on both.
import type { RunFigures, RunResult } from './results.ts'
import { bootstrapMedian, holm, median, signFlipP, type Interval } from './statistics.ts'
import { nameOf, type SweptKey, type Trial } from './sweep.ts'

/** What is looked at of a run: much of the first is wanted, little of the others. */
export type Measure = 'throughput' | 'latency' | 'cpu'

/** How a value compares with the base, as a ratio of value to base. */
export interface Comparison {
  readonly pairs: number
  /** Median of the pairs. */
  readonly ratio: number
  /** Where that median lies, with a confidence of 95 %. */
  readonly interval: Interval
  /** How often noise alone would show as much; corrected for the number of questions. */
  readonly p: number
}

/** What one value of a key does to one measure. */
export interface Effect extends Comparison {
  readonly key: string
  readonly value: string
  readonly base: string | undefined
  readonly measure: Measure
  readonly verdict: 'better' | 'worse' | 'cannot be told apart'
}

/** As is usual: one in twenty of what is told apart is noise after all. */
export const P_MAX = 0.05

/** How many pairs it takes at least to tell anything apart, when so much is asked at once. */
export function pairsNeeded(questions: number): number {
  // All pairs must say the same: two ways of flipping signs in 2^n.
  return Math.ceil(Math.log2((2 * Math.max(1, questions)) / P_MAX))
}

/** The figure of a measure; undefined where a run has none. */
export function figureOf(measure: Measure, figures: RunFigures): number | undefined {
  switch (measure) {
    case 'throughput':
      return figures.rowsPerSecond
    case 'latency':
      return figures.p99Ms
    case 'cpu':
      return figures.cpuMicrosPerRow
  }
}

/** The measures that the runs have. */
export function measuresOf(runs: readonly RunResult[]): Measure[] {
  const isLive = runs.some(({ figures }) => figures.p99Ms !== undefined)
  return isLive ? ['throughput', 'latency', 'cpu'] : ['throughput', 'cpu']
}

/** The effect of every value that was tried, on every measure; in the order of the keys. */
export function effectsOf(runs: readonly RunResult[], keys: readonly SweptKey[]): Effect[] {
  const asked = measuresOf(runs).flatMap((measure) =>
    keys.flatMap(({ key, base, values }) =>
      values.map((value) => ({
        key,
        value,
        base,
        measure,
        differences: differences(runs, measure, (trial) => withValue(trial, key, value)),
      })),
    ),
  )
  const compared = compare(asked.map(({ differences }) => differences))
  return asked.map(({ differences: _, ...question }, i) => {
    const comparison = compared[i]!
    return { ...question, ...comparison, verdict: verdictOf(question.measure, comparison) }
  })
}

/** How a trial compares with the base, by measure. */
export function comparisonsOf(
  runs: readonly RunResult[],
  trial: Trial,
): { readonly measure: Measure; readonly comparison: Comparison }[] {
  const measures = measuresOf(runs)
  const all = measures.map((measure) =>
    differences(runs, measure, (of) => (nameOf(of) === nameOf({}) ? trial : undefined)),
  )
  return compare(all).map((comparison, i) => ({ measure: measures[i]!, comparison }))
}

/** What can be said of a comparison. */
export function verdictOf(measure: Measure, { ratio, p }: Comparison): Effect['verdict'] {
  if (!(p <= P_MAX)) return 'cannot be told apart'
  return (measure === 'throughput') === ratio > 1 ? 'better' : 'worse'
}

/** The same trial with another value; undefined where it has one of its own. */
function withValue(trial: Trial, key: string, value: string): Trial | undefined {
  return Object.hasOwn(trial, key) ? undefined : { ...trial, [key]: value }
}

/** Logarithms of the ratios of all pairs: twice as much and half as much are equally far from none. */
function differences(
  runs: readonly RunResult[],
  measure: Measure,
  otherOf: (trial: Trial) => Trial | undefined,
): number[] {
  const placeOf = (round: number, trial: Trial): string => `${round} ${nameOf(trial)}`
  const byPlace = new Map(runs.map((run) => [placeOf(run.round, run.trial), run.figures]))
  return runs.flatMap(({ round, trial, figures }) => {
    const other = otherOf(trial)
    const there = other === undefined ? undefined : byPlace.get(placeOf(round, other))
    const [from, to] = [figureOf(measure, figures), there && figureOf(measure, there)]
    return from === undefined || to === undefined ? [] : [Math.log(to / from)]
  })
}

function compare(all: readonly (readonly number[])[]): Comparison[] {
  const adjusted = holm(all.map((differences) => signFlipP(differences)))
  return all.map((differences, i) => {
    const { low, high } = bootstrapMedian(differences)
    return {
      pairs: differences.length,
      ratio: Math.exp(median(differences)),
      interval: { low: Math.exp(low), high: Math.exp(high) },
      p: adjusted[i]!,
    }
  })
}
