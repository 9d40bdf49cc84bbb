// The types of calls: the 200 most frequent are drawn by the hour of the day, the tail behind them has
// its exact number of occurrences per file of 199,999 rows and is dealt from a deck.
import { createRandom, draw, weightTable } from '../random.ts'
import type { Random, WeightTable } from '../random.ts'
import type { PoliceCallsDistribution } from './distribution.ts'
import { inventTypeName } from './type-names.ts'
import type { TypeClass } from './type-names.ts'

/** Index of a type among the frequent ones; from 60 on, what depends on the type is not known. */
export type FrequentType = number

export interface CrimeTypes {
  /** Names of the frequent types, the most frequent first. */
  readonly frequent: readonly string[]
  drawFrequent(hour: number, random: Random): FrequentType
  /** Occurrences per 199,999 rows of each type of the tail, descending down to the singletons. */
  readonly tailCounts: Uint16Array
  /** Names of the tail in the given stretch of 199,999 rows; half of the singletons are new in each. */
  tailNames(stretch: number): string[]
}

/** The types as the distribution has them. */
export function crimeTypes(known: PoliceCallsDistribution): CrimeTypes {
  const frequent = [
    ...known.crime_type_top60.map(({ name }) => name),
    ...known.crime_type_rank_61_200.map(([name]) => name),
  ]
  const tailCounts = countsOfTail(known)
  const byHour = frequentByHour(known, tailCounts)
  const classes = classesOfTail(known, tailCounts.length)
  const once = known.crime_type_shape.singletons
  const everywhere = namesOf(classes, new Set(frequent), known.crime_type_shape.odd_values, 0)

  return {
    frequent,
    tailCounts,
    drawFrequent: (hour, random) => draw(byHour[hour]!, random),
    tailNames: (stretch) => {
      if (stretch === 0) return everywhere
      const kept = everywhere.slice(0, everywhere.length - Math.floor(once / 2))
      const fresh = classes.slice(kept.length)
      return [...kept, ...namesOf(fresh, new Set([...frequent, ...everywhere]), [], stretch)]
    },
  }
}

/** Ranks 201 and beyond: a falling curve through the known ranks, with the known sums between them. */
function countsOfTail(known: PoliceCallsDistribution): Uint16Array {
  const { distinct, singletons, cumulative_share: share } = known.crime_type_shape
  const rowsTo = (rank: number): number => Math.round((share[rank] ?? 1) * known.source.rows)
  const twice = distinct - singletons
  const curve = [
    ...stretched(300, rowsTo(500) - rowsTo(200), 46, 6),
    ...stretched(500, rowsTo(1_000) - rowsTo(500), 6, 2),
    ...new Array<number>(twice - 1_000).fill(2),
    ...new Array<number>(singletons).fill(1),
  ]
  return Uint16Array.from(curve)
}

/** `count` whole numbers falling from `first` to `last` whose sum is `sum`. */
function stretched(count: number, sum: number, first: number, last: number): number[] {
  let low = 0.01
  let high = 100
  const shape = (power: number): number[] =>
    Array.from({ length: count }, (_, i) =>
      Math.round(last + (first - last) * (1 - i / (count - 1)) ** power),
    )
  const total = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2
    if (total(shape(middle)) > sum) low = middle
    else high = middle
  }
  return shape(high)
}

function frequentByHour(
  known: PoliceCallsDistribution,
  tailCounts: Uint16Array,
): readonly WeightTable[] {
  const tailRows = tailCounts.reduce((sum, count) => sum + count, 0)
  const others = known.crime_type_rank_61_200
  const otherRows = others.reduce((sum, [, count]) => sum + count, 0)
  return known.time.hour_counts.map((rows, hour) => {
    const top = known.crime_type_top60.map(({ hours }) => hours[hour] ?? 0)
    const topRows = top.reduce((sum, count) => sum + count, 0)
    const rest = Math.max(1, rows - topRows - tailRows * (known.time.hour_share[hour] ?? 0))
    return weightTable([...top, ...others.map(([, count]) => (rest * count) / otherRows)])
  })
}

/** A class for each type of the tail, in the known proportions, well mixed. */
function classesOfTail(known: PoliceCallsDistribution, count: number): TypeClass[] {
  const quotas = new Map<TypeClass, number>()
  for (const [label, { types }] of Object.entries(
    known.crime_type_shape.tail_classes_beyond_top60,
  )) {
    quotas.set(label.split(' ')[0] as TypeClass, types)
  }
  for (const [name] of known.crime_type_rank_61_200) {
    const kind = classOf(name)
    quotas.set(kind, (quotas.get(kind) ?? 0) - 1)
  }
  const classes = [...quotas].flatMap(([kind, types]) => new Array<TypeClass>(types).fill(kind))
  const random = createRandom(count)
  for (let i = classes.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    ;[classes[i], classes[j]] = [classes[j]!, classes[i]!]
  }
  return classes
}

function classOf(name: string): TypeClass {
  if (/^\d+[a-z]?$/i.test(name)) return 'numeric_code'
  if (/^[\d.,/]+$/.test(name)) return 'muni_code_dotted'
  if (/^[a-z]{1,2}$/i.test(name)) return 'one_or_two_letters'
  return /\d/.test(name) ? 'code_plus_text' : 'free_text'
}

/** A name for each class that none of `taken` has; the last ones are `odd`. */
function namesOf(
  classes: readonly TypeClass[],
  taken: Set<string>,
  odd: readonly string[],
  stretch: number,
): string[] {
  const random = createRandom(0x7e5e, stretch)
  const names: string[] = []
  for (const name of odd) taken.add(name)
  for (const kind of classes.slice(0, classes.length - odd.length)) {
    let name = inventTypeName(kind, random)
    while (taken.has(name)) name = inventTypeName(kind, random)
    taken.add(name)
    names.push(name)
  }
  return [...names, ...odd]
}
