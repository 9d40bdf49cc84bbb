// Where a store stands in its changelog (Kafka Streams' <application>-<store>-changelog): kept with the
// task's checkpoint, so that a restore begins behind what is on this machine.
import type { RestorePoint } from '../broker/ports.ts'
import type { ChangelogEntry } from './changelog-record.ts'

/** A store's place in its changelog. */
export interface ChangelogPlace {
  /** Of the last entry that this machine has. */
  readonly number: number
  /** Of the last entry that was seen, where that is another one: numbers go on behind it. */
  readonly seen?: number
  /** The slot of the next changes. */
  readonly nextSlot: number
  /** The place that the next snapshot takes: of two by turns, since it must not replace the one that it follows. */
  readonly nextSnapshot: number
  /** The place of the last snapshot that this machine has. */
  readonly snapshot?: number | undefined
  /**
   * An offset of the topic at or before the first entry that this machine has not. What lies between is
   * known by its number, and passed over.
   */
  readonly offset: number
  /** From where on the topic has the store whole, where that is known. */
  readonly whole?: RestorePoint | undefined
  /** The offset of the entry behind which the round begins that is under way. */
  readonly roundFrom?: number | undefined
}

type WholePlaces = Pick<ChangelogPlace, 'whole' | 'roundFrom' | 'snapshot'>

/** Places by store. */
export type ChangelogPlaces = Readonly<Record<string, ChangelogPlace>>

/** Of a store that has no entry yet. */
export const CHANGELOG_START: ChangelogPlace = Object.freeze({
  number: 0,
  nextSlot: 0,
  nextSnapshot: 0,
  offset: 0,
})

/** Where an entry of a changelog lies. */
export type EntryPlace = Pick<
  ChangelogEntry,
  'number' | 'slot' | 'isSnapshot' | 'nextSlot' | 'nextSnapshot' | 'offset'
>

/** The place behind an entry. */
export function placeAfter(place: ChangelogPlace, entry: EntryPlace): ChangelogPlace {
  const { whole, roundFrom, snapshot } = wholeAfter(place, entry)
  return { whole, roundFrom, snapshot, ...slotsAfter(place, entry) }
}

function slotsAfter(place: ChangelogPlace, entry: EntryPlace): ChangelogPlace {
  const { offset } = place
  const { number, slot, isSnapshot, nextSlot = isSnapshot ? 0 : slot + 1 } = entry
  const nextSnapshot = isSnapshot ? otherOfPair(slot) : (entry.nextSnapshot ?? place.nextSnapshot)
  return { number, nextSlot, nextSnapshot, offset }
}

/** A round has the store whole together with all that came since the one before ended, or since a snapshot. */
function wholeAfter(place: ChangelogPlace, entry: EntryPlace): WholePlaces {
  const { number, slot, isSnapshot, nextSlot, offset = place.offset } = entry
  if (isSnapshot) return { whole: { offset, number }, roundFrom: offset, snapshot: slot }
  if (nextSlot === undefined) return place
  const { roundFrom, snapshot } = place
  const whole = roundFrom === undefined ? undefined : { offset: roundFrom, number }
  return { whole, roundFrom: offset, snapshot }
}

/**
 * Each heir goes on to another pair of places for its snapshots: who had the store one or two lives before has others, and
 * so has the last snapshot that there is, however many lives ago.
 */
const SNAPSHOT_PAIRS = 4
const pairOf = (place: number): number => Math.floor(place / 2)
const otherOfPair = (place: number): number => place + 1 - 2 * (place % 2)
/** How many entries an owner may write when it should not any more, before it is mistaken for its heir. */
const LIFE_ENTRIES = 2 ** 20
/** Numbers of one generation of the group. */
const GENERATION_ENTRIES = 2 ** 30
const GENERATIONS_MAX = 2 ** 22
const GENERATION_LIVES = GENERATION_ENTRIES / LIFE_ENTRIES / 2
/**
 * What follows a snapshot or the end of a round goes on in the next of four places: the last whole one that a commit has
 * lies in one, the end of the one before in another, and behind it may be one that no commit has, and what follows that.
 */
const PLACES = 4
const PLACE_SLOTS = 2 ** 30
/** Slots of one life. */
const LIFE_SLOTS = 2 ** 18
/** The first of a place are the homes of lives, those behind them are of heirs that have written nothing whole yet. */
const HOMES = 17
/** Lives that come right after each other have other slots, though none of them has written any. */
const LIVES = 16
/** Behind so many of a place a snapshot is due: what takes over skips some, and must not come to the next place. */
const SLOTS_MAX = PLACE_SLOTS - 2 * LIVES * LIFE_SLOTS

/** Whether there is room for further changes before the next snapshot. */
export const isRoomy = ({ nextSlot }: ChangelogPlace): boolean => nextSlot % PLACE_SLOTS < SLOTS_MAX

/**
 * The slot that changes go on with behind a snapshot or the end of a round: where its life is at home, by its numbers. Of
 * those that had the store shortly before none is at home there: what such a one still writes replaces nothing.
 */
export function slotAfterWhole(place: ChangelogPlace): number {
  const at = (Math.floor(place.nextSlot / PLACE_SLOTS) + 1) % PLACES
  const life = Math.floor(nextNumber(place) / LIFE_ENTRIES) % HOMES
  return at * PLACE_SLOTS + life * LIFE_SLOTS
}

/**
 * Whether there are entries of a later generation than that in which the store was assigned. Then its heir has
 * begun already, unless the group was made anew since: only the group can tell.
 */
export const isBehind = (place: ChangelogPlace, generation: number): boolean =>
  generation > 0 && Math.floor((nextNumber(place) - 1) / GENERATION_ENTRIES) > generation

/**
 * Where an owner goes on that takes a store over. Who had it before may not know, and write on: its numbers are
 * lower than those of its heir, and whoever reads the changelog passes them over; and its keys are others, so
 * that compaction keeps what the heir wrote. With exactly once there is nothing to fear: what such a one writes
 * is in no transaction that is committed.
 * @param generation of the group, 0 where it is not known: it tells two heirs apart that read the same.
 */
export function takenOver(place: ChangelogPlace, generation: number): ChangelogPlace {
  const of = Math.max(0, generation) % GENERATIONS_MAX
  const at = Math.floor(place.nextSlot / PLACE_SLOTS)
  const before = Math.max(HOMES - 1, Math.floor((place.nextSlot % PLACE_SLOTS) / LIFE_SLOTS))
  const life = before + 1 + (of % LIVES)
  // Of a group that was made anew generations are low again.
  const isLow = isBehind(place, generation)
  const next = nextNumber(place) + LIFE_ENTRIES * (isLow ? 1 + (of % GENERATION_LIVES) : 1)
  const pair = (pairOf(place.nextSnapshot) + 1) % SNAPSHOT_PAIRS
  const isTaken = place.snapshot !== undefined && pairOf(place.snapshot) === pair
  return {
    ...place,
    seen: Math.max(next, of * GENERATION_ENTRIES),
    nextSlot: at * PLACE_SLOTS + life * LIFE_SLOTS,
    nextSnapshot: 2 * (isTaken ? (pair + 1) % SNAPSHOT_PAIRS : pair),
  }
}

/** The place behind an entry that was left out: this machine still lacks it. */
export function placeBeyond(place: ChangelogPlace, entry: EntryPlace): ChangelogPlace {
  const { whole, roundFrom, snapshot, number } = place
  return { whole, roundFrom, snapshot, ...slotsAfter(place, entry), number, seen: entry.number }
}

/** The number of the next entry. */
export function nextNumber({ number, seen = number }: ChangelogPlace): number {
  return Math.max(number, seen) + 1
}

/** The changelog topic of a store (Kafka Streams' name for it). */
export function changelogTopic(applicationId: string, store: string): string {
  return `${applicationId}-${store}-changelog`
}
