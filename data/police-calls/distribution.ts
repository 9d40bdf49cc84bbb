// What is known of the published calls, as counted on the complete file of 199,999 rows: the generator
// is calibrated on it. Read once from the JSON file beside the sources.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../config/package-root.ts'

/** A value and how many of the rows have it. */
export type Counted<T = string> = readonly [value: T, count: number]

/** One of the 60 most frequent types; shares are of the type's own rows, hours are counts. */
export interface CrimeTypeShape {
  readonly name: string
  readonly count: number
  readonly share: number
  readonly dispositions: Readonly<Record<string, number>>
  readonly hours: readonly number[]
  readonly address_type: Readonly<Record<string, number>>
}

/** The part of `police-calls-distribution.json` that is used, in its own names. */
export interface PoliceCallsDistribution {
  readonly source: { readonly rows: number }
  readonly time: {
    readonly hour_counts: readonly number[]
    readonly hour_share: readonly number[]
    readonly calls_per_day: Readonly<Record<string, number>>
  }
  readonly disposition: readonly {
    readonly code: string
    readonly count: number
    readonly share: number
    readonly in_radio_code: boolean
  }[]
  readonly join_facts: { readonly unmatched_share: number }
  readonly crime_type_top60: readonly CrimeTypeShape[]
  readonly crime_type_rank_61_200: readonly Counted[]
  readonly crime_type_shape: {
    readonly distinct: number
    readonly cumulative_share: Readonly<Record<string, number>>
    readonly count_at_rank: Readonly<Record<string, number>>
    readonly singletons: number
    readonly tail_classes_beyond_top60: Readonly<Record<string, { types: number; rows: number }>>
    readonly odd_values: readonly string[]
  }
  readonly city: readonly (readonly [city: string, count: number, share: number])[]
  readonly city_blank_by_address_type: Readonly<Record<string, number>>
  readonly address_type: readonly (readonly [type: string, count: number, share: number])[]
  readonly address: {
    readonly kind_by_address_type: Readonly<Record<string, Readonly<Record<string, number>>>>
    readonly block_numbers: readonly Counted<number>[]
    readonly street_distinct: number
    readonly streets_top150: readonly Counted[]
    readonly intersection_distinct: number
    readonly intersections_top60: readonly Counted[]
  }
  readonly common_location: { readonly distinct: number; readonly top60: readonly Counted[] }
  readonly row_bytes: { readonly compact_json: { readonly mean: number } }
}

let known: PoliceCallsDistribution | undefined

/** The distribution of the published file. */
export function policeCallsDistribution(): PoliceCallsDistribution {
  known ??= JSON.parse(
    readFileSync(join(packageRoot(), 'data/police-calls-distribution.json'), 'utf8'),
  ) as PoliceCallsDistribution
  return known
}
