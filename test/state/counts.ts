// Keys and contents of stores of counts, for their tests.
import { utf8 } from '../../topology/serdes/primitive.ts'
import { KeyTable } from '../../state/key-table.ts'
import { savedCounts } from '../../state/saved-counts.ts'
import { WindowCounts } from '../../state/window-counts.ts'

/** A count as tests compare it. */
export interface CountRow {
  readonly startMs: number
  readonly key: unknown
  readonly count: number
  readonly timestampMs: number
}

export const keyTable = (): KeyTable => new KeyTable(utf8 as never)

/** The id of a text key. */
export function keyId(keys: KeyTable, text: string): number {
  const bytes = Buffer.from(text)
  return keys.idOf(bytes, 0, bytes.length)
}

/** A store with windows of 10 ms, a new one each 5 ms. */
export const storeOf = (keys = keyTable()): WindowCounts =>
  new WindowCounts('counts', keys, { sizeMs: 10, advanceMs: 5 })

/** What an entry holds. */
export const rowOf = (store: WindowCounts, entry: number): CountRow => ({
  startMs: store.windowOf(entry).startMs,
  key: store.keys.valueOf(store.keyIdOf(entry)),
  count: store.countOf(entry),
  timestampMs: store.timestampOf(entry),
})

/** All that a store holds, by window and key. */
export function contentOf(store: WindowCounts): CountRow[] {
  const rows: CountRow[] = []
  store.forEach((entry) => rows.push(rowOf(store, entry)))
  return sorted(rows)
}

/** Rows in the order of window and key. */
export const sorted = (rows: readonly CountRow[]): CountRow[] =>
  [...rows].sort((a, b) => a.startMs - b.startMs || (String(a.key) < String(b.key) ? -1 : 1))

/** Puts one count in place, as it was saved. */
export function restoreCount(
  store: WindowCounts,
  startMs: number,
  keyId: number,
  count: number,
  timestampMs: number,
): void {
  const saved = savedCounts()
  saved.size = 1
  saved.starts[0] = startMs
  saved.keyIds[0] = keyId
  saved.counts[0] = count
  saved.timestamps[0] = timestampMs
  store.restore(saved)
}
