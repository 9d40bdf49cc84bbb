// Makes police calls like the published ones, newest first, one at a time: memory does not grow with
// their number. `writePoliceCalls` calls it; the same options give the same calls everywhere.
import { createRandom } from '../random.ts'
import { daySlices } from './calendar.ts'
import { crimeTypes } from './crime-types.ts'
import { dealDeck } from './deck.ts'
import type { Deck } from './deck.ts'
import { addressTypesByType, dispositionsByType, rareDispositions } from './dependents.ts'
import { policeCallsDistribution } from './distribution.ts'
import { momentsOf } from './moments.ts'
import type { Moment } from './moments.ts'
import { duplicateDistance, isAtDuplicate, isHeldInTime } from './page-duplicates.ts'
import { placesByAddressType } from './places.ts'
import type { PoliceCall } from './police-call.ts'

/** Rows of the published file, and so the default number of rows. */
export const PUBLISHED_ROWS = 199_999

/** What to generate. */
export interface GenerateOptions {
  /** How many calls; more reach further back in time, the newest is always of 31 December 2018. */
  readonly rows: number
  /** The same seed and number give the same calls; a smaller number gives the first of them. */
  readonly seed: number
}

/** Calls in the order of the published file: newest first, with four duplicates in 200,000 rows. */
export function* generatePoliceCalls({ rows, seed }: GenerateOptions): Generator<PoliceCall> {
  const known = policeCallsDistribution()
  const describe = describer(seed)
  // The rows that a duplicate may repeat: none stands further back than four.
  const recent: PoliceCall[] = []
  let index = 0
  for (const slice of daySlices(known, seed)) {
    for (const moment of momentsOf(slice, known.time.hour_share, seed)) {
      if (index >= rows) return
      const back = duplicateDistance(index)
      const call = back > 0 ? { ...recent.at(-back)! } : describe(index, moment)
      if (isHeldInTime(index)) setTime(call, recent.at(-1)!)
      recent.push(call)
      if (recent.length > 4) recent.shift()
      yield call
      index += 1
    }
  }
}

/** What fills in all that is not time and number. */
function describer(seed: number): (index: number, moment: Moment) => PoliceCall {
  const known = policeCallsDistribution()
  const types = crimeTypes(known)
  const drawDisposition = dispositionsByType(known)
  const rare = rareDispositions(known)
  const drawAddressType = addressTypesByType(known)
  const drawPlace = placesByAddressType(known)
  const random = createRandom(seed, 0xca11)
  const stretchRows = known.source.rows
  let deck: Deck | undefined
  let tailNames: readonly string[] = []

  return (index, { date, hour, time, crimeId }) => {
    const row = index % stretchRows
    if (row === 0 || deck === undefined) {
      const stretch = Math.floor(index / stretchRows)
      const isTaken = (taken: number): boolean => isAtDuplicate(index + taken)
      const rareCounts = rare.map(([, count]) => count)
      deck = dealDeck(stretchRows, types.tailCounts, rareCounts, isTaken, seed, stretch)
      tailNames = types.tailNames(stretch)
    }
    const tail = deck.types[row]!
    const type = tail > 0 ? types.frequent.length : types.drawFrequent(hour, random)
    const rarity = deck.dispositions[row]!
    const midnight = `${date}T00:00:00.000`
    const addressType = drawAddressType(type, random)
    const { address, city, common_location } = drawPlace(addressType, random)
    return {
      crime_id: crimeId,
      original_crime_type_name: tail > 0 ? tailNames[tail - 1]! : types.frequent[type]!,
      report_date: midnight,
      call_date: midnight,
      offense_date: midnight,
      call_time: time,
      call_date_time: `${date}T${time}:00.000`,
      disposition: rarity > 0 ? rare[rarity - 1]![0] : drawDisposition(type, random),
      address,
      city,
      state: 'CA',
      agency_id: '1',
      address_type: addressType,
      common_location,
    }
  }
}

function setTime(call: PoliceCall, from: PoliceCall): void {
  call.report_date = from.report_date
  call.call_date = from.call_date
  call.offense_date = from.offense_date
  call.call_time = from.call_time
  call.call_date_time = from.call_date_time
}
