// Where Millrace differs from Kafka Streams on purpose, with the reasons. The fuzzer counts such cases apart.
import type { Case, CaseResult } from '../case.ts'
import { differencesOf } from '../compare.ts'

interface Deliberate {
  readonly reason: string
  is(testCase: Case, expected: CaseResult, found: CaseResult): boolean
}

const nodesOf = ({ topology }: Case) => topology?.nodes ?? []

/** The suppressed tables that a node goes back to. */
function suppressedBefore(testCase: Case, id: string | undefined): string[] {
  const node = nodesOf(testCase).find((one) => id !== undefined && one.id === id)
  if (node === undefined) return []
  const before = [node.from, node.with].flatMap((from) => suppressedBefore(testCase, from))
  return node.op === 'suppress' ? [id!, ...before] : before
}

const DELIBERATE: readonly Deliberate[] = [
  {
    reason:
      'a left join with a versioned table and grace takes a null key; Kafka Streams breaks on it',
    is: (testCase, { error = '' }) =>
      error.includes('NullPointerException') &&
      nodesOf(testCase).some(({ op, kind, graceMs }) => {
        return op === 'join' && kind === 'left' && graceMs !== undefined
      }),
  },
  {
    reason: 'a windowed cogroup can be read like any table; Kafka Streams breaks on it',
    is: (testCase, { error = '' }) =>
      error.includes('must implement either TimestampedKeyValueStore') &&
      nodesOf(testCase).some(({ op }) => op === 'cogroup'),
  },
  {
    reason: 'a negative time limit or grace is refused; Kafka Streams takes some for 0',
    is: (testCase, _expected, { rejected }) =>
      rejected === true &&
      nodesOf(testCase).some(({ timeLimitMs, graceMs }) => {
        return Number(timeLimitMs) < 0 || Number(graceMs) < 0
      }),
  },
  {
    reason:
      'what is let out of a suppressed table is in it already for those who look it up; in Kafka Streams it is not yet',
    is: (testCase) => {
      const held = (id: string | undefined) => suppressedBefore(testCase, id)
      return nodesOf(testCase).some((node) => {
        const right = node.op === 'join' ? held(node.with) : []
        return held(node.from).some((id) => right.includes(id))
      })
    },
  },
  {
    reason:
      'a buffer that is to stop the job when it is full stops it, whatever is done about errors of functions',
    is: ({ policies }, _expected, { error = '' }) =>
      policies?.onProcessingError === 'continue' && error.includes('the buffer holds'),
  },
  {
    reason: 'answers of a foreign-key join that came too late are not counted as dropped records',
    is: (testCase, { dropped = 0, ...expected }, found) =>
      nodesOf(testCase).some(({ foreignKey }) => foreignKey !== undefined) &&
      dropped > (found.dropped ?? 0) &&
      differencesOf(expected, found, testCase.order ?? 'exact').length === 0,
  },
  {
    reason:
      'rows of one time in two topics between parts of a topology come in no order, here those of a cogroup',
    is: (testCase) =>
      nodesOf(testCase).some(
        ({ op, inputs }) => op === 'cogroup' && Number((inputs as []).length) > 1,
      ) && nodesOf(testCase).some(({ op }) => op === 'groupBy'),
  },
  {
    reason: 'the bytes of a buffer count the name of an internal topic, which is another one',
    is: (testCase) =>
      nodesOf(testCase).some(
        ({ buffer }) => (buffer as { maxBytes?: number })?.maxBytes !== undefined,
      ) && nodesOf(testCase).some(({ op }) => op === 'groupBy' || op === 'repartition'),
  },
  {
    reason:
      'a record that has waited for a table with history and whose join throws is dropped once; Kafka Streams tries it with each record',
    is: (testCase) =>
      testCase.policies?.onProcessingError === 'continue' &&
      nodesOf(testCase).some(({ graceMs, joiner }) => {
        return graceMs !== undefined && JSON.stringify(joiner).includes('throwIf')
      }),
  },
]

/** Why this case may differ, if it may. */
export function deliberate(
  testCase: Case,
  expected: CaseResult,
  found: CaseResult,
): string | undefined {
  return DELIBERATE.find((one) => one.is(testCase, expected, found))?.reason
}
