// The operators of drawn cases on streams and on tables, but for aggregates and joins.
import { storeOf } from './draw-aggregates.ts'
import { drawKey, drawPredicate, drawValue } from './draw-functions.ts'
import { weighted, type Dice } from './dice.ts'
import { PLAIN, type Draft, type Part } from './draft.ts'
import { Paths } from './paths.ts'

const STATELESS = weighted({
  ...{ filter: 2, filterNot: 1, mapValues: 3, map: 3, selectKey: 3, flatMapValues: 2, flatMap: 2 },
  ...{ peek: 1, merge: 3, split: 2, repartition: 2, toTable: 3 },
})

/** An operator without state on a stream, or what makes a table of it. */
export function stateless(draft: Draft): void {
  const { dice } = draft
  const op = dice.pick(STATELESS)
  if (op === 'merge') return merge(draft)
  const { id: from, keys: before } = draft.part('stream')
  const stream = (fields: Readonly<Record<string, unknown>>, keys = before) =>
    draft.offer({ id: draft.add(op, { from, ...fields }), is: 'stream', keys })
  switch (op) {
    case 'filter':
    case 'filterNot':
      return stream({ pred: drawPredicate(dice) })
    case 'mapValues':
      return stream({ value: drawValue(dice) })
    case 'map':
      return stream({ key: drawKey(dice), value: drawValue(dice) }, PLAIN)
    case 'selectKey':
      return stream({ key: drawKey(dice) }, PLAIN)
    case 'flatMapValues':
      return stream({ split: dice.pick([',', '-', ':']) })
    case 'flatMap':
      return stream(
        { split: dice.pick([',', '-']), key: drawKey(dice), value: drawValue(dice) },
        PLAIN,
      )
    case 'peek':
      return stream({})
    case 'repartition':
      return stream({
        ...(dice.once(2) ? { name: draft.name('again') } : {}),
        ...(dice.once(4) ? { partitions: 1 } : {}),
      })
    case 'split':
      return split(draft, from, before)
    case 'toTable': {
      const isVersioned = dice.once(6)
      const id = draft.add(op, { from, ...storeOf(draft, isVersioned) })
      draft.offer({ id, is: 'table', keys: before, ...(isVersioned ? { isVersioned } : {}) })
    }
  }
}

function merge(draft: Draft): void {
  const [{ id: from, keys }, { id: other }] = draft.pair('stream', 'stream')
  draft.offer({ id: draft.add('merge', { from, with: other }), is: 'stream', keys })
}

function split(draft: Draft, from: string, keys: string): void {
  const { dice } = draft
  const branches = Array.from({ length: 1 + dice.below(3) }, (_, i) => ({
    name: `b${i}`,
    pred: drawPredicate(dice),
  }))
  const rest = dice.once(2) ? { default: 'rest' } : {}
  const id = draft.add('split', { from, branches, ...rest })
  for (const { name } of branches) draft.offer({ id: `${id}.${name}`, is: 'stream', keys })
  if ('default' in rest) draft.offer({ id: `${id}.rest`, is: 'stream', keys })
}

/** A processor, with a store or without, or one that is called by time. */
export function processing(draft: Draft): void {
  const { dice } = draft
  const { id: from, keys: before } = draft.part('stream')
  if (dice.once(4)) {
    const type = dice.pick(['streamTime', 'wallClock'])
    const intervalMs = dice.pick([1, 5, 10, 30])
    draft.spans.push(intervalMs)
    draft.offer({ id: draft.add('punctuate', { from, type, intervalMs }), is: 'stream' })
    return
  }
  const op = dice.pick(['process', 'processValues'])
  const processor = dice.pick([
    { fn: 'runningCount' },
    { fn: 'dedupe' },
    { fn: 'shiftTs', byMs: dice.pick([-10, -1, 3, 25]) },
    { fn: 'repeat', times: dice.below(4) },
    { fn: op === 'process' ? 'swap' : 'dedupe' },
  ])
  const hasStore = processor.fn === 'runningCount' || processor.fn === 'dedupe'
  const store = hasStore ? { store: draft.name('p') } : {}
  const keys = processor.fn === 'swap' ? PLAIN : before
  draft.offer({ id: draft.add(op, { from, processor, ...store }), is: 'stream', keys })
}

/** An operator on a table, or what makes a stream of it. */
export function onTable(draft: Draft): void {
  const { dice } = draft
  const table = draft.part('table')
  const from = table.id
  const { keys, isVersioned, isBlind = false } = table
  const derived = (id: string, { store }: { readonly store?: unknown }): Part => {
    return { id, is: 'table', keys, isBlind: isBlind && store === undefined }
  }
  switch (dice.pick(['filter', 'filterNot', 'mapValues', 'toStream', 'suppress', 'suppress'])) {
    case 'toStream': {
      const key = dice.once(2) ? { key: drawKey(dice) } : {}
      const after = 'key' in key ? PLAIN : keys
      draft.offer({ id: draft.add('toStream', { from, ...key }), is: 'stream', keys: after })
      return
    }
    case 'suppress':
      if (isVersioned !== true) draft.offer(derived(suppress(draft, from, keys), {}))
      return
    case 'mapValues': {
      const store = storeOf(draft, dice.once(12))
      draft.offer(
        derived(draft.add('mapValues', { from, value: drawValue(dice), ...store }), store),
      )
      return
    }
    default: {
      const op = dice.pick(['filter', 'filterNot'])
      const store = storeOf(draft, dice.once(12))
      draft.offer(derived(draft.add(op, { from, pred: drawPredicate(dice), ...store }), store))
    }
  }
}

/** What a buffer does that is full; by default as with 'emitEarly'. */
function drawWhenFull(dice: Dice): { readonly onFull?: string } {
  return dice.once(3) ? { onFull: dice.pick(['emitEarly', 'shutDown']) } : {}
}

function suppress(draft: Draft, from: string, keys: string): string {
  const { dice } = draft
  // Bytes count the name of the topic that records come by: between parts it is another one.
  const hasBytes = !new Paths(draft.nodes).comesByTopicBetween(from)
  const bounds = dice.pick([
    { maxRecords: 1 + dice.below(3) },
    { maxRecords: 1 + dice.below(3), onFull: 'emitEarly' },
    { maxRecords: 2, onFull: 'shutDown' },
    hasBytes ? { maxBytes: 80 + dice.below(150), ...drawWhenFull(dice) } : { maxRecords: 4 },
  ])
  const isFinal = / in (time|session)$/.test(keys) && !dice.once(3)
  const timeLimitMs = dice.pick([0, 3, 10, 40])
  if (!isFinal) draft.spans.push(timeLimitMs)
  const mode = isFinal ? { mode: 'untilWindowCloses' } : { mode: 'untilTimeLimit', timeLimitMs }
  const { maxRecords, maxBytes } = bounds as { maxRecords?: number; maxBytes?: number }
  const ofFinal = maxBytes === undefined ? { maxRecords } : { maxBytes: maxBytes * 3 }
  const fields = { from, ...mode, ...(dice.once(2) ? { buffer: isFinal ? ofFinal : bounds } : {}) }
  return draft.add('suppress', fields)
}
