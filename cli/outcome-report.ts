// What the results of the police job say: the busiest types and how their calls ended, and the codes that
// nobody explains. Read from the topic of results, as any consumer would; the demo prints it.
import type { Broker } from '../broker/ports.ts'
import { keyOf, valueOf } from '../broker/record-batch.ts'
import { grouped } from './progress.ts'
import { table } from './table.ts'
import { visitRows } from './topic-rows.ts'

/** Where the job writes how many calls of each type ended how, per hour. */
export const OUTCOMES_TOPIC = 'police.calls-by-outcome'

const TYPES_SHOWN = 10
const OUTCOMES_SHOWN = 3
const CODES_SHOWN = 8
const COUNT_WIDTH = '999,999'.length

/** A value of the topic, as JSON. */
interface CountedOutcome {
  readonly window_start: number
  readonly window_end: number
  readonly type: string
  readonly disposition: string
  readonly description: string | null
  readonly calls: number
}

/** Calls with one disposition. */
interface Outcome {
  readonly code: string
  readonly description: string | null
  calls: number
}

/** All calls of the topic by type and disposition. */
export interface OutcomeTotals {
  readonly calls: number
  /** Start of the first window and end of the last one, epoch ms; Infinity and 0 without any. */
  readonly fromMs: number
  readonly toMs: number
  /** Outcomes by code, by type. */
  readonly types: ReadonlyMap<string, ReadonlyMap<string, Outcome>>
}

/**
 * Sums up the topic: a key's last value counts, since each update replaces the one before.
 * @throws BrokerError
 */
export async function readOutcomes(broker: Broker, signal: AbortSignal): Promise<OutcomeTotals> {
  const callsByKey = new Map<string, number>()
  const types = new Map<string, Map<string, Outcome>>()
  const totals = { calls: 0, fromMs: Infinity, toMs: 0, types }
  await visitRows(broker, OUTCOMES_TOPIC, signal, (batch, row) => {
    const key = Buffer.from(keyOf(batch, row) ?? []).toString('latin1')
    const text = Buffer.from(valueOf(batch, row) ?? []).toString()
    const { type, disposition, description, calls, ...window } = JSON.parse(text) as CountedOutcome
    const more = calls - (callsByKey.get(key) ?? 0)
    callsByKey.set(key, calls)
    totals.calls += more
    totals.fromMs = Math.min(totals.fromMs, window.window_start)
    totals.toMs = Math.max(totals.toMs, window.window_end)
    let outcomes = types.get(type)
    if (outcomes === undefined) types.set(type, (outcomes = new Map<string, Outcome>()))
    const outcome = outcomes.get(disposition)
    if (outcome !== undefined) outcome.calls += more
    else outcomes.set(disposition, { code: disposition, description, calls: more })
  })
  return totals
}

/** The report in plain text; `zone` is that of its dates. */
export function outcomeReport(totals: OutcomeTotals, zone: string): string {
  const { calls, types, fromMs, toMs } = totals
  if (calls === 0) return 'There are no results yet.\n'
  const date = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' })
  const span = `${date.format(fromMs)} to ${date.format(toMs - 1)}`
  return [
    `${grouped(calls)} calls of ${grouped(types.size)} types, ${span}\n\n`,
    busiest(types),
    `\n${unexplained(types)}`,
  ].join('')
}

function busiest(types: OutcomeTotals['types']): string {
  const rows = [...types]
    .map(([type, outcomes]) => ({ type, outcomes: [...outcomes.values()] }))
    .map(({ type, outcomes }) => ({ type, outcomes, calls: sumOf(outcomes) }))
    .sort((a, b) => b.calls - a.calls || (a.type < b.type ? -1 : 1))
    .slice(0, TYPES_SHOWN)
    .map(({ type, outcomes, calls }) => {
      const most = byCalls(outcomes).slice(0, OUTCOMES_SHOWN)
      return [
        type,
        grouped(calls).padStart(COUNT_WIDTH),
        most.map((outcome) => shareText(outcome, calls)).join(', '),
      ]
    })
  return table(['busiest types', 'calls'.padStart(COUNT_WIDTH), 'how most of them ended'], rows)
}

function shareText({ code, description, calls }: Outcome, total: number): string {
  const name = description === null ? code : `${code} ${description}`
  return `${name} ${Math.round((calls * 100) / total)}%`
}

/** The left join keeps calls whose code the radio codes lack; here they are told. */
function unexplained(types: OutcomeTotals['types']): string {
  const byCode = new Map<string, Outcome>()
  for (const { code, description, calls } of [...types.values()].flatMap((of) => [
    ...of.values(),
  ])) {
    if (description !== null) continue
    const known = byCode.get(code)
    if (known !== undefined) known.calls += calls
    else byCode.set(code, { code, description, calls })
  }
  const codes = byCalls([...byCode.values()])
  if (codes.length === 0) return 'All dispositions have a description.\n'
  const shown = codes.slice(0, CODES_SHOWN).map(({ code, calls }) => `${code} ${grouped(calls)}`)
  if (codes.length > CODES_SHOWN) shown.push(`${codes.length - CODES_SHOWN} more`)
  const total = grouped(sumOf(codes))
  return `${total} calls have a disposition without a description:\n  ${shown.join(', ')}\n`
}

function byCalls(outcomes: Outcome[]): Outcome[] {
  return outcomes.sort((a, b) => b.calls - a.calls || (a.code < b.code ? -1 : 1))
}

function sumOf(outcomes: readonly Outcome[]): number {
  return outcomes.reduce((sum, { calls }) => sum + calls, 0)
}
