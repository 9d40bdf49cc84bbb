// Aggregates of drawn cases: of streams, of their windows, of several streams together, of tables.
import type { CaseNode } from '../case.ts'
import { drawKey, drawTwo, drawValue } from './draw-functions.ts'
import { drawRetention, drawWindow, type DrawnWindow } from './draw-windows.ts'
import { PLAIN, type Draft, type Part } from './draft.ts'

type Fields = Readonly<Record<string, unknown>>

/** Longer than the time of any case: no input of a cogroup is late. */
const NEVER_LATE_MS = 1_000_000_000

/** Groups a stream and aggregates it, in windows or without. */
export function aggregateStream(draft: Draft): void {
  const { dice } = draft
  const { id: from, keys } = group(draft)
  if (dice.once(3)) {
    const isVersioned = dice.once(8)
    const id = aggregate(draft, from, storeOf(draft, isVersioned))
    draft.offer({ id, is: 'table', keys, ...(isVersioned ? { isVersioned } : {}) })
    return
  }
  const window = drawWindow(dice, draft.spans)
  const isOnClose = window.type !== 'unlimited' && dice.once(3)
  const emit = isOnClose ? { emit: 'onWindowClose' } : {}
  const windows = draft.add('windowedBy', { from, window, ...emit })
  const merger = window.type === 'session' ? { merger: drawTwo(dice) } : {}
  const options = { ...storeOf(draft, false), ...drawRetention(dice, window) }
  const id = aggregate(draft, windows, options, merger)
  draft.offer({ id, is: 'table', keys: windowed(keys, window) })
}

/** Aggregates one to three streams into one table, in windows or without. */
export function cogroup(draft: Draft): void {
  const { dice } = draft
  const isPlain = ({ keys }: Part) => keys === PLAIN
  const inputs = Array.from({ length: 1 + dice.below(3) }, () => ({
    from: group(draft, isPlain, true).id,
    aggregator: drawTwo(dice),
  }))
  const from = draft.add('cogroup', { inputs })
  const init = { init: drawInit(draft) }
  if (dice.once(2)) {
    const isVersioned = dice.once(6)
    const id = draft.add('aggregate', { from, ...init, ...storeOf(draft, isVersioned) })
    draft.offer({ id, is: 'table', ...(isVersioned ? { isVersioned } : {}) })
    return
  }
  // Each of several inputs is late by a time of its own in Kafka Streams.
  const isLate = inputs.length === 1
  const drawn = drawWindow(dice, isLate ? draft.spans : [])
  const isAsDrawn = isLate || drawn.type === 'unlimited'
  const window = isAsDrawn ? drawn : { ...drawn, graceMs: NEVER_LATE_MS }
  const windows = draft.add('windowedBy', { from, window })
  const merger = window.type === 'session' ? { merger: drawTwo(dice) } : {}
  const options = { ...storeOf(draft, false), ...drawRetention(dice, window) }
  const id = draft.add('aggregate', { from: windows, ...init, ...merger, ...options })
  draft.offer({ id, is: 'table', keys: windowed(PLAIN, window), isBlind: true })
}

/** Groups a table anew and aggregates it. */
export function aggregateTable(draft: Draft): void {
  const { dice } = draft
  const table = draft.part('table')
  const value = dice.once(2) ? { value: drawValue(dice) } : {}
  const name = dice.once(4) ? { name: draft.name('by') } : {}
  const from = draft.add('groupBy', { from: table.id, key: drawKey(dice), ...value, ...name })
  const isVersioned = dice.once(10)
  const fields = storeOf(draft, isVersioned)
  const id = aggregate(draft, from, fields, { subtractor: drawTwo(dice) }, true)
  draft.offer({ id, is: 'table', ...(isVersioned ? { isVersioned } : {}) })
}

/** The keys of a table of windows: only those of the same class are ever the same. */
function windowed(keys: string, { type }: DrawnWindow): string {
  return `${keys} in ${type === 'session' || type === 'unlimited' ? type : 'time'}`
}

function group(
  draft: Draft,
  mayBe: (part: Part) => boolean = () => true,
  isNamed = draft.dice.once(4),
): { readonly id: string; readonly keys: string } {
  const { dice } = draft
  const { id: from, keys } = draft.part('stream', mayBe)
  const name = isNamed ? { name: draft.name('by') } : {}
  if (dice.once(3)) {
    return { id: draft.add('groupBy', { from, key: drawKey(dice), ...name }), keys: PLAIN }
  }
  return { id: draft.add('groupByKey', { from, ...name }), keys }
}

function aggregate(
  draft: Draft,
  from: string,
  fields: Fields,
  inAggregate: Fields = {},
  isOfTable = false,
): string {
  const { dice } = draft
  const op: CaseNode['op'] = dice.pick(['count', 'reduce', 'aggregate'])
  if (op === 'count') return draft.add(op, { from, ...fields })
  if (op === 'reduce') {
    const more = isOfTable ? inAggregate : {}
    return draft.add(op, { from, reducer: drawTwo(dice), ...more, ...fields })
  }
  const drawn = { init: drawInit(draft), aggregator: drawTwo(dice), ...inAggregate }
  return draft.add(op, { from, ...drawn, ...fields })
}

const drawInit = ({ dice }: Draft): string | number | null =>
  dice.pick(['', '', 'i', 0, 0, 5, null])

/** A store by name, or not. */
export function storeOf(draft: Draft, isVersioned: boolean): Fields {
  const { dice } = draft
  if (isVersioned) {
    return { store: draft.name('h'), versionedHistoryMs: dice.pick([5, 20, 100, 1000]) }
  }
  return dice.once(3) ? { store: draft.name('s') } : {}
}
