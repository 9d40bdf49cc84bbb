// The runs of a session by trial, which of them nothing else beats, and what is best of the keys.
import { comparisonsOf, figureOf, verdictOf, type Effect, type Measure } from './effects.ts'
import type { RunResult } from './results.ts'
import { median, spread, type Interval } from './statistics.ts'
import { nameOf, type Trial } from './sweep.ts'

/** What several runs of one kind come to. */
export interface Middle extends Interval {
  readonly median: number
}

/** All runs of a trial. */
export interface TrialSummary {
  readonly trial: Trial
  readonly runs: number
  /** Rows a second of the backlog. */
  readonly throughput: Middle
  /** 99th percentile in ms at the live rate; undefined without that part. */
  readonly latency: Middle | undefined
  readonly cpuMicrosPerRow: Middle
  /** Whether no other trial is better in one measure and not worse in the other (the Pareto front). */
  readonly isOnFront: boolean
}

/** What is looked for. */
export const GOALS = ['balanced', 'throughput', 'latency'] as const
export type Goal = (typeof GOALS)[number]

/** The trials that were run, in the order given. */
export function summarize(runs: readonly RunResult[], trials: readonly Trial[]): TrialSummary[] {
  const summaries = trials.flatMap((trial) => {
    const figures = runs
      .filter((run) => nameOf(run.trial) === nameOf(trial))
      .map((run) => run.figures)
    if (figures.length === 0) return []
    const latencies = figures.flatMap((each) => figureOf('latency', each) ?? [])
    return {
      trial,
      runs: figures.length,
      throughput: middleOf(figures.map(({ rowsPerSecond }) => rowsPerSecond)),
      latency: latencies.length === 0 ? undefined : middleOf(latencies),
      cpuMicrosPerRow: middleOf(figures.map(({ cpuMicrosPerRow }) => cpuMicrosPerRow)),
    }
  })
  return summaries.map((summary) => ({
    ...summary,
    isOnFront: !summaries.some((other) => beats(other, summary)),
  }))
}

function middleOf(numbers: readonly number[]): Middle {
  return { median: median(numbers), ...spread(numbers) }
}

type Point = Pick<TrialSummary, 'throughput' | 'latency'>

function beats(other: Point, one: Point): boolean {
  const faster = other.throughput.median - one.throughput.median
  const sooner = (one.latency?.median ?? 0) - (other.latency?.median ?? 0)
  return faster >= 0 && sooner >= 0 && (faster > 0 || sooner > 0)
}

/** A value that is better than the base, by what is looked for. */
export interface BestPair {
  readonly key: string
  readonly value: string
  /** Logarithm of how much better; above 0. */
  readonly gain: number
  readonly effects: readonly Effect[]
}

/**
 * The best value of each key that has one, the best key first. What cannot be told apart from noise
 * counts for nothing, so a key without any effect is in none of them.
 */
export function bestPairs(effects: readonly Effect[], goal: Goal): BestPair[] {
  const byKey = new Map<string, BestPair>()
  for (const { key, value } of effects) {
    const own = effects.filter((effect) => effect.key === key && effect.value === value)
    const gain = own.reduce((sum, effect) => sum + gainOf(effect, goal), 0)
    if (gain > (byKey.get(key)?.gain ?? 0)) byKey.set(key, { key, value, gain, effects: own })
  }
  return [...byKey.values()].sort((a, b) => b.gain - a.gain)
}

/** What the fresh pairs say of what was found best. */
export type Confirmation = 'confirmed' | 'not confirmed' | 'not run'

/**
 * Whether a trial is better than the base in the runs that confirm, too: in something that is looked for, and worse in
 * nothing of it. The best of many is best by luck, too; what only the sweep says is not known.
 */
export function confirmationOf(runs: readonly RunResult[], trial: Trial, goal: Goal): Confirmation {
  const fresh = runs.filter(({ phase }) => phase === 'confirm')
  const compared = comparisonsOf(fresh, trial).filter(({ measure }) => isLookedFor(measure, goal))
  if (compared.every(({ comparison }) => comparison.pairs === 0)) return 'not run'
  const verdicts = compared.map(({ measure, comparison }) => verdictOf(measure, comparison))
  const holds = verdicts.includes('better') && !verdicts.includes('worse')
  return holds ? 'confirmed' : 'not confirmed'
}

/** CPU is told, and no goal: who has less of it to do has the throughput already. */
function isLookedFor(measure: Measure, goal: Goal): boolean {
  return measure !== 'cpu' && (goal === 'balanced' || goal === measure)
}

function gainOf({ measure, ratio, verdict }: Effect, goal: Goal): number {
  if (verdict === 'cannot be told apart' || !isLookedFor(measure, goal)) return 0
  return measure === 'throughput' ? Math.log(ratio) : -Math.log(ratio)
}

/** The base with all of these values. */
export function trialWith(pairs: readonly BestPair[]): Trial {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value]))
}
