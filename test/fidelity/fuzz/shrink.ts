// Finds out whether cases differ, and the smallest case that still differs in the same way.
import type { Case, CaseResult } from '../case.ts'
import { differencesOf } from '../compare.ts'
import { restartedDifferences } from '../restarted.ts'
import { runCase } from '../run-case.ts'
import { deliberate } from './deliberate.ts'
import type { Oracle } from './oracle.ts'
import { smallerCases } from './smaller.ts'

/** How many smaller cases are asked about at once: a start of the oracle costs as much as some hundred. */
const ASKED_AT_ONCE = 150

/** What became of one case. */
export interface Verdict {
  readonly testCase: Case
  readonly expected: CaseResult
  readonly found: CaseResult
  /** Sentences; none where the two agree, or one of them could not run the case. */
  readonly differences: readonly string[]
  /** Why the two differ on purpose. */
  readonly reason?: string
}

/** Runs cases on both sides. */
export async function judge(cases: readonly Case[], oracle: Oracle): Promise<Verdict[]> {
  const answers = oracle(cases)
  const founds = cases.map((testCase) => runCase(testCase))
  const results = await answers
  const verdicts = cases.map((testCase, i) => verdictOf(testCase, results[i]!, founds[i]!))
  return withoutStores(verdicts, oracle)
}

/** Where Kafka Streams itself gives something else on other stores, nothing can be wrong. */
async function withoutStores(verdicts: readonly Verdict[], oracle: Oracle): Promise<Verdict[]> {
  const differing = verdicts.filter(({ differences }) => differences.length > 0)
  if (differing.length === 0) return [...verdicts]
  const cases = differing.map(({ testCase }) => testCase)
  const checked = await oracle(cases, ['--check-stores'])
  const dependent = new Set(cases.filter((_, i) => checked[i]!.storeDependent === true))
  const reason = 'the result of Kafka Streams depends on the kind of its stores'
  return verdicts.map((one) =>
    dependent.has(one.testCase) ? { ...one, reason, differences: [] } : one,
  )
}

function verdictOf(testCase: Case, expected: CaseResult, found: CaseResult): Verdict {
  const isAsked = [expected.toolError, expected.unsupported, found.unsupported].every(
    (text) => text === undefined,
  )
  const differences = isAsked ? differencesOf(expected, found, testCase.order ?? 'exact') : []
  const verdict = { testCase, expected, found, differences }
  if (differences.length === 0) {
    const restarted = isAsked ? restartedDifferences(testCase, expected) : []
    return { ...verdict, differences: restarted.map((one) => `over restarts, ${one}`) }
  }
  const reason = deliberate(testCase, expected, found)
  return reason === undefined ? verdict : { ...verdict, reason, differences: [] }
}

/** What comes before the colon of a difference: what it is about. */
const kindOf = ({ differences }: Verdict): string => (differences[0] ?? '').split(':')[0]!

/** The smallest case that differs as this one does. */
export async function shrink(verdict: Verdict, oracle: Oracle): Promise<Verdict> {
  const kind = kindOf(verdict)
  let smallest = verdict
  for (;;) {
    const smaller = await firstDiffering(smallerCases(smallest.testCase), kind, oracle)
    if (smaller === undefined) return smallest
    smallest = smaller
  }
}

async function firstDiffering(
  cases: readonly Case[],
  kind: string,
  oracle: Oracle,
): Promise<Verdict | undefined> {
  for (let i = 0; i < cases.length; i += ASKED_AT_ONCE) {
    const verdicts = await judge(cases.slice(i, i + ASKED_AT_ONCE), oracle)
    const differing = verdicts.find((one) => one.differences.length > 0 && kindOf(one) === kind)
    if (differing !== undefined) return differing
  }
  return undefined
}
