// Sorts entries of a table whose pages may lie in a file. Comparing them where they lie would read a page for
// nearly every comparison: their keys are gathered page by page first.
import { copyBytes } from '../../topology/serdes/copy-bytes.ts'
import { compareBytes } from './byte-arena.ts'
import type { ByteTable } from './byte-table.ts'
import type { OrderSpec } from './entry-order.ts'

/** Sorts entries by their times and keys; the keys' bytes are held for as long as it takes. */
export function sortGathered(
  { entries }: ByteTable,
  list: Int32Array,
  { byTime, suffixBytes }: Omit<OrderSpec, 'index'>,
): void {
  list.sort((one, other) => entries.pageNumberOf(one) - entries.pageNumberOf(other))
  const starts = new Float64Array(list.length + 1)
  for (let i = 0; i < list.length; i++) {
    const entry = list[i]!
    starts[i + 1] = starts[i]! + entries.keyEnd(entry) - entries.keyStart(entry)
  }
  const keys = new Uint8Array(starts[list.length]!)
  for (let i = 0; i < list.length; i++) {
    const entry = list[i]!
    const start = entries.keyStart(entry)
    copyBytes(entries.pageOf(entry), start, entries.keyEnd(entry) - start, keys, starts[i]!)
  }
  const times = Float64Array.from(list, (entry) => entries.timeOf(entry))
  const compare = (one: number, other: number): number => {
    if (byTime && times[one] !== times[other]) return times[one]! < times[other]! ? -1 : 1
    const [start, end] = [starts[one]!, starts[one + 1]! - suffixBytes]
    const [otherStart, otherEnd] = [starts[other]!, starts[other + 1]! - suffixBytes]
    const byKey = compareBytes(keys, start, end, keys, otherStart, otherEnd)
    if (byKey !== 0 || suffixBytes === 0) return byKey
    return compareBytes(keys, end, end + suffixBytes, keys, otherEnd, otherEnd + suffixBytes)
  }
  const places = Int32Array.from(list, (_entry, i) => i).sort(compare)
  list.set(Int32Array.from(places, (place) => list[place]!))
}
