// Where Millrace differs from Kafka Streams on purpose, with the reasons: each rule says what is compared
// nevertheless. The fuzzer counts such cases apart. What is not drawn for its reasons: see `draw-case.ts`.
import type { Case, CaseNode, CaseOutput, CaseResult } from '../case.ts'
import { differencesOf } from '../compare.ts'
import { originsOf } from './origins.ts'

interface Deliberate {
  readonly reason: string
  /** What Kafka Streams would give, were it not for this; undefined where it is about another case. */
  expected(testCase: Case, expected: CaseResult, found: CaseResult): CaseResult | undefined
}

const nodesOf = ({ topology }: Case) => topology?.nodes ?? []

/** A result up to an input that fails. */
function until(
  failsAtInput: number,
  { outputs = [], drops = [], ...result }: CaseResult,
): CaseResult {
  const { finalState: _, ...rest } = result
  const before = ({ afterInput }: { readonly afterInput: number }) => afterInput < failsAtInput
  const dropped = drops.filter(before).reduce((sum, { count }) => sum + count, 0)
  return { ...rest, outputs: outputs.filter(before), dropped, failsAtInput }
}

/** Whether a node is behind a join that looks sessions up of which only the final results go out. */
function looksUpClosedSessions(testCase: Case, id: string | undefined): boolean {
  const origins = originsOf(nodesOf(testCase), id)
  const isClosed = origins.some(({ window, emit }) => {
    return (window as { type?: string })?.type === 'session' && emit === 'onWindowClose'
  })
  return isClosed && origins.some(({ op }) => op === 'join')
}

/** Whether a node comes by a join by a foreign key: an answer for a row that is hidden counts as dropped there. */
const isByForeignKey = (testCase: Case, { id }: CaseNode): boolean =>
  originsOf(nodesOf(testCase), id).some(({ foreignKey }) => foreignKey !== undefined)

/** Whether a node comes by a join that goes on without its other side: it gives another value where that is hidden. */
const isByOuterJoin = (testCase: Case, { id }: CaseNode): boolean =>
  originsOf(nodesOf(testCase), id).some(({ op, kind }) => op === 'join' && kind !== 'inner')

const signature = ({ topic, key, value, ts, windowStart, windowEnd, afterInput }: CaseOutput) =>
  JSON.stringify([topic, key, value, ts, windowStart ?? null, windowEnd ?? null, afterInput])

/** What is expected but for what joins give that look closed sessions up. */
function withClosedSessions(
  testCase: Case,
  expected: CaseResult,
  found: CaseResult,
): CaseResult | undefined {
  const sinks = nodesOf(testCase).filter(({ op, from }) => {
    return op === 'to' && looksUpClosedSessions(testCase, from)
  })
  const topics = sinks.map(({ topic }) => topic)
  const left = (expected.outputs ?? []).map(signature)
  const { outputs = [] } = found
  const isExpected = (output: CaseOutput): boolean => {
    const at = left.indexOf(signature(output))
    if (at >= 0) left.splice(at, 1)
    return at >= 0 || !topics.includes(output.topic)
  }
  const isAnswered = sinks.some((sink) => isByForeignKey(testCase, sink))
  const dropped = isAnswered
    ? Math.min(found.dropped ?? 0, expected.dropped ?? 0)
    : (expected.dropped ?? 0)
  const others = { ...found, outputs: outputs.filter(isExpected) }
  if (others.outputs.length === outputs.length) return undefined
  const isStateOther = looksUpClosedSessions(testCase, testCase.finalStateOf)
  const { finalState } = isStateOther ? found : expected
  const instead = { ...expected, dropped, finalState }
  const isSame = differencesOf(instead, others, testCase.order ?? 'exact').length === 0
  if (isSame) return { ...instead, outputs }
  if (!sinks.some((sink) => isByOuterJoin(testCase, sink))) return undefined
  const isBehind = ({ topic }: CaseOutput): boolean => topics.includes(topic)
  const [rest, behind] = [
    expected.outputs?.filter((one) => !isBehind(one)),
    outputs.filter(isBehind),
  ]
  return { ...instead, outputs: [...(rest ?? []), ...behind] }
}

/** Whether a node filters what is behind a cogroup in windows of what comes from a table with history. */
function filtersInheritedHistory(testCase: Case, { op, id }: CaseNode): boolean {
  if (op !== 'filter' && op !== 'filterNot') return false
  const nodes = nodesOf(testCase)
  const windows = originsOf(nodes, id).filter((one) => one.op === 'windowedBy')
  const cogroups = windows.flatMap(({ from }) => originsOf(nodes, from).slice(0, 1))
  return cogroups.some((cogroup) => {
    const origins = originsOf(nodes, cogroup.id)
    return cogroup.op === 'cogroup' && origins.some(({ versionedHistoryMs }) => versionedHistoryMs)
  })
}

/** What is expected but for tombstones of what such a filter has never let through. */
function withoutNeedlessTombstones(
  testCase: Case,
  expected: CaseResult,
  found: CaseResult,
): CaseResult | undefined {
  if (!nodesOf(testCase).some((node) => filtersInheritedHistory(testCase, node))) return undefined
  const left = (found.outputs ?? []).map(signature)
  const outputs = (expected.outputs ?? []).filter((output) => {
    const at = left.indexOf(signature(output))
    if (at >= 0) left.splice(at, 1)
    return at >= 0 || output.value !== null
  })
  return { ...expected, outputs }
}

const DELIBERATE: readonly Deliberate[] = [
  {
    reason:
      'a negative time limit of suppress, or grace of a join with a table, is refused; Kafka Streams takes it for 0',
    expected: (testCase, expected, { rejected }) => {
      const isNegative = nodesOf(testCase).some(({ timeLimitMs, graceMs }) => {
        return Number(timeLimitMs) < 0 || Number(graceMs) < 0
      })
      const isThis = rejected === true && expected.rejected !== true && isNegative
      return isThis ? { ...expected, rejected } : undefined
    },
  },
  {
    reason:
      'what waits for unlimited windows to close is refused: they never do, and Kafka Streams would keep it for ever',
    expected: (testCase, expected, { rejected, error = '' }) => {
      const waits = nodesOf(testCase).some(({ mode }) => mode === 'untilWindowCloses')
      const isThis = rejected === true && waits && error.includes('never close')
      return isThis ? { ...expected, rejected } : undefined
    },
  },
  {
    reason:
      'a buffer that is to stop the job when it is full stops it, whatever is done about errors of functions; all before is the same',
    expected: ({ policies }, expected, { error = '', failsAtInput }) => {
      if (policies?.onProcessingError !== 'continue' || !error.includes('the buffer holds')) {
        return undefined
      }
      return failsAtInput === undefined ? undefined : until(failsAtInput, expected)
    },
  },
  {
    reason:
      'a session that has closed can be looked up by a join; in Kafka Streams its store hides it from that moment on, so that a left or outer join goes on without it, and answers of a join by a foreign key that come for it count as dropped. All other outputs are the same',
    expected: withClosedSessions,
  },
  {
    reason:
      'a filter of a cogroup in windows writes no tombstones of what it never let through; Kafka Streams takes such a cogroup for a table with history where its input comes from one, and writes them. All other outputs are the same',
    expected: withoutNeedlessTombstones,
  },
]

/** Why this case differs, if that is on purpose and all else is the same. */
export function deliberate(
  testCase: Case,
  expected: CaseResult,
  found: CaseResult,
): string | undefined {
  const rule = DELIBERATE.find((one) => {
    const instead = one.expected(testCase, expected, found)
    if (instead === undefined) return false
    return differencesOf(instead, found, testCase.order ?? 'exact').length === 0
  })
  return rule?.reason
}
