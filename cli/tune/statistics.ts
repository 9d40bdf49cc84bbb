// What repeated runs say: middle, spread, and whether a difference is more than noise. Used by effects.ts
// and by the report; no run is made here.
import { createRandom } from '../../data/random.ts'

/** The value below which a share of the sorted numbers lies, interpolated; NaN of none. */
export function quantileOf(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const below = sorted[Math.floor(place)] ?? NaN
  const above = sorted[Math.ceil(place)] ?? NaN
  return below + (above - below) * (place - Math.floor(place))
}

/** The median; NaN of none. */
export function median(numbers: readonly number[]): number {
  return quantileOf(numbers, 0.5)
}

/** An interval; both ends are of the unit of what they are about. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** The middle half of the numbers. */
export function spread(numbers: readonly number[]): Interval {
  return { low: quantileOf(numbers, 0.25), high: quantileOf(numbers, 0.75) }
}

// Up to here all ways to flip signs are looked at, which is exact.
const EXACT_MAX = 14
const DRAWS = 20_000
const RESAMPLES = 2_000

/**
 * How often chance alone would bring differences at least as far from zero in the mean: each sign is as
 * likely as the other if nothing but noise made them (Fisher's randomization test for pairs, two-sided).
 * 1 of no differences. `seed` is for more than 14 of them, where ways are drawn.
 */
export function signFlipP(differences: readonly number[], seed = 1): number {
  const count = differences.length
  if (count === 0) return 1
  // A hair less: sums in another order may differ in the last digit.
  const seen = Math.abs(sumOf(differences)) * (1 - 1e-9)
  if (count <= EXACT_MAX) {
    let asFar = 0
    for (let flips = 0; flips < 2 ** count; flips++) {
      let sum = 0
      for (let i = 0; i < count; i++) {
        sum += (flips >> i) & 1 ? -differences[i]! : differences[i]!
      }
      if (Math.abs(sum) >= seen) asFar += 1
    }
    return asFar / 2 ** count
  }
  const random = createRandom(seed)
  let asFar = 1
  for (let draw = 0; draw < DRAWS; draw++) {
    let sum = 0
    for (const difference of differences) sum += random.next() < 0.5 ? difference : -difference
    if (Math.abs(sum) >= seen) asFar += 1
  }
  return asFar / (DRAWS + 1)
}

/** Where the median lies, with a confidence of 95 %, by resampling (percentile bootstrap). */
export function bootstrapMedian(numbers: readonly number[], seed = 1): Interval {
  const random = createRandom(seed)
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(numbers.map(() => numbers[Math.floor(random.next() * numbers.length)]!)),
  )
  return { low: quantileOf(medians, 0.025), high: quantileOf(medians, 0.975) }
}

/**
 * The same probabilities when so many questions are asked at once (Holm's step-down): one in twenty of
 * them all, and not of each, is then wrong by chance. In the order given.
 */
export function holm(probabilities: readonly number[]): number[] {
  const order = probabilities.map((p, i) => ({ p, i })).sort((a, b) => a.p - b.p)
  const adjusted = new Array<number>(probabilities.length)
  let highest = 0
  order.forEach(({ p, i }, rank) => {
    highest = Math.min(1, Math.max(highest, p * (order.length - rank)))
    adjusted[i] = highest
  })
  return adjusted
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}
