// Streets, crossings and common locations with their weights: the same for every seed, as a city is.
// The frequent ones are the published ones; the long tails behind them are made up to measure.
import { createRandom, draw, tailWeights, weightTable } from '../random.ts'
import type { Random, WeightTable } from '../random.ts'
import type { Counted, PoliceCallsDistribution } from './distribution.ts'
import {
  chains,
  furtherStreets,
  knownLocations,
  placeKinds,
  streetEndings,
  streetStems,
} from './street-names.ts'

/** Small streets have few blocks: so the city has about as many addresses as the published file. */
const BLOCKS_OF_SMALL_STREETS = 4

/** Names to draw from. */
export interface Names {
  readonly names: readonly string[]
  readonly weights: WeightTable
}

export interface Gazetteer {
  readonly streets: Names
  /** A street and a block that it has. */
  drawBlock(random: Random): { readonly block: number; readonly street: string }
  /** A block, whatever the street. */
  drawNumber(random: Random): number
  readonly crossings: Names
  readonly commonLocations: Names
  /** The address of each common location. */
  readonly commonAddresses: readonly string[]
}

/** The places of the city, as many and as frequent as the distribution says. */
export function gazetteer(known: PoliceCallsDistribution): Gazetteer {
  const random = createRandom(0x5f)
  const { address, common_location: common } = known
  const numbers = address.block_numbers
  const byCount = weightTable(numbers.map(([, count]) => count))
  const drawNumber = (from: Random): number => numbers[draw(byCount, from)]![0]
  const streets = withTail(
    address.streets_top150,
    furtherStreetNames(address.street_distinct),
    1.58,
  )
  const blocksOf = streets.names.map(() =>
    Array.from({ length: BLOCKS_OF_SMALL_STREETS }, () => drawNumber(random)),
  )
  const drawBlock: Gazetteer['drawBlock'] = (from) => {
    const at = draw(streets.weights, from)
    const isSmall = at >= address.streets_top150.length
    const block = isSmall ? blocksOf[at]![from.below(BLOCKS_OF_SMALL_STREETS)]! : drawNumber(from)
    return { block, street: streets.names[at]! }
  }
  const drawStreet = (): string => streets.names[draw(streets.weights, random)]!
  const crossings = withTail(
    address.intersections_top60,
    distinct(address.intersection_distinct - address.intersections_top60.length, () =>
      crossing(drawStreet(), drawStreet()),
    ),
    0.75,
  )
  const commonLocations = withTail(
    common.top60,
    commonNames(common.distinct, new Set(common.top60.map(([name]) => name)), random),
    1.15,
  )
  const addresses = new Map<string, string>(Object.entries(knownLocations))
  const commonAddresses = commonLocations.names.map((name) => {
    const place = withoutCity(name)
    const located = addresses.get(place) ?? blockAddress(drawNumber(random), drawStreet())
    addresses.set(place, located)
    return located
  })
  return { streets, drawNumber, drawBlock, crossings, commonLocations, commonAddresses }
}

/** `2300 Block Of Mission St`. */
export function blockAddress(block: number, street: string): string {
  return `${block} Block Of ${street}`
}

/** `24th St/mission St`: the second street begins in lower case. */
export function crossing(first: string, second: string): string {
  return `${first}/${second.charAt(0).toLowerCase()}${second.slice(1)}`
}

/** The counted names first, then the others on a curve that goes on where the counts end. */
function withTail(counted: readonly Counted[], others: readonly string[], power: number): Names {
  const last = counted.at(-1)?.[1] ?? 1
  const weights = [
    ...counted.map(([, count]) => count),
    ...tailWeights(others.length, counted.length, last, power),
  ]
  return { names: [...counted.map(([name]) => name), ...others], weights: weightTable(weights) }
}

function furtherStreetNames(count: number): string[] {
  const names = new Set(furtherStreets)
  for (const ending of streetEndings) {
    for (const stem of streetStems) names.add(`${stem} ${ending}`)
  }
  return [...names].slice(0, count - 150)
}

function commonNames(count: number, taken: Set<string>, random: Random): string[] {
  const stems = [...streetStems, ...furtherStreets.map((street) => street.replace(/ \w+$/, ''))]
  const one = (words: readonly string[]): string => words[random.below(words.length)]!
  const names = new Set<string>()
  // Places that are known stand in the file with and without the city's name.
  for (const name of taken) names.add(name.endsWith(', Sf') ? withoutCity(name) : `${name}, Sf`)
  for (const name of taken) names.delete(name)
  while (names.size < count - taken.size) {
    const chain = random.next() < 0.2
    const place = chain ? `${one(chains)}-${one(stems)}` : `${one(stems)} ${one(placeKinds)}`
    const written = random.next()
    if (written < 0.85) names.add(`${place}, Sf`)
    if (written > 0.6) names.add(place)
  }
  return [...names].slice(0, count - taken.size)
}

function withoutCity(name: string): string {
  return name.replace(/, Sf$/, '')
}

function distinct(count: number, make: () => string): string[] {
  const names = new Set<string>()
  while (names.size < count) names.add(make())
  return [...names]
}
