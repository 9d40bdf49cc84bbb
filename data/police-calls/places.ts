// Where a call was: city, address and common location, given the kind of address.
import { draw, weightTable } from '../random.ts'
import type { Random, WeightTable } from '../random.ts'
import type { PoliceCallsDistribution } from './distribution.ts'
import { blockAddress, crossing, gazetteer } from './gazetteer.ts'
import type { Gazetteer } from './gazetteer.ts'
import { freePlaces, islandStreets } from './street-names.ts'

/** The fields that say where. */
export interface Place {
  readonly address: string
  readonly city: string
  readonly common_location: string
}

/** Draws a place for a kind of address: `Premise Address`, `Intersection`, … */
export type DrawPlace = (addressType: string, random: Random) => Place

const ADDRESS_MAX = 46
const ODD_ADDRESSES = ['000', '18', 'St', 'Block Of West Portal Av', 'Block Of Mission St']
const SUFFIXES = ['#Er', '#4th Floor,', '#1st Floor', '#7', '#Streetpublic', '#Lobby', '#Garage']
/** Stands once in the published file, and with a type in quotes is all there is to escape. */
const QUOTED_PLACE = 'Shotwell/capp 16th/24th "The Track"'

/** Places as the distribution has them. */
export function placesByAddressType(known: PoliceCallsDistribution): DrawPlace {
  const city = gazetteer(known)
  const cities = citiesByAddressType(known)
  const premise = known.address.kind_by_address_type['Premise Address'] ?? {}
  const oddShare = (premise['free text'] ?? 0) / 2 / (premise['N00 Block Of X St'] ?? 1)
  const override = overridePlaces(known, city, cities.filled)

  return (addressType, random) => {
    if (addressType === 'Geo-Override') return override(random)
    if (addressType === 'Common Location') {
      const at = draw(city.commonLocations.weights, random)
      const common_location = city.commonLocations.names[at]!
      return {
        address: city.commonAddresses[at]!,
        city: common_location.startsWith('Uscg') ? 'Yerba Buena' : cities.draw(addressType, random),
        common_location,
      }
    }
    const named = cities.draw(addressType, random)
    if (addressType === 'Intersection') {
      const address = islandsOf(named)
        ? crossing(drawStreet(city, named, random), drawStreet(city, named, random))
        : city.crossings.names[draw(city.crossings.weights, random)]!
      return { address, city: named, common_location: '' }
    }
    const { block, street } = drawBlock(city, named, random)
    const odd = random.next()
    if (odd < oddShare)
      return { address: one(ODD_ADDRESSES, random), city: named, common_location: '' }
    const plain = blockAddress(block, street)
    const address =
      odd < 2 * oddShare ? `${plain} ${one(SUFFIXES, random)}`.slice(0, ADDRESS_MAX) : plain
    return { address, city: named, common_location: '' }
  }
}

/** Places set by hand: half of them without a city, above all those that name no street. */
function overridePlaces(
  known: PoliceCallsDistribution,
  city: Gazetteer,
  filled: (random: Random) => string,
): (random: Random) => Place {
  const kinds = known.address.kind_by_address_type['Geo-Override'] ?? {}
  const names = Object.keys(kinds)
  const weights = weightTable(Object.values(kinds))
  const rows = Object.values(kinds).reduce((sum, count) => sum + count, 0)
  const shapeless = (kinds['free text'] ?? 0) + (kinds['other, digit first'] ?? 0)
  const blank = known.city_blank_by_address_type['Geo-Override'] ?? 0
  const blankShare = Math.max(0, blank - shapeless) / (rows - shapeless)

  return (random) => {
    const kind = names[draw(weights, random)]!
    if (kind === 'free text') {
      const quoted = random.next() * (kinds[kind] ?? 1) < 1
      return {
        address: quoted ? QUOTED_PLACE : one(freePlaces, random),
        city: '',
        common_location: '',
      }
    }
    const named = random.next() < blankShare ? '' : filled(random)
    const { block, street } = drawBlock(city, named, random)
    switch (kind) {
      case 'other, digit first': {
        const address = `${block + random.below(100)} ${street.replace(/Bl$/, 'Blvd')}`
        return { address, city: '', common_location: '' }
      }
      case 'A St/b St': {
        const address = crossing(street, drawStreet(city, named, random))
        return { address, city: named, common_location: '' }
      }
      case 'N00 Block Of X St':
        return { address: blockAddress(block, street), city: named, common_location: '' }
      default:
        return { address: `${block} Blk ${street}`, city: named, common_location: '' }
    }
  }
}

interface Cities {
  /** A city or the empty text, for a kind of address. */
  draw(addressType: string, random: Random): string
  /** A city that is not empty. */
  filled(random: Random): string
}

function citiesByAddressType(known: PoliceCallsDistribution): Cities {
  const names = known.city.map(([name]) => name)
  const filledRows = known.city.reduce((sum, [name, count]) => sum + (name === '' ? 0 : count), 0)
  const tables = new Map<string, WeightTable>()
  for (const [kind, rows] of known.address_type) {
    const blank = known.city_blank_by_address_type[kind] ?? 0
    tables.set(
      kind,
      weightTable(
        known.city.map(([name, count]) =>
          name === '' ? blank : ((rows - blank) * count) / filledRows,
        ),
      ),
    )
  }
  const filled = weightTable(known.city.map(([name, count]) => (name === '' ? 0 : count)))
  return {
    draw: (kind, random) => names[draw(tables.get(kind) ?? filled, random)]!,
    filled: (random) => names[draw(filled, random)]!,
  }
}

function islandsOf(city: string): readonly string[] | undefined {
  return city in islandStreets ? islandStreets[city as keyof typeof islandStreets] : undefined
}

function drawStreet(city: Gazetteer, named: string, random: Random): string {
  const island = islandsOf(named)
  return island === undefined
    ? city.streets.names[draw(city.streets.weights, random)]!
    : one(island, random)
}

function drawBlock(
  city: Gazetteer,
  named: string,
  random: Random,
): { readonly block: number; readonly street: string } {
  const island = islandsOf(named)
  if (island === undefined) return city.drawBlock(random)
  return { block: city.drawNumber(random), street: one(island, random) }
}

function one(words: readonly string[], random: Random): string {
  return words[random.below(words.length)]!
}
