// What types tell where there are types: functions that are missing, words that mean nothing, lengths below zero. A
// program in JavaScript, or with a cast, is refused when it is built and not at its first record.
import { TopologyError } from './errors.ts'
import type { TopologyNode } from './node.ts'
import { checkLength } from './validate-lengths.ts'

type Given = Readonly<Record<string, unknown>>

/** Functions that nodes cannot do without, by the nodes' own names for them. */
const FUNCTIONS: Partial<Record<TopologyNode['kind'], readonly string[]>> = {
  filter: ['keep'],
  map: ['map'],
  'map-values': ['map'],
  'flat-map': ['map'],
  'flat-map-values': ['map'],
  'select-key': ['select'],
  peek: ['look'],
  'for-each': ['call'],
  process: ['make'],
  'dynamic-sink': ['choose'],
  aggregate: ['add'],
  'windowed-aggregate': ['add'],
  'table-filter': ['keep'],
  'table-map-values': ['map'],
  'table-transform': ['make'],
  'table-group': ['select'],
  'table-aggregate': ['add', 'subtract'],
  'static-join': ['on', 'merge'],
  'global-join': ['on', 'merge'],
  'stream-join': ['merge'],
  'stream-table-join': ['merge'],
  'table-join': ['merge'],
  'foreign-subscription': ['on'],
  'foreign-join': ['merge'],
  'global-store': ['make'],
}
/** Functions that may be left out. */
const OPTIONAL_FUNCTIONS = ['initialize', 'partitioner', 'timestamp']

const RUNNING_EMIT = ['on-update', 'on-update-coalesced']
const WINDOWED_EMIT = [...RUNNING_EMIT, 'on-window-close']
const INVALID_TIMESTAMP = ['fail', 'skip', 'partition-time', 'wall-clock']
const OFFSET_RESET = ['earliest', 'latest', 'none']

/** @throws TopologyError naming the node and what of it is wrong. */
export function validateParameters(node: TopologyNode): void {
  const given = node as unknown as Given
  checkFunctions(node, given)
  checkWords(node, given)
  checkPolicies(node, given)
  checkTopic(node)
  checkKinds(node)
  checkLengths(node)
}

function checkFunctions(node: TopologyNode, given: Given): void {
  for (const name of FUNCTIONS[node.kind] ?? []) checkFunction(node.name, name, given[name])
  // A reduce merges as it adds.
  const isMerging = node.kind === 'windowed-aggregate' && node.initialize !== undefined
  if (isMerging && node.windows.kind === 'session-windows') {
    checkFunction(node.name, 'merge', node.merge)
  }
  for (const name of OPTIONAL_FUNCTIONS) {
    if (given[name] !== undefined) checkFunction(node.name, name, given[name])
  }
  if (node.kind === 'split') {
    for (const when of node.predicates) checkFunction(node.name, 'condition of a branch', when)
  }
  if (node.kind === 'cogroup') {
    for (const { add } of node.inputs) checkFunction(node.name, 'add', add)
  }
}

/** @throws TopologyError naming the node when something is no function. */
export function checkFunction(node: string, what: string, value: unknown): void {
  if (typeof value === 'function') return
  throw new TopologyError(node, `its ${what} is ${textOf(value)}: give a function`)
}

function checkWords(node: TopologyNode, given: Given): void {
  if (node.kind === 'aggregate' || node.kind === 'table-aggregate') {
    checkWord(node.name, 'emit', node.emit, RUNNING_EMIT)
  }
  if (node.kind === 'windowed-aggregate' || node.kind === 'windowed-count') {
    checkWord(node.name, 'emit', node.emit, WINDOWED_EMIT)
  }
  if (given.invalidTimestamp !== undefined) {
    checkWord(node.name, 'invalidTimestamp', given.invalidTimestamp, INVALID_TIMESTAMP)
  }
  if (node.kind !== 'source') return
  const { offsetReset } = node
  if (typeof offsetReset !== 'object') {
    checkWord(node.name, 'offsetReset', offsetReset, OFFSET_RESET)
  } else {
    checkLength(node.name, 'byDuration of offsetReset', offsetReset.byDuration)
  }
}

function checkWord(node: string, what: string, value: unknown, words: readonly string[]): void {
  if (words.includes(value as string)) return
  throw new TopologyError(node, `its ${what} is ${textOf(value)}: say one of ${words.join(', ')}`)
}

function checkPolicies(node: TopologyNode, given: Given): void {
  checkPolicy(node.name, 'onError', node.onError ?? 'fail', ['fail', 'skip'])
  checkPolicy(node.name, 'onDrop', node.onDrop ?? 'count', ['count'])
  if ('malformed' in given) {
    checkPolicy(node.name, 'malformed', given.malformed, ['fail', 'skip'], !isRead(node))
  }
}

const isRead = ({ kind }: TopologyNode): boolean =>
  kind === 'global-table' || kind === 'global-store'

/** @throws TopologyError when something is no policy. */
export function checkPolicy(
  of: string,
  what: string,
  value: unknown,
  words: readonly string[],
  takesLetters = true,
): void {
  if (words.includes(value as string)) return
  const isLetter = (value as { kind?: unknown } | null | undefined)?.kind === 'dead-letter'
  if (isLetter && takesLetters) return
  const ways = takesLetters ? [...words, 'deadLetter(topic)'] : words
  throw new TopologyError(of, `its ${what} is ${textOf(value)}: say one of ${ways.join(', ')}`)
}

function checkTopic(node: TopologyNode): void {
  if ('topic' in node && !isTopic(node.topic)) throw noTopic(node.name, node.topic)
}

/** @throws TopologyError when a source is to read something that is neither topics nor a pattern of their names. */
export function checkSourceTopics(node: string, given: unknown): void {
  const all: readonly unknown[] = Array.isArray(given) ? given : [given]
  const wrong = all.find((one) => !isTopic(one) && !isPattern(one))
  if (wrong !== undefined || all.includes(undefined)) throw noTopic(node, wrong)
}

const isTopic = (value: unknown): boolean =>
  typeof (value as { name?: unknown } | null | undefined)?.name === 'string'
const isPattern = (value: unknown): boolean =>
  (value as { pattern?: unknown } | null | undefined)?.pattern instanceof RegExp
const noTopic = (node: string, value: unknown): TopologyError =>
  new TopologyError(node, `its topic is ${textOf(value)}: give one made with topic(…)`)

function checkKinds(node: TopologyNode): void {
  if (node.kind === 'stream-join') {
    checkKind(node.name, 'within', node.windows, 'kind', ['join-windows'], 'joinWindows(…)')
  }
  if (node.kind === 'suppress') {
    const made = 'untilTimeLimit(…) or untilWindowCloses(…)'
    const kinds = ['time-limit', 'window-close']
    checkKind(node.name, 'suppression', node.suppression, 'until', kinds, made)
  }
}

/** @throws TopologyError when something that a grouping is cut into is no windows. */
export function checkWindows(group: string, windows: unknown): void {
  const made = 'tumbling(…), hopping(…), sliding(…), session(…) or unlimited(…)'
  checkKind(group, 'windows', windows, 'kind', WINDOWS, made)
}

const WINDOWS = [
  ...['time-windows', 'local-windows', 'unlimited-windows'],
  ...['sliding-windows', 'session-windows'],
]

function checkKind(
  node: string,
  what: string,
  value: unknown,
  by: string,
  kinds: readonly string[],
  made: string,
): void {
  const kind = (value as Given | null | undefined)?.[by]
  if (kinds.includes(kind as string)) return
  throw new TopologyError(
    node,
    `its ${what} is ${textOf(value)} of another kind: make it with ${made}`,
  )
}

function checkLengths(node: TopologyNode): void {
  const ms = (what: string, lengthMs: number | undefined): void => {
    if (lengthMs !== undefined) checkLength(node.name, what, lengthMs)
  }
  if ('historyMs' in node) ms('history', node.historyMs)
  if ('store' in node) ms('history', node.store?.historyMs)
  if ('retentionMs' in node) ms('retention', node.retentionMs)
  if ('graceMs' in node) ms('grace', node.graceMs)
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? `'${value}'` : value === null ? 'null' : typeof value
