// Tells where two results of one case differ: the outputs by the case's order, drops, failures, final state.
import type { CaseOutput, CaseResult, Order } from './case.ts'

/** Sentences, one for each difference; none where the results agree. `error` and `drops` are never compared. */
export function differencesOf(expected: CaseResult, found: CaseResult, order: Order): string[] {
  if (found.toolError !== undefined) return [found.toolError]
  const isRejected = [expected, found].map(({ rejected }) => rejected ?? false)
  if (isRejected[0] !== isRejected[1]) return [`rejected: ${isRejected.join(' | ')}`]
  if (isRejected[0] === true) return []
  const failsAt = expected.failsAtInput
  const differences: string[] = []
  if (failsAt !== found.failsAtInput) {
    differences.push(`failsAtInput: ${failsAt} | ${found.failsAtInput} ${found.error ?? ''}`)
  }
  // What was sent before an input failed is not defined.
  const isCompared = ({ afterInput }: CaseOutput): boolean =>
    failsAt === undefined || afterInput < failsAt
  const [left, right] = [expected, found].map(({ outputs = [] }) => outputs.filter(isCompared))
  differences.push(...outputDifferences(left!, right!, order))
  if (different(expected.dropped, found.dropped)) {
    const where = JSON.stringify([expected.drops, found.drops])
    differences.push(`dropped: ${expected.dropped} | ${found.dropped} ${where}`)
  }
  const parts = [expected, found].map(({ subtopologies }) => withoutMadeUp(subtopologies))
  if (different(parts[0], parts[1])) {
    differences.push(`subtopologies: ${canonical(parts[0])} | ${canonical(parts[1])}`)
  }
  for (const field of ['finalState', 'cases', 'calls'] as const) {
    if (different(expected[field], found[field])) {
      differences.push(`${field}: ${canonical(expected[field])} | ${canonical(found[field])}`)
    }
  }
  return differences
}

function different(one: unknown, other: unknown): boolean {
  return one !== undefined && other !== undefined && canonical(one) !== canonical(other)
}

/** Names that were made up have a number of ten digits: of these, only what they are names of is compared. */
function withoutMadeUp(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/^.*\d{10}.*?(-repartition|-topic)?$/, '#$1')
  if (Array.isArray(value)) {
    const members = value.map(withoutMadeUp)
    return members.every((one) => typeof one === 'string') ? members.sort() : members
  }
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withoutMadeUp(one)]))
}

/** Outputs fall into groups by what the order keeps apart; within a group their order counts. */
function outputDifferences(
  expected: readonly CaseOutput[],
  found: readonly CaseOutput[],
  order: Order,
): string[] {
  const groups = new Map<string, [expected: string[], found: string[]]>()
  const groupOf = (output: CaseOutput): [string[], string[]] => {
    const name = groupName(output, order)
    const group = groups.get(name) ?? [[], []]
    groups.set(name, group)
    return group
  }
  for (const output of expected) groupOf(output)[0].push(lineOf(output))
  for (const output of found) groupOf(output)[1].push(lineOf(output))
  return [...groups.values()].flatMap(([left, right]) => {
    if (order === 'perInput') {
      left.sort()
      right.sort()
    }
    const length = Math.max(left.length, right.length)
    for (let i = 0; i < length; i++) {
      if (left[i] !== right[i]) return [`output: ${left[i] ?? 'none'} | ${right[i] ?? 'none'}`]
    }
    return []
  })
}

function groupName(output: CaseOutput, order: Order): string {
  const { topic, key, windowStart = null, windowEnd = null, afterInput } = output
  switch (order) {
    case 'exact':
      return topic
    case 'perWindow':
      return JSON.stringify([topic, key, windowStart, windowEnd])
    case 'perKey':
      return JSON.stringify([topic, key])
    case 'perInput':
      return JSON.stringify([topic, afterInput])
  }
}

function lineOf({ topic, key, value, ts, windowStart, windowEnd, afterInput }: CaseOutput): string {
  const window = windowStart === undefined ? '' : `[${windowStart},${windowEnd ?? '∞'}]`
  const shown = `${JSON.stringify(key)}${window}=${JSON.stringify(value)}`
  return `${topic}: ${shown}@${ts} after input ${afterInput}`
}

/** JSON with the members of objects in order, so that equal things read the same. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) => {
    if (member === null || typeof member !== 'object' || Array.isArray(member)) return member
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
