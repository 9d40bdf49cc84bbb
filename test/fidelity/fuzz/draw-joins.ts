// Joins of drawn cases, of every two things that can be joined.
import { storeOf } from './draw-aggregates.ts'
import { drawKey, drawTwo } from './draw-functions.ts'
import { drawJoinWindow } from './draw-windows.ts'
import { PLAIN, type Draft } from './draft.ts'

/** Two streams, or one with itself. */
export function joinStreams(draft: Draft): void {
  const { dice } = draft
  const [{ id: from, keys }, { id: other }] = draft.pair('stream', 'stream')
  const window = drawJoinWindow(dice, draft.spans)
  const kind = dice.pick(['inner', 'left', 'outer'])
  const fields = { from, with: dice.once(8) ? from : other, kind, joiner: drawTwo(dice), window }
  draft.offer({ id: draft.add('join', fields), is: 'stream', keys })
}

/** A stream with a table, a global one, or one with a history. */
export function joinTable(draft: Draft): void {
  const { dice } = draft
  const joined = { kind: dice.pick(['inner', 'left']), joiner: drawTwo(dice) }
  if (dice.once(3)) {
    const [{ id: from, keys }, global] = [draft.part('stream'), draft.part('global')]
    const id = draft.add('join', { from, with: global.id, ...joined, key: drawKey(dice) })
    draft.offer({ id, is: 'stream', keys })
    return
  }
  if (dice.once(4)) draft.source('table', true)
  const [{ id: read, keys }, table] = draft.pair('stream', 'table')
  const graceMs = dice.pick([0, 1, 5, 20])
  const grace = table.isVersioned === true && !dice.once(3) ? { graceMs } : {}
  draft.spans.push(graceMs)
  // A null key breaks Kafka Streams there.
  const mayBreak = 'graceMs' in grace && joined.kind === 'left'
  const from = mayBreak ? draft.add('filterNot', { from: read, pred: { fn: 'keyIsNull' } }) : read
  const id = draft.add('join', { from, with: table.id, ...joined, ...grace })
  draft.offer({ id, is: 'stream', keys })
}

/** Two tables, by key or by foreign key. */
export function joinTables(draft: Draft): void {
  const { dice } = draft
  const isForeign = dice.once(3)
  const [left, right] = isForeign
    ? [
        draft.part('table', ({ isBlind }) => isBlind !== true),
        draft.part('table', ({ keys }) => keys === PLAIN),
      ]
    : draft.pair('table', 'table')
  const foreign = isForeign ? { foreignKey: drawKey(dice) } : {}
  const kind = dice.pick(isForeign ? ['inner', 'left'] : ['inner', 'left', 'outer'])
  const fields = { from: left.id, with: right.id, kind, joiner: drawTwo(dice), ...foreign }
  const id = draft.add('join', { ...fields, ...storeOf(draft, false) })
  // Kafka Streams does not know the windows behind a foreign key any more.
  const keys = isForeign && left.keys !== PLAIN ? `${left.keys} by foreign key` : left.keys
  draft.offer({ id, is: 'table', keys })
}
