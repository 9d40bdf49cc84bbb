// Draws whole cases: a topology of one to six operators with its inputs, or a question of a small kind.
import type { Case, CaseNode, FunctionSpec } from '../case.ts'
import { weighted, dice as diceOf, type Dice } from './dice.ts'
import { aggregateStream, aggregateTable, cogroup } from './draw-aggregates.ts'
import { drawInputs } from './draw-input.ts'
import { joinStreams, joinTable, joinTables } from './draw-joins.ts'
import { onTable, processing, stateless } from './draw-operators.ts'
import { drawSmall } from './draw-small.ts'
import { Draft } from './draft.ts'
import { originsOf, sharedBy } from './origins.ts'
import { Paths } from './paths.ts'

const OPERATORS = {
  stateless,
  processing,
  onTable,
  aggregateStream,
  aggregateTable,
  cogroup,
} as const
const JOINS = { joinStreams, joinTable, joinTables } as const
const DRAWN = { ...OPERATORS, ...JOINS }
const NAMES = weighted({
  ...{ stateless: 5, processing: 2, onTable: 5, aggregateStream: 6, aggregateTable: 3, cogroup: 1 },
  ...{ joinStreams: 4, joinTable: 3, joinTables: 4 },
})

/** The case of this number in the stream of cases of this seed. */
export function drawCase(seed: number, number: number): Case {
  const dice = diceOf(seed, number)
  const id = `drawn-${seed}-${number}`
  if (dice.once(20)) return { id, ...drawSmall(dice) }
  const drawn = drawProcess(dice)
  // Asked last, so that the topologies are those that would be run.
  return dice.once(20) ? { id, kind: 'describe', topology: drawn.topology } : { id, ...drawn }
}

/** What goes through several topics at one time has no order but that of each key. */
function isCutOften(nodes: readonly CaseNode[]): boolean {
  const cuts = nodes.filter(({ op }) => op === 'groupBy' || op === 'repartition')
  return cuts.length > 1 || nodes.some(({ foreignKey }) => foreignKey !== undefined)
}

/**
 * Whether a buffer that counts bytes is behind records that a sink sees first: the oracle's sinks number their
 * records in a header, which counts for all that is made of the same record.
 */
function isNumberedBefore(nodes: readonly CaseNode[]): boolean {
  const counting = nodes.filter(({ buffer }) => {
    return (buffer as { maxBytes?: number } | undefined)?.maxBytes !== undefined
  })
  if (counting.length === 0) return false
  const numbered = new Set(
    nodes.filter(({ op }) => op === 'to').flatMap((node) => sharedBy(nodes, node)),
  )
  return counting.some(({ from }) => originsOf(nodes, from).some((node) => numbered.has(node)))
}

/** Whether what is called by stream time makes it go on: that has no end. */
function goesOnByItself(nodes: readonly CaseNode[]): boolean {
  return nodes.some(({ id, processor }) => {
    const { fn, byMs } = (processor ?? {}) as { fn?: string; byMs?: number }
    if (fn !== 'shiftTs' || Number(byMs) <= 0) return false
    return originsOf(nodes, id).some(({ op, type }) => op === 'punctuate' && type === 'streamTime')
  })
}

/** A topology whose results Kafka Streams gives in one order only, and to an end. */
function drawTopology(dice: Dice): Draft {
  for (;;) {
    const draft = new Draft(dice)
    const operators = 1 + dice.below(6)
    for (let i = 0; i < operators; i++) DRAWN[dice.pick(NAMES)](draft)
    for (const { id } of draft.leaves()) draft.add('to', { from: id, ...drawSink(draft) })
    const { nodes } = draft
    const isUnlike = goesOnByItself(nodes) || isNumberedBefore(nodes)
    if (!isUnlike && !new Paths(nodes).hasUnorderedMeeting) return draft
  }
}

/** Where a leaf goes: to one topic, or to one that the record names. */
function drawSink(draft: Draft): Readonly<Record<string, unknown>> {
  const { dice } = draft
  if (!dice.once(12)) return { topic: draft.name('out') }
  const topicBy = dice.pick([
    { fn: 'const', value: draft.name('by') },
    { fn: 'mod', mod: 2 },
  ])
  return { topicBy }
}

/**
 * Where Kafka Streams does not go on as it is told: it tries a record that has waited, and whose join throws,
 * again with each further record; it fails where no topic is chosen.
 */
function doesNotGoOn({ graceMs, joiner, topicBy }: CaseNode): boolean {
  const throwsLate = graceMs !== undefined && JSON.stringify(joiner).includes('throwIf')
  return throwsLate || (topicBy as FunctionSpec | undefined)?.fn === 'mod'
}

function drawProcess(dice: Dice) {
  const { nodes, topics, spans, tables } = drawTopology(dice)
  const hasWallClock = nodes.some(({ type }) => type === 'wallClock') || dice.once(20)
  const finalState = tables.length > 0 && dice.once(3) ? { finalStateOf: dice.pick(tables) } : {}
  return {
    kind: 'process',
    topology: { nodes },
    input: drawInputs(dice, { topics, spans, hasWallClock }),
    policies: {
      onMalformedRecord: dice.once(4) ? 'fail' : 'continue',
      onProcessingError: nodes.some(doesNotGoOn) || dice.once(4) ? 'fail' : 'continue',
    },
    ...finalState,
    order: isCutOften(nodes) ? 'perKey' : 'exact',
  } as const
}
