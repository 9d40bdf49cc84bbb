// A case whose job ends after each input and goes on from what was committed: nothing may change by that.
import type { Case, CaseResult } from './case.ts'
import { differencesOf } from './compare.ts'
import { runCase } from './run-case.ts'

const has = (testCase: Case, op: string): boolean =>
  testCase.topology?.nodes.some((node) => node.op === op) ?? false

/** Where a case gives something else than expected over restarts; none where it cannot be run so. */
export function restartedDifferences(
  testCase: Case,
  { dropped = 0, ...expected }: CaseResult,
): string[] {
  // Punctuators of cases count in a variable of their own, which a restart forgets.
  if (has(testCase, 'punctuate')) return []
  const found = runCase(testCase, { restarts: true })
  if (found.unsupported !== undefined) return []
  // A global table is read whole again, and drops again what it dropped.
  const again = has(testCase, 'globalTable') ? expected : { ...expected, dropped }
  return differencesOf(again, found, testCase.order ?? 'exact')
}
