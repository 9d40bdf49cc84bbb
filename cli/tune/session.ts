// A session: rounds in which each trial is run once, in an order by chance, until there are enough or the time is
// up; then what was found best against the base, in fresh runs.
import type { Results, RunFigures, RunResult } from './results.ts'
import { median } from './statistics.ts'
import { nameOf, orderOf, type Trial } from './sweep.ts'

/** How a session goes. */
export interface SessionOptions {
  readonly trials: readonly Trial[]
  /** Rounds of the sweep, and pairs that confirm. */
  readonly repeats: number
  /** For all of it, in ms; what is left is done by a resumed session. */
  readonly budgetMs: number
  readonly seed: number
  readonly measure: (trial: Trial) => Promise<RunFigures>
  /** What the runs so far speak for; undefined when that is the base. */
  readonly bestOf: (runs: readonly RunResult[]) => Trial | undefined
  readonly signal: AbortSignal
  readonly onRun: (progress: SessionProgress) => void
  /** Milliseconds that never run backwards. */
  readonly nowMs: () => number
}

/** How far a session is. */
export interface SessionProgress {
  readonly phase: RunResult['phase']
  /** From 0 to 1: of its runs or of its time, whichever is further. */
  readonly done: number
  readonly run: number
  readonly runs: number
  /** What is run next; undefined at the end. */
  readonly next: Trial | undefined
}

/** How a session ended. */
export type SessionEnd = 'complete' | 'out of time' | 'interrupted'

/** So much of the time is for the sweep, the rest to confirm it. */
const SWEEP_SHARE = 0.8

interface Phase {
  readonly phase: RunResult['phase']
  readonly trials: readonly Trial[]
  readonly untilMs: number
}

/** Runs what is missing in `results`. @throws what `measure` throws. */
export async function runSession(results: Results, options: SessionOptions): Promise<SessionEnd> {
  const startMs = options.nowMs()
  const { trials, budgetMs, bestOf } = options
  const untilMs = startMs + budgetMs
  const sweepUntilMs = startMs + budgetMs * SWEEP_SHARE
  const swept = await runPhase(results, options, {
    ...{ phase: 'sweep', trials, untilMs: sweepUntilMs },
  })
  if (swept === 'interrupted') return swept
  const best = bestOf(results.runs.filter(({ phase }) => phase === 'sweep'))
  if (best === undefined) return swept
  const confirmed = await runPhase(results, options, {
    ...{ phase: 'confirm', trials: [{}, best], untilMs },
  })
  return confirmed === 'complete' ? swept : confirmed
}

async function runPhase(
  results: Results,
  options: SessionOptions,
  { phase, trials, untilMs }: Phase,
): Promise<SessionEnd> {
  const { repeats, seed, signal, measure, onRun, nowMs } = options
  const placeOf = (round: number, trial: Trial): string => `${round} ${nameOf(trial)}`
  const isDone = new Set(
    results.runs
      .filter((run) => run.phase === phase)
      .map(({ round, trial }) => placeOf(round, trial)),
  )
  const runs = repeats * trials.length
  const beganMs = nowMs()
  const tookMs: number[] = []
  let run = isDone.size
  for (let round = 0; round < repeats; round++) {
    for (const index of orderOf(trials.length, round, seed)) {
      const trial = trials[index]!
      if (isDone.has(placeOf(round, trial))) continue
      if (signal.aborted) return 'interrupted'
      const atMs = nowMs()
      // Half a run is none: the next one must fit in, too.
      if (atMs + (tookMs.length === 0 ? 0 : median(tookMs)) > untilMs) return 'out of time'
      const ofTime = (atMs - beganMs) / Math.max(1, untilMs - beganMs)
      onRun({ phase, run, runs, next: trial, done: Math.min(1, Math.max(run / runs, ofTime)) })
      try {
        results.add({ phase, round, trial, figures: await measure(trial) })
      } catch (error) {
        if (signal.aborted) return 'interrupted'
        throw error
      }
      run += 1
      tookMs.push(nowMs() - atMs)
    }
  }
  onRun({ phase, run, runs, next: undefined, done: 1 })
  return 'complete'
}
