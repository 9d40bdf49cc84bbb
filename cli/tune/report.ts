// The report of a session in plain text: every trial, the picture, and the answers to the two questions that one
// tunes for. Made from whatever runs there are, so one that was cut short is told all the same.
import { table } from '../table.ts'
import {
  comparisonsOf,
  effectsOf,
  P_MAX,
  pairsNeeded,
  verdictOf,
  type Comparison,
  type Effect,
  type Measure,
} from './effects.ts'
import { textOf, textPicture } from './picture.ts'
import type { RunResult, SessionSpec } from './results.ts'
import {
  bestPairs,
  confirmationOf,
  trialWith,
  type Confirmation,
  type Goal,
  type Middle,
  type TrialSummary,
} from './summary.ts'
import { nameOf } from './sweep.ts'

/** What a report is made of. */
export interface ReportOptions {
  readonly spec: SessionSpec
  readonly runs: readonly RunResult[]
  readonly summaries: readonly TrialSummary[]
  readonly goal: Goal
}

const PAIRS_SHOWN = 3
const UNITS: Readonly<Record<Measure, string>> = {
  throughput: 'rows/s',
  latency: 'p99',
  cpu: 'CPU a row',
}

/** The whole report. */
export function reportOf({ spec, runs, summaries, goal }: ReportOptions): string {
  const sweep = runs.filter(({ phase }) => phase === 'sweep')
  const effects = effectsOf(sweep, spec.keys)
  return [
    headOf(spec, runs),
    trialsTable(summaries),
    textPicture(summaries),
    effectsText(effects),
    bestText(effects, runs, goal),
  ].join('\n')
}

function headOf(spec: SessionSpec, runs: readonly RunResult[]): string {
  const { job, broker, rows, rate, seconds, machine } = spec
  const live = rate > 0 && seconds > 0 ? `, then ${rate} rows/s for ${seconds} s` : ''
  const base = Object.entries(spec.base).map(([key, value]) => `${key}=${value}`)
  return [
    `${job} on ${broker}, ${machine}\n`,
    `${runs.length} runs, each a fresh process: ${rows} rows that wait${live}; medians [middle half]\n`,
    base.length === 0 ? '' : `all with ${base.join(' ')}\n`,
  ].join('')
}

function trialsTable(summaries: readonly TrialSummary[]): string {
  const rows = summaries.map((of, number) => [
    number,
    `${nameOf(of.trial)}${of.isOnFront ? ' *' : ''}`,
    of.runs,
    middleText(of.throughput),
    of.latency === undefined ? '-' : middleText(of.latency),
    middleText(of.cpuMicrosPerRow),
  ])
  const head = ['#', 'settings (* on the front)', 'runs', 'rows/s', 'p99 ms', 'CPU µs a row']
  return table(head, rows)
}

function middleText({ median, low, high }: Middle): string {
  return `${textOf(median)} [${textOf(low)}-${textOf(high)}]`
}

function effectsText(effects: readonly Effect[]): string {
  const rows = effects.map((effect) => [
    `${effect.key}=${effect.value}`,
    effect.base ?? 'unset',
    UNITS[effect.measure],
    effect.pairs,
    ...comparisonCells(effect),
    effect.verdict,
  ])
  const needed = pairsNeeded(effects.length)
  const head = [
    ...['setting', 'instead of', 'of', 'pairs', 'effect', '95 % between', 'p', 'verdict'],
  ]
  return [
    'What do the settings do to throughput and latency?\n',
    table(head, rows),
    'p: how often noise alone would show as much in paired rounds, corrected for asking so often;\n',
    `above ${P_MAX} the two cannot be told apart.\n`,
    effects.some(({ pairs }) => pairs < needed)
      ? `That takes ${needed} pairs at least: run more rounds, or sweep fewer values.\n`
      : '',
  ].join('')
}

function comparisonCells({ ratio, interval, p }: Comparison): string[] {
  const [effect, low, high] = [ratio, interval.low, interval.high].map(percent)
  return [effect!, `${low} and ${high}`, p < 0.001 ? '<0.001' : p.toFixed(3)]
}

/** `+12.3 %` */
function percent(ratio: number): string {
  if (Number.isNaN(ratio)) return '-'
  const by = (ratio - 1) * 100
  return `${by < 0 ? '' : '+'}${by.toFixed(1)} %`
}

function bestText(effects: readonly Effect[], runs: readonly RunResult[], goal: Goal): string {
  const wanted = goal === 'balanced' ? 'throughput and latency' : goal
  const question = `Which pairs are best for ${wanted}, and how can one tell?\n`
  const pairs = bestPairs(effects, goal)
  if (pairs.length === 0) {
    return `${question}None: no value that was tried is better than what is configured, beyond noise.\n`
  }
  const best = pairs.slice(0, PAIRS_SHOWN).map(({ key, value, effects: own }, i) => {
    const what = own.map((effect) => {
      const name = UNITS[effect.measure]
      if (effect.verdict === 'cannot be told apart') return `${name} cannot be told apart`
      const [by, between, p] = comparisonCells(effect)
      return `${name} ${by} (${between}, p ${p}, ${effect.pairs} pairs)`
    })
    return `${i + 1}. ${key}=${value}: ${what.join('; ')}\n`
  })
  return [question, ...best, confirmText(runs, trialWith(pairs), goal)].join('')
}

function confirmText(runs: readonly RunResult[], trial: TrialSummary['trial'], goal: Goal): string {
  const fresh = runs.filter(({ phase }) => phase === 'confirm')
  const compared = comparisonsOf(fresh, trial)
  const name = nameOf(trial)
  if (compared.every(({ comparison }) => comparison.pairs === 0)) {
    return `Together, ${name}: not run against what is configured yet; --resume goes on.\n`
  }
  const lines = compared.map(({ measure, comparison }) => {
    const [by, between, p] = comparisonCells(comparison)
    const what = UNITS[measure]
    const verdict = verdictOf(measure, comparison)
    return `  ${what} ${by} (${between}), p ${p}: ${verdict}\n`
  })
  const pairs = Math.max(...compared.map(({ comparison }) => comparison.pairs))
  const head = `Together, ${name}, in ${pairs} fresh pairs against what is configured:\n`
  return [head, ...lines, CONCLUSIONS[confirmationOf(runs, trial, goal)]].join('')
}

const CONCLUSIONS: Readonly<Record<Confirmation, string>> = {
  confirmed: 'So it is better, and not only the luckiest of those that were tried.\n',
  'not confirmed': 'Fresh runs do not bear it out: keep what is configured, or run more rounds.\n',
  'not run': '',
}
