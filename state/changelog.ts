// Where a store stands in its changelog (Kafka Streams' <application>-<store>-changelog): kept with the
// task's checkpoint, so that a restore begins behind what is on this machine.
import type { ChangelogEntry } from './changelog-record.ts'

/** A store's place in its changelog. */
export interface ChangelogPlace {
  /** Of the last entry that this machine has. */
  readonly number: number
  /** Of the last entry that was seen, where that is another one: numbers go on behind it. */
  readonly seen?: number
  /** The slot of the next changes. */
  readonly nextSlot: number
  /** The place that the next snapshot takes: it must not replace the one that it follows. */
  readonly nextSnapshot: number
  /**
   * An offset of the topic at or before the first entry that this machine has not. What lies between is
   * known by its number, and passed over.
   */
  readonly offset: number
}

/** Places by store. */
export type ChangelogPlaces = Readonly<Record<string, ChangelogPlace>>

/** Of a store that has no entry yet. */
export const CHANGELOG_START: ChangelogPlace = Object.freeze({
  number: 0,
  nextSlot: 0,
  nextSnapshot: 0,
  offset: 0,
})

type EntryPlace = Pick<ChangelogEntry, 'number' | 'slot' | 'isSnapshot'>

/** The place behind an entry. */
export function placeAfter(
  { offset, nextSnapshot }: ChangelogPlace,
  { number, slot, isSnapshot }: EntryPlace,
): ChangelogPlace {
  return isSnapshot
    ? { number, nextSlot: 0, nextSnapshot: 1 - slot, offset }
    : { number, nextSlot: slot + 1, nextSnapshot, offset }
}

/** The place behind an entry that was left out: this machine still lacks it. */
export function placeBeyond(place: ChangelogPlace, entry: EntryPlace): ChangelogPlace {
  return { ...placeAfter(place, entry), number: place.number, seen: entry.number }
}

/** The number of the next entry. */
export function nextNumber({ number, seen = number }: ChangelogPlace): number {
  return Math.max(number, seen) + 1
}

/** The changelog topic of a store (Kafka Streams' name for it). */
export function changelogTopic(applicationId: string, store: string): string {
  return `${applicationId}-${store}-changelog`
}
