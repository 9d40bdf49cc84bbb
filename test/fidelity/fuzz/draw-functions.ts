// The functions of drawn cases, and the keys and values that they and the inputs are about.
import type { FunctionSpec } from '../case.ts'
import { weighted, type Dice } from './dice.ts'

/** Few keys, so that they meet: prefixes of one another, texts of more than a byte a letter, an empty one. */
export const KEYS = [
  'a',
  'a',
  'a',
  'b',
  'b',
  'ab',
  'c',
  '1',
  'é',
  '😀',
  '\uff5e',
  '',
  'x:1',
] as const

/** Values that spell numbers or not, are in pieces, name keys, are empty. */
export const VALUES = [
  ...[0, 1, 2, 3, 4, 7, 10, -1, -3, 50, '2', '-4', 'x', 'y', 'Ab', '', 'é', '007'],
  ...['a:1', 'a:2', 'b:1', 'b:x', 'ab:3', ':', 'c:', 'p-q', 'p,q,p', '1-2,3', ',-'],
] as const

const SEPARATORS = ['', '+', '|'] as const

const KEY_AND_VALUE = weighted({
  ...{ value: 3, key: 2, const: 1, null: 1, upper: 2, append: 2, keyAndValue: 2, innerKey: 1 },
  ...{ prefixBeforeColon: 2, number: 2, add: 3, mod: 3, nullIf: 3, throwIf: 1 },
})
const KEY = weighted({
  ...{ value: 4, const: 1, null: 1, upper: 2, append: 1, keyAndValue: 1, innerKey: 3, key: 2 },
  ...{ prefixBeforeColon: 5, number: 1, mod: 5, nullIf: 3, throwIf: 1 },
})
const TWO = weighted({
  ...{ concat: 8, sum: 4, sub: 1, min: 1, max: 2, first: 1, last: 2, count: 2, uncount: 1 },
  ...{ null: 1, nullIf: 4, throwIf: 1 },
})
const PREDICATES = weighted({
  ...{ valueEven: 3, valueMod: 2, valueAbove: 3, valueStartsWith: 3, valueIsNull: 1, keyIs: 2 },
  ...{ keyIsNull: 1, always: 1, never: 1, throwIf: 1 },
})

function ofKeyAndValue(fn: string, dice: Dice): FunctionSpec {
  switch (fn) {
    case 'const':
      return { fn, value: dice.pick(VALUES) }
    case 'append':
      return { fn, suffix: dice.pick(['!', ':1', '0']) }
    case 'keyAndValue':
      return { fn, sep: dice.pick([':', '-', '']) }
    case 'add':
      return { fn, n: dice.pick([1, 5, -2]) }
    case 'mod':
      return { fn, mod: dice.pick([2, 3, 4]) }
    case 'nullIf':
    case 'throwIf':
      return { fn, value: dice.pick(VALUES) }
    default:
      return { fn }
  }
}

/** A function of key and value that gives a value. */
export const drawValue = (dice: Dice): FunctionSpec => ofKeyAndValue(dice.pick(KEY_AND_VALUE), dice)

/** A function of key and value that gives a key. */
export const drawKey = (dice: Dice): FunctionSpec => ofKeyAndValue(dice.pick(KEY), dice)

/** A function of an aggregate and a value, or of two sides of a join. */
export function drawTwo(dice: Dice, depth = 0): FunctionSpec {
  const fn = dice.pick(TWO)
  if (fn === 'concat') return { fn, sep: dice.pick(SEPARATORS) }
  if (fn !== 'nullIf' && fn !== 'throwIf') return { fn }
  if (depth > 1) return { fn: 'sum' }
  return { fn, value: dice.pick(VALUES), else: drawTwo(dice, depth + 1) }
}

/** A predicate of key and value. */
export function drawPredicate(dice: Dice): FunctionSpec {
  const fn = dice.pick(PREDICATES)
  switch (fn) {
    case 'valueMod':
      return { fn, mod: dice.pick([2, 3, 5]) }
    case 'valueAbove':
      return { fn, n: dice.pick([0, 1, 3, -2]) }
    case 'valueStartsWith':
      return { fn, value: dice.pick(['', 'a', 'b:', 'x', '1']) }
    case 'keyIs':
      return { fn, value: dice.pick(KEYS) }
    case 'throwIf':
      return { fn, value: dice.pick(VALUES) }
    default:
      return { fn }
  }
}
