// What the cases of bench/operators.ts have in common: their records, and how they count.
import { minutes } from '../topology/duration.ts'
import { json } from '../topology/serdes/json.ts'
import type { Stream } from '../topology/stream.ts'

/** The value of a record. */
export interface Call {
  readonly type: string
  readonly area: string
  readonly units: number
}

/** Records whose key is one of the areas. */
export type Calls = Stream<string, Call>

/** What is measured, and with which of the other cases it is compared. */
export interface OperatorCase {
  readonly name: string
  readonly build: (calls: Calls) => void
  /** What the topology would cost without the operator; `nothing` where it is left out. */
  readonly beside?: string
}

/** Area codes, and so the groups of what is grouped by area. */
export const AREAS = 200
export const areaOf = (i: number): string => `area-${i % AREAS}`

/** The least that a topology does: reads the records and takes their event time. */
export const NOTHING = 'nothing'

/** How records travel and are kept. */
export const callsSerde = json.any<Call>()

export const grace = minutes(1)
export const coalesced = { emit: 'on-update-coalesced' } as const
