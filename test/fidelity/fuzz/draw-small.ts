// Drawn cases of the small kinds: what is refused, and questions without a topology.
import type { Case, CaseNode } from '../case.ts'
import type { Dice } from './dice.ts'
import { KEYS } from './draw-functions.ts'

type Drawn = Omit<Case, 'id'>

/** A case of a small kind. */
export function drawSmall(dice: Dice): Drawn {
  return dice.pick([
    refused,
    refused,
    refused,
    windowsFor,
    partitioner,
    extractor,
    bytes,
    punctuations,
  ])(dice)
}

const times = (dice: Dice, count: number, limit: number): number[] =>
  Array.from({ length: count }, () => dice.below(limit))

/** Bounds, sizes and graces as often wrong as right. */
function refused(dice: Dice): Drawn {
  const small = () => dice.pick([-1, 0, 1, 2, 5, 10])
  const graceMs = dice.once(2) ? { graceMs: small() } : {}
  const retentionMs = dice.once(2) ? { retentionMs: dice.below(30) } : {}
  const window = dice.pick([
    { type: 'tumbling', sizeMs: small(), ...graceMs },
    { type: 'hopping', sizeMs: small(), advanceMs: small(), ...graceMs },
    { type: 'sliding', timeDifferenceMs: small(), ...graceMs },
    { type: 'session', gapMs: small(), ...graceMs },
    { type: 'unlimited', startMs: small() },
  ])
  const emit = dice.once(3) ? { emit: 'onWindowClose' } : {}
  const join = {
    timeDifferenceMs: small(),
    beforeMs: small() - 3,
    afterMs: small() - 3,
    ...graceMs,
  }
  const stream: CaseNode = { id: 's', op: 'stream', topic: 'in' }
  const versioned = { store: 'v', versionedHistoryMs: small() }
  const nodes: CaseNode[] = dice.pick([
    [
      stream,
      { id: 'g', op: 'groupByKey', from: 's' },
      { id: 'w', op: 'windowedBy', from: 'g', window, ...emit },
      { id: 'c', op: 'count', from: 'w', ...retentionMs },
      { op: 'to', from: 'c', topic: 'out' },
    ],
    [
      stream,
      { id: 'r', op: 'stream', topic: 'other' },
      {
        id: 'j',
        op: 'join',
        from: 's',
        with: 'r',
        kind: 'left',
        joiner: { fn: 'concat' },
        window: join,
      },
      { op: 'to', from: 'j', topic: 'out' },
    ],
    [
      stream,
      { id: 't', op: 'table', topic: 'rows', ...(dice.once(3) ? { store: 'v' } : versioned) },
      {
        id: 'j',
        op: 'join',
        from: 's',
        with: 't',
        kind: 'inner',
        joiner: { fn: 'concat' },
        ...graceMs,
      },
      { op: 'to', from: 'j', topic: 'out' },
    ],
    [
      { id: 't', op: 'table', topic: 'rows' },
      { id: 'p', op: 'suppress', from: 't', mode: 'untilTimeLimit', timeLimitMs: small() },
      { op: 'to', from: 'p', topic: 'out' },
    ],
    [
      stream,
      { id: 'g', op: 'groupByKey', from: 's' },
      { id: 'co', op: 'cogroup', inputs: [{ from: 'g', aggregator: { fn: 'sum' } }] },
      { id: 'w', op: 'windowedBy', from: 'co', window },
      { id: 'c', op: 'aggregate', from: 'w', init: 0, merger: { fn: 'sum' }, ...retentionMs },
      { op: 'to', from: 'c', topic: 'out' },
    ],
    suppressed(dice, stream, window, versioned),
  ])
  return { kind: 'validate', topology: { nodes } }
}

/** Changes held back of a table that may have windows that close, windows that do not, history, or nothing. */
function suppressed(
  dice: Dice,
  stream: CaseNode,
  window: unknown,
  versioned: Readonly<Record<string, unknown>>,
): CaseNode[] {
  const isWindowed = dice.once(2)
  const store = isWindowed || dice.once(2) ? {} : versioned
  const mode = dice.pick(['untilWindowCloses', 'untilTimeLimit'])
  return [
    stream,
    { id: 'g', op: 'groupByKey', from: 's' },
    ...(isWindowed ? [{ id: 'w', op: 'windowedBy', from: 'g', window }] : []),
    { id: 'c', op: 'count', from: isWindowed ? 'w' : 'g', ...store },
    { id: 'p', op: 'suppress', from: 'c', mode, timeLimitMs: 5 },
    { op: 'to', from: 'p', topic: 'out' },
  ]
}

function windowsFor(dice: Dice): Drawn {
  const size = 1 + dice.below(60)
  const window = dice.pick([
    { type: 'tumbling', sizeMs: size },
    { type: 'hopping', sizeMs: size, advanceMs: 1 + dice.below(size) },
    { type: 'unlimited', startMs: dice.below(50) },
  ])
  const cases = [0, ...times(dice, 8, 200), 1_700_000_000_000 + dice.below(1000)]
  return { kind: 'windowsFor', window, cases: cases.map((ts) => ({ ts })) }
}

function partitioner(dice: Dice): Drawn {
  const letters = [...KEYS, 'TRAFFIC STOP', 'zürich', 'x'.repeat(17), '\u0000', '漢字']
  const cases = Array.from({ length: 6 }, () => ({
    key: Array.from({ length: dice.below(5) }, () => dice.pick(letters)).join(''),
    partitions: Object.fromEntries([1, 3, 8, 1 + dice.below(99)].map((count) => [count, null])),
  }))
  return { kind: 'partitioner', cases }
}

function extractor(dice: Dice): Drawn {
  const cases = times(dice, 6, 40).map((at) => ({
    extractor: dice.pick(['failOnInvalid', 'logAndSkip', 'usePartitionTime']),
    recordTs: at - 20,
    partitionTime: dice.below(50) - 1,
  }))
  return { kind: 'timestampExtractor', cases }
}

function bytes(dice: Dice): Drawn {
  const cases = times(dice, 4, 2_000_000_000).map((start) => ({
    encode: dice.pick(['timeWindowedKey', 'sessionWindowedKey', 'windowStoreKey']),
    key: dice.pick(KEYS),
    start: start * 1000,
    end: (start + dice.below(1000)) * 1000,
    seq: dice.below(3),
  }))
  return { kind: 'bytes', cases }
}

function punctuations(dice: Dice): Drawn {
  const intervalMs = 1 + dice.below(40)
  const calls = times(dice, 12, 60)
  let nowMs = 0
  return {
    kind: 'punctuationQueue',
    intervalMs,
    firstDueMs: dice.below(60),
    ...(dice.once(4) ? { cancelInsideFirst: true } : {}),
    calls: calls.map((step) => ({ nowMs: (nowMs += step) })),
  }
}
