// Reads of an order for the operators of a store: entries into a list that serves again, or one entry.
import type { EntryList } from '../entry-list.ts'
import type { OrderPlace } from './entry-blocks.ts'
import type { EntryOrder, OrderBound } from './entry-order.ts'

const place: OrderPlace = { block: 0, slot: 0 }
const end: OrderPlace = { block: 0, slot: 0 }
/** So many entries are compared with the end of what is read; of more, the end is looked for once. */
const COMPARED = 6

/** Adds the entries from one bound up to another, that one left out, to a list. */
export function collect(
  order: EntryOrder,
  list: EntryList,
  from: OrderBound,
  until: OrderBound,
): void {
  order.settle()
  order.seek(place, from.timeMs, from.bytes, 0, from.length)
  for (let i = 0; i < COMPARED; i++) {
    const entry = order.next(place)
    if (entry < 0) return
    if (order.compareTo(entry, until.timeMs, until.bytes, 0, until.length) >= 0) return
    list.push(entry)
  }
  order.seek(end, until.timeMs, until.bytes, 0, until.length)
  while (place.block < end.block || (place.block === end.block && place.slot < end.slot)) {
    list.push(order.next(place))
  }
}

/** Adds all entries to a list. */
export function collectAll(order: EntryOrder, list: EntryList): void {
  order.settle()
  order.seekFirst(place)
  for (let entry = order.next(place); entry >= 0; entry = order.next(place)) list.push(entry)
}

/** The last entry before a bound, -1 where there is none. */
export function lastBefore(order: EntryOrder, bound: OrderBound): number {
  order.settle()
  order.seek(place, bound.timeMs, bound.bytes, 0, bound.length)
  return order.previous(place)
}

/** The last entry of all, -1 where there is none. */
export function lastOf(order: EntryOrder): number {
  order.settle()
  order.seekLast(place)
  return order.previous(place)
}

/** The first entry of all, -1 where there is none. */
export function firstOf(order: EntryOrder): number {
  order.settle()
  order.seekFirst(place)
  return order.next(place)
}
