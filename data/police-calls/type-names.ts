// Names for the rare types of calls, in the manners in which dispatchers type them: penal and traffic
// codes, Muni codes in several spellings, codes with words, abbreviations and free text cut at 20.
import type { Random } from '../random.ts'

/** How a type is written; the names are those of the distribution file. */
export type TypeClass =
  'numeric_code' | 'muni_code_dotted' | 'code_plus_text' | 'one_or_two_letters' | 'free_text'

const LENGTH_MAX = 20
const CODES =
  '22500e 500e 601 909 518 415 22500f 500f 488 915 917 919 811 800 911 650 22500h 910 916 594 311 519 586 221 222 240 418 459 245 211 602 647 852 487 484 10851 23103 22502a 22514 152 853'.split(
    ' ',
  )
const LETTERED_CODES = CODES.filter((code) => /[a-z]$/.test(code))
const WHO =
  'Male Female Juv Juvs Neighbor Tenant Roommate Customer Guest Driver Cyclist Ped Vendor Visitor Patient Subj Suspect Family Brother Sister Ex Landlord Worker Dancer Group Kids Woman Man Elderly Couple Student Clerk Guard Taxi Uber Muni Bus Dog Cat Owner'.split(
    ' ',
  )
const WHAT =
  'Yelling Screaming Fighting Sleeping Smoking Dumping Blocking Begging Camping Painting Banging Threat Refusal Dispute Stuck Down Bleeding Loitering Following Trespass Leaving Returning Drinking Singing Throwing Tagging Knocking Arguing Stealing Running Skating Honking Missing Lost Locked Naked Hiding Climbing Breaking Spitting'.split(
    ' ',
  )
const THING =
  'Door Car Bike Phone Laptop Tent Fire Music Party Alarm Gate Roof Garage Window Wallet Purse Package Needle Glass Trash Scooter Truck Van Rv Camera Key Lot Hall Lobby Elevator Park Sidewalk Stairs Bottle Rock Stick Cane Knife Hammer Fireworks Drone Ladder Sofa Cone Meter Sign'.split(
    ' ',
  )
const HOW =
  'Loud Poss Illegal Susp Att Past Drunk Aggro Broken Stolen Open Blocked Unk Random Verbal Hostile Violent Found Old New Parked Abandoned Double Late Night Cold Road Street Hot Fake'.split(
    ' ',
  )
const TAILS = 'Rz Dw Gz Wz Poss Ip Jo Male Now Out X Lltd Tow Veh Hu Only Pls Ug Hs Npat'.split(' ')

/** A name of the class, up to 20 characters; two calls may give the same one. */
export function inventTypeName(kind: TypeClass, random: Random): string {
  const one = (words: readonly string[]): string => words[random.below(words.length)]!
  switch (kind) {
    case 'numeric_code':
      return numericCode(random)
    case 'muni_code_dotted':
      return muniCode(random)
    case 'one_or_two_letters':
      return letters(random)
    case 'code_plus_text':
      return fitted(codeWithText(one, random), random) ?? inventTypeName(kind, random)
    case 'free_text':
      return fitted(freeText(one, random), random) ?? inventTypeName(kind, random)
  }
}

/** What is too long is cut, but that is rare in the published file: mostly another name is asked for. */
function fitted(name: string, random: Random): string | undefined {
  if (name.length <= LENGTH_MAX) return name
  return random.next() < 0.03 ? name.slice(0, LENGTH_MAX).trimEnd() : undefined
}

function numericCode(random: Random): string {
  const letter = random.next() < 0.3 ? 'abcdefghilmr'[random.below(12)]! : ''
  if (random.next() < 0.3) return `${22_500 + random.below(28)}${letter}`
  return `${100 + random.below(900)}${letter}`
}

function muniCode(random: Random): string {
  const separators = ['.', ',', '/', ',,', '..']
  const first = separators[random.below(4)]!
  const second = random.next() < 0.7 ? first : separators[random.below(5)]!
  const code = 20 + random.below(60)
  return random.next() < 0.15 ? `${first}${code}` : `7${first}2${second}${code}`
}

function letters(random: Random): string {
  const letter = (): number => random.below(26)
  const initial = String.fromCharCode(65 + letter())
  return random.next() < 0.15 ? initial : initial + String.fromCharCode(97 + letter())
}

function codeWithText(one: (words: readonly string[]) => string, random: Random): string {
  const code = random.next() < 0.8 ? one(CODES) : numericCode(random)
  const pick = random.next()
  if (pick < 0.3) return `${code} ${one(WHAT)}`
  if (pick < 0.5) return `${code} ${one(HOW)} ${one(TAILS)}`
  if (pick < 0.65) return `${code}/${one(TAILS).toLowerCase()}`
  if (pick < 0.8) return `${one(LETTERED_CODES)}/${muniCode(random)}`
  if (pick < 0.9) return `${one(HOW)} ${code}`
  return `${code} ${one(THING)}`
}

function freeText(one: (words: readonly string[]) => string, random: Random): string {
  const pick = random.next()
  if (pick < 0.04) return one([...WHAT, ...THING, ...WHO])
  if (pick < 0.3) return `${one(WHO)} ${one(WHAT)}`
  if (pick < 0.5) return `${one(HOW)} ${one(THING)}`
  if (pick < 0.65) return `${one(WHAT)} ${one(THING)}`
  if (pick < 0.75) return `${one(WHO)} W/${one(THING).toLowerCase()}`
  if (pick < 0.85) return `${one(HOW)} ${one(WHO)} ${one(WHAT)}`
  if (pick < 0.93) return `${one(THING)} ${one(TAILS)}`
  return `${one(WHO)} ${one(WHAT)} ${one(THING)}`
}
