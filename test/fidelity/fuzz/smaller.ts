// What a case can be made smaller by: each way on its own, the largest steps first.
import type { Case, CaseInput, CaseNode } from '../case.ts'
import { isMadeBy, readsOf } from './origins.ts'

/** Cases that have one thing less, or one simpler. */
export function smallerCases(testCase: Case): Case[] {
  const { kind = 'process' } = testCase
  if (!['process', 'validate', 'describe'].includes(kind)) return [...fewerQuestions(testCase)]
  return [
    ...parts(testCase),
    ...fewerInputs(testCase),
    ...fewerNodes(testCase),
    ...plainerNodes(testCase),
    ...plainerInputs(testCase),
    ...plainerCase(testCase),
  ]
}

function* fewerQuestions(testCase: Case): Generator<Case> {
  const { cases = [] } = testCase
  for (let i = 0; i < cases.length && cases.length > 1; i++) {
    yield { ...testCase, cases: cases.toSpliced(i, 1) }
  }
}

function* fewerInputs(testCase: Case): Generator<Case> {
  const { input = [] } = testCase
  for (let size = input.length >> 1; size >= 1; size >>= 1) {
    for (let i = 0; i < input.length; i += size) {
      yield { ...testCase, input: input.toSpliced(i, size) }
    }
  }
}

const nodesOf = ({ topology }: Case): readonly CaseNode[] => topology?.nodes ?? []

/** The case with these nodes and only the inputs, and the table, that they know. */
function withNodes(testCase: Case, nodes: readonly CaseNode[]): Case {
  const topics = new Set(
    nodes.flatMap(({ topic, topics = [] }) => [topic, ...(topics as string[])]),
  )
  const input = testCase.input?.filter(({ topic }) => topic === undefined || topics.has(topic))
  const { finalStateOf, ...rest } = testCase
  const isThere = nodes.some(({ id }) => id !== undefined && id === finalStateOf)
  return {
    ...rest,
    topology: { nodes },
    ...(input === undefined ? {} : { input }),
    ...(isThere ? { finalStateOf: finalStateOf! } : {}),
  }
}

/** For each node: what it needs, and what reads it at once; the fewest nodes first. */
function parts(testCase: Case): Case[] {
  const nodes = nodesOf(testCase)
  const found = nodes.map((node, at) => {
    const needed = new Set(readsOf(node))
    const before = nodes
      .slice(0, at)
      .toReversed()
      .filter((one) => {
        const isNeeded = [...needed].some((id) => isMadeBy(id, one))
        if (isNeeded) for (const id of readsOf(one)) needed.add(id)
        return isNeeded
      })
    const sinks = nodes.filter(({ op, from }) => op === 'to' && from === node.id)
    return [...before.toReversed(), node, ...sinks]
  })
  return found
    .filter((some) => some.length < nodes.length)
    .sort((one, other) => one.length - other.length)
    .map((some) => withNodes(testCase, some))
}

function* fewerNodes(testCase: Case): Generator<Case> {
  const nodes = nodesOf(testCase)
  for (const [i, node] of nodes.entries()) {
    const rest = nodes.toSpliced(i, 1)
    const isOf = (id: string) => isMadeBy(id, node)
    if (!rest.some((one) => readsOf(one).some(isOf))) {
      yield withNodes(testCase, rest)
      continue
    }
    for (const from of readsOf(node)) {
      yield withNodes(
        testCase,
        rest.map((one) => reading(one, isOf, from)),
      )
    }
  }
}

/** The node, reading `from` where it read what is gone. */
function reading(node: CaseNode, isGone: (id: string) => boolean, from: string): CaseNode {
  const inputs = node.inputs as { from: string }[] | undefined
  return {
    ...node,
    ...(node.from !== undefined && isGone(node.from) ? { from } : {}),
    ...(node.with !== undefined && isGone(node.with) ? { with: from } : {}),
    ...(inputs && { inputs: inputs.map((one) => (isGone(one.from) ? { ...one, from } : one)) }),
  }
}

const PLAIN = {
  ...{ pred: { fn: 'always' }, value: { fn: 'value' }, key: { fn: 'value' } },
  ...{ aggregator: { fn: 'concat' }, reducer: { fn: 'concat' }, joiner: { fn: 'concat' } },
  ...{ subtractor: { fn: 'first' }, merger: { fn: 'concat' }, init: '' },
}
const SPARE = ['store', 'versionedHistoryMs', 'retentionMs', 'emit', 'buffer', 'default', 'name']
const MINOR = ['graceMs', 'beforeMs', 'afterMs', 'startMs']

function* plainerNodes(testCase: Case): Generator<Case> {
  const nodes = nodesOf(testCase)
  const instead = (i: number, node: CaseNode) => withNodes(testCase, nodes.with(i, node))
  for (const [i, node] of nodes.entries()) {
    for (const name of SPARE.filter((name) => name in node)) {
      const { [name]: _, ...rest } = node
      const { versionedHistoryMs, ...plain } = rest
      yield instead(i, (name === 'store' ? plain : rest) as CaseNode)
    }
    for (const [name, plain] of Object.entries(PLAIN)) {
      const isPlain = JSON.stringify(node[name]) === JSON.stringify(plain)
      if (name in node && !isPlain) yield instead(i, { ...node, [name]: plain })
    }
    const lists = ['inputs', 'branches', 'topics'].filter((name) => Array.isArray(node[name]))
    for (const name of lists) {
      const list = node[name] as unknown[]
      for (let at = 0; at < list.length && list.length > 1; at++) {
        yield instead(i, { ...node, [name]: list.toSpliced(at, 1) })
      }
    }
    const window = (node.window ?? {}) as Readonly<Record<string, number>>
    for (const name of MINOR.filter((name) => name in window)) {
      const { [name]: _, ...rest } = window
      yield instead(i, { ...node, window: rest })
    }
  }
}

function* plainerInputs(testCase: Case): Generator<Case> {
  const { input = [] } = testCase
  const first = input[0]?.ts ?? 0
  for (const [i, one] of input.entries()) {
    const plainer: CaseInput[] = []
    if (one.malformed === true) plainer.push({ ...one, malformed: false })
    if (one.key != null && one.key !== 'a') plainer.push({ ...one, key: 'a' })
    if (one.value != null && one.value !== 1) plainer.push({ ...one, value: 1 })
    for (const ts of [0, first]) {
      if (one.ts !== undefined && one.ts > ts) plainer.push({ ...one, ts })
    }
    for (const other of plainer) yield { ...testCase, input: input.with(i, other) }
  }
}

function* plainerCase(testCase: Case): Generator<Case> {
  for (const name of ['finalStateOf', 'policies']) {
    const { [name]: spare, ...rest } = testCase
    if (spare !== undefined) yield rest as Case
  }
}
